// Stream: a byte stream to a socket on a node. Bridge: one process on the node that carries many of them.
//
//     TRY(const auto stream, node->open_stream("postgres", "unix:/var/run/postgresql/.s.PGSQL.5432", cancel));
//     TRY_VOID(stream->write(request, cancel));
//     TRY(const auto count, stream->read(buffer, cancel));      // 0: the other end closed
//
// Each stream has a window of its own in each direction: one that nobody reads holds up nobody else. Thread-safe; one
// reader and one writer at a time per stream.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>

#include "core/node/program_start.h"
#include "core/node/root_end.h"

namespace pigsty::node {

class Stream {
  public:
    virtual ~Stream() = default;

    // At least one byte; 0 where the other end has closed. Errors `stalled` and `cancelled` leave the stream usable.
    virtual Result<std::size_t> read(std::span<char> into, const Cancel& cancel) = 0;
    virtual Status write(std::string_view bytes, const Cancel& cancel) = 0;
    // No more from us; the other end sees the end of its input and may still answer.
    virtual void close_input() = 0;
    // Both directions; wakes whoever waits. Also done by the destructor.
    virtual void close() = 0;
};

class Bridge : public std::enable_shared_from_this<Bridge> {
  public:
    static Result<std::shared_ptr<Bridge>> start(Launcher& launcher, const Become& become,
                                                 const RootEndSettings& settings,
                                                 std::shared_ptr<WireCounters> counters, const Cancel& cancel);
    ~Bridge();

    // Connects as that user of the node, whom the server sees as its peer. Target: "unix:/path" or "tcp:host:port"
    // ("tcp:[::1]:8008"). `unreachable` where nothing listens there.
    Result<std::shared_ptr<Stream>> open(const std::string& os_user, const std::string& target, const Cancel& cancel);
    [[nodiscard]] bool usable() const { return usable_; }
    void keep_alive();

  private:
    friend class BridgeStream;
    struct Channel;

    Bridge(StartedProgram started, const RootEndSettings& settings, std::shared_ptr<WireCounters> counters);
    void receive();
    void take(const Frame& frame);
    Status send(std::string_view type, std::uint64_t channel, std::string_view bytes);
    void end(const Error& error);

    const RootEndSettings settings_;
    const std::shared_ptr<WireCounters> counters_;
    std::unique_ptr<RemoteProcess> process_;
    FrameReader frames_;
    std::mutex write_mutex_;
    std::mutex mutex_;  // channels_ and all in them
    std::map<std::uint64_t, std::shared_ptr<Channel>> channels_;
    std::uint64_t last_channel_ = 0;
    Error ended_;
    std::atomic<bool> usable_ = true;
    std::jthread receiver_;  // last: it uses everything above
};

}  // namespace pigsty::node
