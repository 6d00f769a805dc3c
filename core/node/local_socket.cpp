#include "core/node/local_socket.h"

#include <array>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace pigsty::node {

namespace {

constexpr auto kOpenBound = std::chrono::seconds(60);
constexpr std::size_t kPiece = 65536;

std::unexpected<Error> failed(const std::string& doing) {
    return fail(ErrorCode::failed, doing + ": " + std::strerror(errno));
}

Result<std::string> make_private_folder(std::size_t name_length) {
    std::vector<std::string> parents;
    // sockaddr_un holds 107 bytes of a path.
    if (const char* runtime = std::getenv("XDG_RUNTIME_DIR")) parents.emplace_back(runtime);
    parents.emplace_back("/tmp");
    for (const auto& parent : parents) {
        std::string folder = parent + "/pigsty-XXXXXX";
        if (folder.size() + 1 + name_length > 107) continue;
        if (::mkdtemp(folder.data()) != nullptr) return folder;  // 0700
    }
    return failed("making a private folder for a socket");
}

}  // namespace

struct LocalSocket::Connection {
    FileHandle socket;
    Wakeup wakeup;
    std::atomic<bool> ended = false;
    std::jthread thread;
};

Result<std::unique_ptr<LocalSocket>> LocalSocket::listen(NodePtr node, std::string os_user, std::string target,
                                                         const std::string& name) {
    std::unique_ptr<LocalSocket> socket(new LocalSocket());
    socket->node_ = std::move(node);
    socket->os_user_ = std::move(os_user);
    socket->target_ = std::move(target);
    TRY_VOID(socket->bind(name));
    socket->acceptor_ = std::jthread([raw = socket.get()] { raw->accept_connections(); });
    return socket;
}

Status LocalSocket::bind(const std::string& name) {
    TRY(folder_, make_private_folder(name.size()));
    path_ = folder_ + "/" + name;
    listener_ = FileHandle(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
    if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return failed("bind " + path_);
    if (::listen(listener_.get(), 64) != 0) return failed("listen " + path_);
    return {};
}

LocalSocket::~LocalSocket() {
    cancel_.request_stop();
    wakeup_.wake();
    acceptor_ = {};
    for (const auto& connection : connections_) connection->wakeup.wake();
    connections_.clear();
    if (!path_.empty()) ::unlink(path_.c_str());
    if (!folder_.empty()) ::rmdir(folder_.c_str());
}

std::optional<Error> LocalSocket::last_error() const {
    const std::lock_guard lock(mutex_);
    return last_error_;
}

void LocalSocket::accept_connections() {
    while (!cancel_.stop_requested()) {
        wait_until_ready(listener_.get(), POLLIN, wakeup_, kLongestPoll);
        std::erase_if(connections_, [](const auto& connection) { return connection->ended.load(); });
        FileHandle socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (socket.get() < 0) continue;
        auto& connection = *connections_.emplace_back(std::make_unique<Connection>());
        connection.socket = std::move(socket);
        connection.thread = std::jthread([this, &connection] { carry(connection); });
    }
}

// Two threads a connection: this one carries what the library writes, the other what the node answers.
void LocalSocket::carry(Connection& connection) {
    const int fd = connection.socket.get();
    auto stream = node_->open_stream(os_user_, target_, cancel_.within_at_most(kOpenBound));
    if (!stream) {
        const std::lock_guard lock(mutex_);
        last_error_ = stream.error();
        ::shutdown(fd, SHUT_RDWR);
        connection.ended = true;
        return;
    }
    Wakeup answers_wakeup;
    std::atomic<bool> gone = false;
    std::jthread answers([&] {
        std::array<char, kPiece> buffer;
        while (true) {
            const auto count = (*stream)->read(buffer, cancel_);
            if (!count && !cancel_.stop_requested() && !gone) {
                const std::lock_guard lock(mutex_);
                last_error_ = count.error();
            }
            if (!count || *count == 0) break;
            std::string_view left(buffer.data(), *count);
            while (!left.empty() && !cancel_.stop_requested()) {
                const auto sent = ::send(fd, left.data(), left.size(), MSG_NOSIGNAL);
                if (sent >= 0)
                    left.remove_prefix(static_cast<std::size_t>(sent));
                else if (errno == EAGAIN || errno == EINTR)
                    wait_until_ready(fd, POLLOUT, answers_wakeup, kLongestPoll);
                else
                    break;
            }
            if (!left.empty()) break;
        }
        ::shutdown(fd, SHUT_WR);
    });
    std::array<char, kPiece> buffer;
    while (!cancel_.stop_requested()) {
        const auto count = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (count > 0) {
            if (!(*stream)->write({buffer.data(), static_cast<std::size_t>(count)}, cancel_)) break;
        } else if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
            wait_until_ready(fd, POLLIN, connection.wakeup, kLongestPoll);
        } else {
            // Gone altogether, or only done with writing? The first must not wait for an answer that nobody reads.
            pollfd peer{.fd = fd, .events = 0, .revents = 0};
            ::poll(&peer, 1, 0);
            gone = (peer.revents & POLLHUP) != 0;
            if (gone)
                (*stream)->close();
            else
                (*stream)->close_input();
            break;
        }
    }
    if (cancel_.stop_requested()) {
        (*stream)->close();
        answers_wakeup.wake();
    }
    answers.join();
    ::shutdown(fd, SHUT_RDWR);
    connection.ended = true;
    wakeup_.wake();
}

}  // namespace pigsty::node
