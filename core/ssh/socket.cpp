#include "core/ssh/socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

namespace pigsty::ssh {
namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

struct Lookup {
    int code = 0;
    int error = 0;
    Addresses addresses{nullptr, &::freeaddrinfo};
};

Lookup look_up(const std::string& host, std::uint16_t port, int flags) {
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = flags | AI_NUMERICSERV;
    addrinfo* list = nullptr;
    Lookup lookup;
    lookup.code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &list);
    lookup.error = errno;
    if (lookup.code == 0) lookup.addresses.reset(list);
    return lookup;
}

// getaddrinfo cannot be interrupted, and a name server that does not answer holds it for half a minute: it runs on a
// thread of its own, which is left behind when the caller gives up.
struct PendingLookup {
    std::mutex mutex;
    std::condition_variable_any done;
    std::optional<Lookup> result;
};

Result<Addresses> resolve(const std::string& host, std::uint16_t port, const Cancel& cancel) {
    if (auto literal = look_up(host, port, AI_NUMERICHOST); literal.code == 0) return std::move(literal.addresses);
    const auto pending = std::make_shared<PendingLookup>();
    std::thread([pending, host, port] {
        auto result = look_up(host, port, AI_ADDRCONFIG);
        const std::lock_guard lock(pending->mutex);
        pending->result = std::move(result);
        pending->done.notify_all();
    }).detach();
    std::unique_lock lock(pending->mutex);
    while (!pending->result) {
        TRY_VOID(cancel.check("looking up " + host));
        pending->done.wait_until(lock, cancel.token(), cancel.deadline(), [&] { return pending->result.has_value(); });
    }
    if (pending->result->code != 0) {
        const char* cause = pending->result->code == EAI_SYSTEM ? std::strerror(pending->result->error)
                                                                : ::gai_strerror(pending->result->code);
        return fail(Error{.code = ErrorCode::unreachable, .message = "the name does not resolve: " + std::string(cause)}
                        .with_hint("use an address, or a name that this machine's resolver knows"));
    }
    return std::move(pending->result->addresses);
}

std::string address_text(const addrinfo& address) {
    std::array<char, NI_MAXHOST> text{};
    if (::getnameinfo(address.ai_addr, address.ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0)
        return "?";
    return text.data();
}

// Error `unreachable` when this one address does not answer, anything else ends the whole attempt.
Result<FileDescriptor> connect_to(const addrinfo& address, const Cancel& cancel) {
    const auto unreachable = [&](const std::string& cause) {
        return fail(ErrorCode::unreachable, address_text(address) + ": " + cause);
    };
    FileDescriptor socket(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return unreachable(std::strerror(errno));
    if (::connect(socket.get(), address.ai_addr, address.ai_addrlen) != 0) {
        if (errno != EINPROGRESS) return unreachable(std::strerror(errno));
        const Cancel bound = cancel.within_at_most(kAddressBound);
        if (auto ready = wait_for(socket.get(), POLLOUT, bound, "connecting"); !ready) {
            TRY_VOID(cancel.check("connecting"));
            return unreachable("no answer within " + std::to_string(kAddressBound.count()) + " s");
        }
        int cause = 0;
        socklen_t length = sizeof cause;
        ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &cause, &length);
        if (cause != 0) return unreachable(std::strerror(cause));
    }
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return socket;
}

}  // namespace

Status wait_for(int fd, short events, const Cancel& cancel, std::string_view doing) {
    const FileDescriptor stop(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    const std::stop_callback wake(cancel.token(), [&stop] { ::eventfd_write(stop.get(), 1); });
    while (true) {
        TRY_VOID(cancel.check(doing));
        std::array<pollfd, 2> polled{pollfd{fd, events, 0}, pollfd{stop.get(), POLLIN, 0}};
        const auto left = cancel.remaining(std::chrono::hours(1));
        // One millisecond more, so that the deadline has passed when poll says so.
        if (::poll(polled.data(), polled.size(), static_cast<int>(left.count()) + 1) < 0 && errno != EINTR)
            return fail(ErrorCode::internal, "poll failed: " + std::string(std::strerror(errno)));
        if (polled[0].revents != 0) return {};
    }
}

Result<FileDescriptor> tcp_connect(const std::string& host, std::uint16_t port, const Cancel& cancel) {
    auto addresses = resolve(host, port, cancel);
    if (!addresses) return fail(std::move(addresses.error().at_host(host)));
    std::string causes;
    for (const addrinfo* address = addresses->get(); address != nullptr; address = address->ai_next) {
        auto socket = connect_to(*address, cancel);
        if (socket) return socket;
        if (socket.error().code != ErrorCode::unreachable) return fail(std::move(socket.error().at_host(host)));
        if (!causes.empty()) causes += "; ";
        causes += socket.error().message;
    }
    return fail(Error{.code = ErrorCode::unreachable,
                      .message = "cannot connect to port " + std::to_string(port) + " (" + causes + ")"}
                    .at_host(host)
                    .with_hint("is the machine running, does sshd listen there, and is the port open from here?"));
}

Result<std::pair<FileDescriptor, FileDescriptor>> socket_pair() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0)
        return fail(ErrorCode::internal, "socketpair failed: " + std::string(std::strerror(errno)));
    return std::pair(FileDescriptor(ends[0]), FileDescriptor(ends[1]));
}

}  // namespace pigsty::ssh
