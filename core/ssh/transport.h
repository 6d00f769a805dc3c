// Transport: one libssh2 session over one connected socket. Used by one thread at a time.
//
//     Transport transport(std::move(socket), "10.10.10.11", counters);
//     TRY_VOID(transport.handshake(types, cancel));
//     TRY(int rc, transport.complete([&] { return libssh2_userauth_…(transport.ssh(), …); }, cancel, "logging in"));
//
// libssh2 never sees a socket that is full: what it sends is queued here and flushed when the socket takes it. It could
// not bear a short write: after one it must be called again with the same packet before anything else is sent
// (LIBSSH2_ERROR_BAD_USE), which many channels over one session cannot promise.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <libssh2.h>
#include <poll.h>

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/ssh/counters.h"
#include "core/ssh/file_descriptor.h"
#include "core/ssh/public_key.h"
#include "core/ssh/socket.h"

namespace pigsty::ssh {

// What to do where a server ends the connection before it has said who it is.
inline constexpr std::string_view kTurnedAway =
    "sshd there turns connections away: too many logins at once (MaxStartups, and MaxStartups of a bastion), or it "
    "bars this "
    "address for a while (PerSourcePenalties, fail2ban); its own log tells which";

class Transport {
  public:
    Transport(FileDescriptor socket, std::string host, Counters& counters);
    ~Transport();
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;

    // Key exchange; the server is asked for a host key of one of `first_types` if it has one.
    Status handshake(const std::vector<std::string>& first_types, const Cancel& cancel);
    [[nodiscard]] Result<PublicKey> host_key() const;

    // Calls `attempt` until it returns something else than LIBSSH2_ERROR_EAGAIN, waiting for the socket in between.
    // A broken connection is an Error; what libssh2 itself refuses is its negative code.
    template <class Attempt>
    Result<int> complete(Attempt&& attempt, const Cancel& cancel, std::string_view doing) {
        while (true) {
            const int code = attempt();
            if (broken()) return fail(broken_error(doing));
            if (code != LIBSSH2_ERROR_EAGAIN) return code;
            TRY_VOID(wait(cancel, doing));
        }
    }

    // Sends what is queued, as far as the socket takes it.
    void flush();
    // Handles every packet that arrived.
    void receive();

    [[nodiscard]] LIBSSH2_SESSION* ssh() const { return ssh_; }
    [[nodiscard]] int fd() const { return socket_.get(); }
    [[nodiscard]] short events() const { return queued() > 0 ? POLLIN | POLLOUT : POLLIN; }
    [[nodiscard]] std::size_t queued() const { return queue_.size() - sent_; }
    [[nodiscard]] std::uint64_t received() const { return received_; }
    [[nodiscard]] std::chrono::steady_clock::time_point last_heard() const { return last_heard_; }

    [[nodiscard]] bool broken() const { return !cause_.empty(); }
    void set_broken(std::string cause);
    // `unreachable`, with the cause and what the server said.
    [[nodiscard]] Error broken_error(std::string_view doing) const;
    // libssh2's text for its last error.
    [[nodiscard]] std::string last_error() const;
    // The text that the server shows at login, empty where there is none.
    [[nodiscard]] std::string banner() const;
    [[nodiscard]] const std::string& goodbye() const { return goodbye_; }

  private:
    static LIBSSH2_RECV_FUNC(on_receive);
    static LIBSSH2_SEND_FUNC(on_send);
    static LIBSSH2_DISCONNECT_FUNC(on_disconnect);
    Status wait(const Cancel& cancel, std::string_view doing);

    FileDescriptor socket_;
    const std::string host_;
    Counters& counters_;
    LIBSSH2_SESSION* ssh_ = nullptr;
    std::string queue_;
    std::size_t sent_ = 0;
    std::uint64_t received_ = 0;
    std::chrono::steady_clock::time_point last_heard_ = std::chrono::steady_clock::now();
    std::string cause_;
    std::string goodbye_;  // the server's own words when it ended the connection
};

}  // namespace pigsty::ssh
