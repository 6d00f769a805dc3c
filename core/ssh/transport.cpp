#include "core/ssh/transport.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <sys/socket.h>

// Handles all packets that arrived, whatever they belong to. libssh2's public functions do that only on behalf of an
// open channel; a session without one would never answer the server's keepalives or its wish for new keys. The archive
// is pinned and linked statically, so the symbol is part of what we build against.
extern "C" int _libssh2_transport_read(LIBSSH2_SESSION* session);

namespace pigsty::ssh {
namespace {

// Host key algorithms in our order of preference, for each type of key. SHA-1 (ssh-rsa) and DSA are not offered, nor are
// host certificates, which libssh2 cannot verify.
struct HostKeyType {
    std::string_view type;
    std::string_view algorithms;
};
constexpr std::array kHostKeyTypes{
    HostKeyType{"ssh-ed25519", "ssh-ed25519"},
    HostKeyType{"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"},
    HostKeyType{"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"},
    HostKeyType{"ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521"},
    HostKeyType{"ssh-rsa", "rsa-sha2-512,rsa-sha2-256"},
};

std::string host_key_algorithms(const std::vector<std::string>& first_types) {
    std::string known;
    std::string others;
    for (const auto& [type, algorithms] : kHostKeyTypes) {
        const bool first = std::ranges::find(first_types, type) != first_types.end();
        std::string& list = first ? known : others;
        if (!list.empty()) list += ',';
        list += algorithms;
    }
    return known.empty() || others.empty() ? known + others : known + "," + others;
}

void initialize_libssh2() {
    // libssh2 counts its users without a lock: once for the process, before the first session.
    static const int initialized = libssh2_init(0);
    static_cast<void>(initialized);
}

Transport* transport_of(void** abstract) { return static_cast<Transport*>(*abstract); }

}  // namespace

Transport::Transport(FileDescriptor socket, std::string host, Counters& counters)
    : socket_(std::move(socket)), host_(std::move(host)), counters_(counters) {
    initialize_libssh2();
    ssh_ = libssh2_session_init_ex(nullptr, nullptr, nullptr, this);
    libssh2_session_set_blocking(ssh_, 0);
    libssh2_session_callback_set2(ssh_, LIBSSH2_CALLBACK_RECV, reinterpret_cast<libssh2_cb_generic*>(&on_receive));
    libssh2_session_callback_set2(ssh_, LIBSSH2_CALLBACK_SEND, reinterpret_cast<libssh2_cb_generic*>(&on_send));
    libssh2_session_callback_set2(ssh_, LIBSSH2_CALLBACK_DISCONNECT,
                                  reinterpret_cast<libssh2_cb_generic*>(&on_disconnect));
}

Transport::~Transport() {
    if (!broken()) {
        libssh2_session_disconnect(ssh_, "done");
        flush();
    }
    // Freeing a session closes its channels and would wait for the server's answer; a broken one has none to wait for.
    set_broken("closed");
    while (libssh2_session_free(ssh_) == LIBSSH2_ERROR_EAGAIN) {
    }
}

ssize_t Transport::on_receive(libssh2_socket_t socket, void* buffer, size_t length, int flags, void** abstract) {
    Transport& self = *transport_of(abstract);
    if (self.broken()) return -ECONNRESET;
    ssize_t got = 0;
    do got = ::recv(socket, buffer, length, flags | MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    if (got < 0) {
        if (errno == EAGAIN || errno == EWOULDBLOCK) return -EAGAIN;
        const int cause = errno;
        self.set_broken(std::strerror(cause));
        return -cause;
    }
    if (got == 0) {
        self.set_broken("the other end closed the connection");
        return 0;
    }
    self.received_ += static_cast<std::uint64_t>(got);
    self.counters_.bytes_in += static_cast<std::uint64_t>(got);
    self.last_heard_ = std::chrono::steady_clock::now();
    return got;
}

ssize_t Transport::on_send(libssh2_socket_t, const void* buffer, size_t length, int, void** abstract) {
    Transport& self = *transport_of(abstract);
    if (self.broken()) return -EPIPE;
    self.queue_.append(static_cast<const char*>(buffer), length);
    self.flush();
    return static_cast<ssize_t>(length);
}

void Transport::on_disconnect(LIBSSH2_SESSION*, int, const char* message, int length, const char*, int,
                              void** abstract) {
    Transport& self = *transport_of(abstract);
    if (message != nullptr && length > 0) self.goodbye_.assign(message, static_cast<std::size_t>(length));
    self.set_broken("the server ended the connection");
}

void Transport::flush() {
    while (queued() > 0 && !broken()) {
        const auto put = ::send(socket_.get(), queue_.data() + sent_, queued(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (put < 0) {
            if (errno == EINTR) continue;
            if (errno == EAGAIN || errno == EWOULDBLOCK) break;
            set_broken(std::strerror(errno));
            return;
        }
        sent_ += static_cast<std::size_t>(put);
        counters_.bytes_out += static_cast<std::uint64_t>(put);
    }
    if (queued() == 0) {
        queue_.clear();
        sent_ = 0;
    } else if (sent_ > queue_.size() / 2) {
        queue_.erase(0, sent_);
        sent_ = 0;
    }
}

void Transport::receive() {
    int code = 0;
    do code = _libssh2_transport_read(ssh_);
    while (code > 0);
    if (code < 0 && code != LIBSSH2_ERROR_EAGAIN)
        set_broken("a packet could not be read (libssh2 error " + std::to_string(code) + ")");
}

Status Transport::wait(const Cancel& cancel, std::string_view doing) {
    auto ready = wait_for(socket_.get(), events(), cancel, doing);
    if (!ready) return fail(std::move(ready.error().at_host(host_)));
    flush();
    return {};
}

Status Transport::handshake(const std::vector<std::string>& first_types, const Cancel& cancel) {
    const std::string algorithms = host_key_algorithms(first_types);
    libssh2_session_method_pref(ssh_, LIBSSH2_METHOD_HOSTKEY, algorithms.c_str());
    auto done = complete([this] { return libssh2_session_handshake(ssh_, socket_.get()); }, cancel,
                         "waiting for sshd's greeting and keys");
    if (!done && broken() && libssh2_session_banner_get(ssh_) == nullptr)
        done.error().with_hint(std::string(kTurnedAway));
    TRY(const int code, std::move(done));
    if (code == 0) return {};
    const char* version = libssh2_session_banner_get(ssh_);
    return fail(Error{.code = ErrorCode::unsupported,
                      .message = "no SSH session with " +
                                 (version == nullptr ? "what answers there" : "\"" + std::string(version) + "\"") +
                                 ": " + last_error()}
                    .at_host(host_)
                    .with_hint("host keys offered for: " + algorithms));
}

Result<PublicKey> Transport::host_key() const {
    std::size_t length = 0;
    int type = 0;
    const char* blob = libssh2_session_hostkey(ssh_, &length, &type);
    auto key = blob == nullptr ? std::nullopt : public_key_from_blob({blob, length});
    if (!key)
        return fail(Error{.code = ErrorCode::internal, .message = "the server showed no host key"}.at_host(host_));
    return *std::move(key);
}

void Transport::set_broken(std::string cause) {
    if (cause_.empty()) cause_ = std::move(cause);
}

Error Transport::broken_error(std::string_view doing) const {
    std::string text = "the connection broke while " + std::string(doing) + ": " + cause_;
    if (!goodbye_.empty()) text += " (\"" + goodbye_ + "\")";
    return Error{.code = ErrorCode::unreachable, .message = std::move(text)}.at_host(host_);
}

std::string Transport::last_error() const {
    char* text = nullptr;
    libssh2_session_last_error(ssh_, &text, nullptr, 0);
    return text == nullptr || *text == '\0' ? "no reason given" : text;
}

std::string Transport::banner() const {
    char* text = nullptr;
    if (libssh2_userauth_banner(ssh_, &text) != 0 || text == nullptr) return {};
    std::string banner = text;
    while (banner.ends_with('\n') || banner.ends_with('\r')) banner.pop_back();
    return banner;
}

}  // namespace pigsty::ssh
