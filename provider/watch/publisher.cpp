#include "provider/watch/publisher.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "provider/watch/event_line.h"

namespace pigsty::watch {
namespace {

// A connected watcher and how far it has been served.
struct Watcher {
    int socket;
    std::size_t next;         // number of the line that is sent next
    std::string unsent = {};  // rest of a line that did not fit into the socket
};

// False where the watcher is gone.
bool send_unsent(Watcher& watcher) {
    while (!watcher.unsent.empty()) {
        const ssize_t sent =
            send(watcher.socket, watcher.unsent.data(), watcher.unsent.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
        watcher.unsent.erase(0, static_cast<std::size_t>(sent));
    }
    return true;
}

}  // namespace

Publisher::~Publisher() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    if (!thread_.joinable()) return;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto woken = write(wake_, &one, sizeof(one));
    thread_.join();
    close(listener_);
    close(wake_);
    unlink(path_.c_str());
}

void Publisher::event(const converge::ProgressEvent& event) noexcept {
    try {
        std::string line = to_line(event);
        const std::lock_guard lock(mutex_);
        if (!started_) start();
        if (!thread_.joinable()) return;
        history_.push_back(std::move(line));
        if (history_.size() > kHistory) {
            history_.pop_front();
            ++first_;
        }
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto woken = write(wake_, &one, sizeof(one));
    } catch (const std::exception&) {
        return;  // out of memory or threads: a progress line less is not worth an apply
    }
}

void Publisher::start() {
    started_ = true;
    const std::string directory = runtime_directory();
    if (directory.empty()) return;
    path_ = directory + "/" + std::to_string(getpid()) + ".sock";
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    if (path_.size() >= sizeof(address.sun_path)) return;
    std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);

    unlink(path_.c_str());  // of a dead process with our number
    listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (listener_ < 0 || wake_ < 0 || bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
        listen(listener_, 8) != 0) {
        if (listener_ >= 0) close(listener_);
        if (wake_ >= 0) close(wake_);
        return;
    }
    thread_ = std::thread([this] { serve(); });
}

void Publisher::serve() {
    std::vector<Watcher> watchers;
    bool last_round = false;
    while (true) {
        {
            const std::lock_guard lock(mutex_);
            for (Watcher& watcher : watchers) {
                // What fell out of the history while this watcher was slow is lost to it.
                for (watcher.next = std::max(watcher.next, first_);
                     watcher.unsent.empty() && watcher.next < first_ + history_.size(); ++watcher.next) {
                    watcher.unsent = history_[watcher.next - first_];
                    if (!send_unsent(watcher)) break;
                }
            }
            last_round = stopping_;
        }
        if (last_round) break;

        std::vector<pollfd> polled{{.fd = wake_, .events = POLLIN, .revents = 0},
                                   {.fd = listener_, .events = POLLIN, .revents = 0}};
        for (const Watcher& watcher : watchers)
            polled.push_back({.fd = watcher.socket,
                              .events = static_cast<short>(watcher.unsent.empty() ? 0 : POLLOUT),
                              .revents = 0});
        if (poll(polled.data(), polled.size(), -1) < 0 && errno != EINTR) break;

        std::uint64_t drained = 0;
        [[maybe_unused]] const auto count = read(wake_, &drained, sizeof(drained));
        std::vector<Watcher> staying;
        for (std::size_t i = 0; i < watchers.size(); ++i) {
            const bool gone = (polled[i + 2].revents & (POLLHUP | POLLERR)) != 0;
            if (!gone && send_unsent(watchers[i]))
                staying.push_back(std::move(watchers[i]));
            else
                close(watchers[i].socket);
        }
        watchers = std::move(staying);
        if (const int joined = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK); joined >= 0)
            watchers.push_back({.socket = joined, .next = 0});
    }
    for (const Watcher& watcher : watchers) close(watcher.socket);
}

}  // namespace pigsty::watch
