// FileHandle: owns a file descriptor. Wakeup: ends a poll() from another thread.
//
//     Wakeup wakeup;
//     std::stop_callback on_stop(cancel.token(), [&] { wakeup.wake(); });
//     TRY(const bool ready, wait_until_ready(fd, POLLIN, wakeup, cancel.remaining(30s)));
#pragma once

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace pigsty::node {

class FileHandle {
  public:
    FileHandle() = default;
    explicit FileHandle(int fd) : fd_(fd) {}
    FileHandle(FileHandle&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    FileHandle& operator=(FileHandle&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~FileHandle() { reset(); }

    void reset() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    [[nodiscard]] int get() const { return fd_; }

  private:
    int fd_ = -1;
};

class Wakeup {
  public:
    Wakeup() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

    void wake() const {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(event_.get(), &one, sizeof one);
    }
    void clear() const {
        std::uint64_t count = 0;
        [[maybe_unused]] const auto read = ::read(event_.get(), &count, sizeof count);
    }
    [[nodiscard]] int get() const { return event_.get(); }

  private:
    FileHandle event_;
};

// A wait without a bound of its own looks around this often.
inline constexpr auto kLongestPoll = std::chrono::seconds(60);

// Returns when `fd` is ready for `events`, woken, or the bound has passed: the caller looks again in each case.
inline void wait_until_ready(int fd, short events, const Wakeup& wakeup, std::chrono::milliseconds bound) {
    pollfd ready[] = {{.fd = fd, .events = events, .revents = 0}, {.fd = wakeup.get(), .events = POLLIN, .revents = 0}};
    ::poll(ready, 2, static_cast<int>(bound.count()));
    if (ready[1].revents != 0) wakeup.clear();
}

}  // namespace pigsty::node
