// Channel: a command that runs on the other end, with its three streams.
//
//     TRY(const auto channel, session->exec("cat > /tmp/x", cancel));
//     TRY_VOID(channel->write("text", cancel));
//     channel->close_input();
//     TRY(const std::string output, channel->read_all(cancel));
//     TRY(const int status, channel->exit_status(cancel));
//
// One thread may read while another writes; two readers or two writers at a time are not meant. A call that is cut short
// by its Cancel fails with `cancelled` or `stalled` and leaves the channel usable. When the session ends, every call
// fails at once with its reason. The last owner closes the channel; the command on the other end sees its input end.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "core/base/cancel.h"
#include "core/base/result.h"

namespace pigsty::ssh {

class Session;
struct ChannelState;

class Channel {
  public:
    ~Channel();
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    // Returns when all bytes are on their way (at most 256 kB wait here). `failed` when the command has ended.
    Status write(std::string_view bytes, const Cancel& cancel);
    // No more input; what was written still goes.
    void close_input();

    // Some bytes of standard output; 0 at its end.
    Result<std::size_t> read(std::span<char> bytes, const Cancel& cancel);
    // All that is left of standard output.
    Result<std::string> read_all(const Cancel& cancel);

    // The last 16 kB of standard error so far. It is always drained, so a chatty command never blocks.
    [[nodiscard]] std::string stderr_tail() const;

    // Read standard output to its end first. `failed` when a signal ended the command.
    Result<int> exit_status(const Cancel& cancel);

    // Does not wait.
    void close();

  private:
    friend class Session;
    Channel(std::shared_ptr<Session> session, std::shared_ptr<ChannelState> state);
    // Waits until `ready` holds, the channel fails or time is up; the lock is held when it returns.
    template <class Ready>
    Status wait(std::unique_lock<std::mutex>& lock, const Cancel& cancel, std::string_view doing, Ready ready);

    const std::shared_ptr<Session> session_;
    const std::shared_ptr<ChannelState> state_;
};

}  // namespace pigsty::ssh
