// IoLoop: the one thread that talks to libssh2 for a session, and the channels it serves. Not for use outside this
// folder: Session and Channel are the way in.
//
// libssh2 is not thread-safe per session, so all calls are made here. Users exchange bytes with it through the buffers
// of ChannelState under one mutex, and wake it through an eventfd. It never waits for a user: a channel whose reader is
// slow stops being read, and SSH's own flow control holds the sender back without holding up the other channels.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <libssh2.h>

#include "core/base/result.h"
#include "core/ssh/file_descriptor.h"
#include "core/ssh/transport.h"

namespace pigsty::ssh {

// With so many bytes waiting on one side of a channel, no more are taken there.
inline constexpr std::size_t kChannelBuffer = 256 * 1024;
inline constexpr std::size_t kStderrTail = 16 * 1024;

struct ChannelState {
    // What to open: a command, or a TCP connection from the other end.
    std::string command{};
    std::string tcp_host{};
    std::uint16_t tcp_port = 0;
    // TCP only: bytes go to and from this socket instead of a reader and a writer.
    FileDescriptor pump{};

    [[nodiscard]] bool is_command() const { return tcp_host.empty(); }

    // Guarded by IoLoop::mutex().
    std::string inbox{};  // arrived, from `inbox_taken` on
    std::size_t inbox_taken = 0;
    std::string outbox{};  // to be sent
    std::string errors{};  // the last kStderrTail bytes of standard error
    bool started = false;
    bool input_closed = false;
    bool abandoned = false;  // nobody waits any more: close
    bool output_ended = false;
    bool ended = false;  // both directions, and the exit status is there
    int exit_status = 0;
    std::string exit_signal{};
    std::optional<Error> error{};
    std::condition_variable_any changed{};

    [[nodiscard]] std::size_t unread() const { return inbox.size() - inbox_taken; }

    // Used by the loop's thread only.
    enum class Stage { queued, starting, open, closing, gone };
    Stage stage = Stage::queued;
    LIBSSH2_CHANNEL* channel = nullptr;
    std::string sending{};
    std::size_t sent = 0;
    bool end_sent = false;
    bool pump_ended = false;
};

class IoLoop {
  public:
    // `explain` may add to the error that ends the session; it is called once, on the loop's thread.
    IoLoop(std::unique_ptr<Transport> transport, std::string host, Counters& counters, std::chrono::seconds keepalive,
           std::function<void(Error&)> explain);
    ~IoLoop();
    IoLoop(const IoLoop&) = delete;
    IoLoop& operator=(const IoLoop&) = delete;

    // Queues a channel; the error that ended the session where it has ended.
    Status open(const std::shared_ptr<ChannelState>& state);
    [[nodiscard]] std::mutex& mutex() { return mutex_; }
    void wake();
    // Guarded by mutex(): why the session ended.
    [[nodiscard]] const std::optional<Error>& ended() const { return ended_; }
    // Guarded by mutex(): the number of commands that the server let us run at a time, known once it refused one.
    [[nodiscard]] std::size_t command_limit() const { return command_limit_; }

  private:
    using Stage = ChannelState::Stage;

    void run();
    void wait_for_work();
    void keep_alive();
    bool pass();
    void end(const Error& error);

    bool open_next();
    void open_failed(ChannelState& state, int code);
    bool serve(ChannelState& state);
    bool start_command(ChannelState& state);
    bool read_output(ChannelState& state);
    bool write_input(ChannelState& state);
    bool notice_end(ChannelState& state);
    bool close(ChannelState& state);
    bool pump_in(ChannelState& state);
    bool pump_out(ChannelState& state);
    void refuse(ChannelState& state, Error error);
    // What libssh2 cannot recover from ends the session.
    void check(std::int64_t code);

    const std::unique_ptr<Transport> transport_;
    const std::string host_;
    Counters& counters_;
    const std::chrono::seconds keepalive_;
    const std::function<void(Error&)> explain_;
    const FileDescriptor wake_;

    std::mutex mutex_;
    bool stopping_ = false;
    std::optional<Error> ended_;
    std::vector<std::shared_ptr<ChannelState>> incoming_;
    std::size_t command_limit_ = 0;

    std::vector<std::shared_ptr<ChannelState>> channels_;
    std::shared_ptr<ChannelState> opening_;  // libssh2 opens one channel at a time
    std::size_t commands_ = 0;               // open command channels
    std::size_t most_commands_ = 0;          // the most that were open at a time
    std::chrono::milliseconds open_pause_{0};
    std::chrono::steady_clock::time_point open_again_{};  // no command is opened before that
    std::array<char, 64 * 1024> scratch_;

    std::thread thread_;  // last: it uses everything above
};

}  // namespace pigsty::ssh
