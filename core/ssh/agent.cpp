#include "core/ssh/agent.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "core/ssh/socket.h"

namespace pigsty::ssh {
namespace {

// Message numbers of the agent protocol.
constexpr char kRequestIdentities = 11;
constexpr char kIdentitiesAnswer = 12;
constexpr char kSignRequest = 13;
constexpr char kSignResponse = 14;
constexpr std::size_t kLongestAnswer = 256 * 1024;  // OpenSSH's own bound

std::uint32_t read_u32(std::string_view bytes) {
    std::uint32_t number = 0;
    for (int i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(bytes[i]);
    return number;
}

std::string u32(std::uint32_t number) {
    std::string bytes;
    for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(number >> shift & 0xff);
    return bytes;
}

std::unexpected<Error> bad_answer() {
    return fail(ErrorCode::failed, "the SSH agent sent an answer that cannot be read");
}

}  // namespace

Result<Agent> Agent::connect(const std::string& socket_path, const Cancel& cancel) {
    std::string path = socket_path;
    if (path.empty()) {
        const char* variable = std::getenv("SSH_AUTH_SOCK");
        if (variable == nullptr || *variable == '\0')
            return fail(
                Error{.code = ErrorCode::denied, .message = "agent = true, but SSH_AUTH_SOCK is not set"}.with_hint(
                    "start ssh-agent and add a key (ssh-add), or name a private_key_file"));
        path = variable;
    }
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return fail(ErrorCode::invalid, "the agent's socket path is too long: " + path);
    path.copy(address.sun_path, path.size());
    FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return fail(
            Error{.code = ErrorCode::denied, .message = "no SSH agent answers at " + path + ": " + std::strerror(errno)}
                .with_hint("is ssh-agent still running? SSH_AUTH_SOCK names its socket"));
    return Agent(std::move(socket), cancel);
}

Status Agent::send_all(std::string_view bytes) {
    while (!bytes.empty()) {
        TRY_VOID(wait_for(socket_.get(), POLLOUT, cancel_, "asking the SSH agent"));
        const auto put = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (put < 0 && errno != EAGAIN && errno != EINTR)
            return fail(ErrorCode::failed, "the SSH agent closed the connection: " + std::string(std::strerror(errno)));
        if (put > 0) bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return {};
}

Result<std::string> Agent::receive(std::size_t length) {
    std::string bytes(length, '\0');
    for (std::size_t have = 0; have < length;) {
        TRY_VOID(
            wait_for(socket_.get(), POLLIN, cancel_, "waiting for the SSH agent (does it ask for a confirmation?)"));
        const auto got = ::recv(socket_.get(), bytes.data() + have, length - have, 0);
        if (got == 0) return fail(ErrorCode::failed, "the SSH agent closed the connection");
        if (got < 0 && errno != EAGAIN && errno != EINTR)
            return fail(ErrorCode::failed, "cannot read from the SSH agent: " + std::string(std::strerror(errno)));
        if (got > 0) have += static_cast<std::size_t>(got);
    }
    return bytes;
}

Result<std::string> Agent::request(std::string_view message) {
    std::string framed;
    put_string(framed, message);
    TRY_VOID(send_all(framed));
    TRY(const std::string header, receive(4));
    const std::size_t length = read_u32(header);
    if (length == 0 || length > kLongestAnswer) return bad_answer();
    return receive(length);
}

Result<std::vector<PublicKey>> Agent::keys() {
    TRY(const std::string answer, request(std::string(1, kRequestIdentities)));
    if (answer[0] != kIdentitiesAnswer || answer.size() < 5) return bad_answer();
    std::string_view rest = std::string_view(answer).substr(1);
    const std::uint32_t count = read_u32(rest);
    rest.remove_prefix(4);
    std::vector<PublicKey> keys;
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto blob = take_string(rest);
        const auto comment = take_string(rest);
        if (!blob || !comment) return bad_answer();
        if (auto key = public_key_from_blob(*blob)) keys.push_back(*std::move(key));
    }
    return keys;
}

Result<std::string> Agent::sign(std::string_view key_blob, std::string_view data, std::uint32_t flags) {
    std::string message(1, kSignRequest);
    put_string(message, key_blob);
    put_string(message, data);
    message += u32(flags);
    TRY(const std::string answer, request(message));
    if (answer[0] != kSignResponse) return fail(ErrorCode::denied, "the SSH agent refused to sign");
    std::string_view rest = std::string_view(answer).substr(1);
    const auto signature = take_string(rest);
    if (!signature) return bad_answer();
    return std::string(*signature);
}

}  // namespace pigsty::ssh
