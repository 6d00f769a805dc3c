#include "provider/plugin/process_guard.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <system_error>

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace pigsty::plugin {

namespace {

constexpr std::uint8_t kParentMayBeGone = 0x80;

// The end of a pipe that a signal handler may write to; nothing else is safe there.
std::atomic<int> wake_fd{-1};  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

void wake(std::uint8_t reason) {
    const int saved = errno;
    const int fd = wake_fd.load();
    if (fd >= 0) {
        // A full pipe already holds a reason to end.
        [[maybe_unused]] const ssize_t written = write(fd, &reason, 1);
    }
    errno = saved;
}

void on_termination(int /*signal*/) { wake(static_cast<std::uint8_t>(ProcessGuard::Reason::kSignal)); }
void on_parent_death(int /*signal*/) { wake(kParentMayBeGone); }

void handle(int signal, void (*handler)(int)) {
    struct sigaction action{};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, nullptr);
}

}  // namespace

ProcessGuard::ProcessGuard(Mode mode) : parent_(getppid()) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
    // Only the writing end: wait() is to sleep until there is something.
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    read_end_ = ends[0];
    wake_fd = ends[1];

    handle(SIGPIPE, SIG_IGN);
    handle(SIGTERM, on_termination);
    if (mode == Mode::kDebug) {
        handle(SIGINT, on_termination);
        return;
    }
    handle(SIGINT, SIG_IGN);
    // SIGUSR2 has no other use here.
    handle(SIGUSR2, on_parent_death);
    prctl(PR_SET_PDEATHSIG, SIGUSR2);
    // The parent may have died before the line above.
    if (getppid() != parent_) wake(kParentMayBeGone);
}

ProcessGuard::~ProcessGuard() {
    const int write_end = wake_fd.exchange(-1);
    prctl(PR_SET_PDEATHSIG, 0);
    close(write_end);
    close(read_end_);
}

void ProcessGuard::give_up_stdout() { dup2(STDERR_FILENO, STDOUT_FILENO); }

void ProcessGuard::request_end(Reason reason) { wake(static_cast<std::uint8_t>(reason)); }

ProcessGuard::Reason ProcessGuard::wait() {
    for (;;) {
        std::uint8_t reason = 0;
        const ssize_t count = read(read_end_, &reason, 1);
        if (count < 0 && errno == EINTR) continue;
        if (count != 1) return Reason::kSignal;  // cannot happen while we hold both ends
        if (reason != kParentMayBeGone) return static_cast<Reason>(reason);
        if (getppid() != parent_) return Reason::kHostGone;
    }
}

}  // namespace pigsty::plugin
