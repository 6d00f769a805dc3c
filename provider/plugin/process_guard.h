// What makes this process a well-behaved plugin: which signals it heeds, and when it is time to go.
//
//     ProcessGuard guard(ProcessGuard::Mode::kPlugin);
//     print(handshake_line(…));
//     guard.give_up_stdout();
//     const auto reason = guard.wait();          // blocks the main thread
//     guard.request_end(ProcessGuard::Reason::kAskedByHost);   // from any thread
//
// Plugin mode: Ctrl-C reaches the whole process group, but the host decides and calls StopProvider, so SIGINT is
// ignored; SIGTERM ends the process in order. Where the host dies, the kernel tells us. That message also comes when
// only the *thread* that started us ends, which Go programs do at will: we look whether our parent is still the same.
// One guard per process.
#pragma once

#include <sys/types.h>

namespace pigsty::plugin {

class ProcessGuard {
  public:
    enum class Mode {
        kPlugin,
        kDebug,  // started by hand: SIGINT ends it, and no parent is watched
    };
    enum class Reason { kAskedByHost, kSignal, kHostGone };

    explicit ProcessGuard(Mode mode);
    ProcessGuard(const ProcessGuard&) = delete;
    ProcessGuard& operator=(const ProcessGuard&) = delete;
    ~ProcessGuard();

    // Points standard output at standard error: the host throws away what comes there after the handshake, as a
    // log line it is at least seen.
    static void give_up_stdout();

    void request_end(Reason reason);
    // Returns when somebody asked for the end, a signal did, or the host is gone.
    [[nodiscard]] Reason wait();

  private:
    pid_t parent_ = 0;
    int read_end_ = -1;
};

}  // namespace pigsty::plugin
