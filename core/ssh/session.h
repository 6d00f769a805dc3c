// Session: one verified, authenticated SSH connection that runs many commands side by side.
//
//     HostKeys keys({.files = {"/home/me/.ssh/known_hosts"}});
//     TRY(const auto session, Session::connect(route, keys, cancel));
//     TRY(const auto channel, session->exec("hostname", cancel));
//     TRY(const std::string name, channel->read_all(cancel));
//
// Thread-safe. One I/O thread per session drives the socket; it ends with the session, whose last owner may be a
// Channel. When the connection breaks, or three keepalives stay unanswered, every call on it fails at once with
// `unreachable`, the host and the cause; a session does not come back: ask the pool for another.
//
// Errors of connect(): `unreachable` (worth another try), `denied` (login or host key: never worth one), `unsupported`
// (no algorithm in common), `invalid`, `stalled` and `cancelled`.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/ssh/channel.h"
#include "core/ssh/counters.h"
#include "core/ssh/file_descriptor.h"
#include "core/ssh/host_keys.h"
#include "core/ssh/route.h"

namespace pigsty::ssh {

class IoLoop;
class ProxyCommand;

class Session : public std::enable_shared_from_this<Session> {
  public:
    // From the greeting to the login, at most: sshd's own LoginGraceTime is two minutes.
    static constexpr std::chrono::seconds kLoginBound{30};

    // One attempt, through bastions or the proxy command where the route has them.
    static Result<std::shared_ptr<Session>> connect(const Route& route, HostKeys& host_keys, const Cancel& cancel);
    // The last leg of a route whose last bastion is already connected.
    static Result<std::shared_ptr<Session>> connect_through(const std::shared_ptr<Session>& bastion, const Route& route,
                                                            HostKeys& host_keys, const Cancel& cancel);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // Runs a command with the login shell. Where sshd allows no more sessions a connection (MaxSessions), it waits for
    // one to end. The command stands in the process list of the other end: no secrets, at most kLongestCommand bytes.
    Result<std::shared_ptr<Channel>> exec(const std::string& command, const Cancel& cancel);
    static constexpr std::size_t kLongestCommand = 30000;

    // A local socket whose other end is a TCP connection made by the other end: for bastions only.
    Result<FileDescriptor> direct_tcp(const std::string& host, std::uint16_t port, const Cancel& cancel);

    [[nodiscard]] const std::string& host() const { return host_; }
    [[nodiscard]] const Counters& counters() const { return counters_; }
    // Why the session ended; nothing while it lives.
    [[nodiscard]] std::optional<Error> ended() const;

  private:
    friend class Channel;
    explicit Session(std::string host);
    Result<std::shared_ptr<ChannelState>> open(std::shared_ptr<ChannelState> state, const Cancel& cancel);
    Status log_in(FileDescriptor socket, const Route& route, HostKeys& host_keys, const Cancel& cancel);
    void explain(Error& error) const;

    const std::string host_;
    Counters counters_;
    std::shared_ptr<Session> bastion_;
    std::unique_ptr<ProxyCommand> proxy_;
    std::unique_ptr<IoLoop> loop_;  // last: its thread uses everything above
};

}  // namespace pigsty::ssh
