// Cancel: when to give up. A stop request (Ctrl-C) and a deadline, handed down through every call that can wait.
//
//     Cancel run = Cancel::within(20min);
//     Cancel connect = run.within_at_most(30s);      // the earlier of the two deadlines, the same stop
//     TRY_VOID(connect.check("connecting"));
//
// Copies share the stop; request_stop() may be called from any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>

#include "core/base/result.h"

namespace pigsty {

class Cancel {
  public:
    using Clock = std::chrono::steady_clock;

    Cancel() = default;  // never, until request_stop()
    static Cancel within(std::chrono::milliseconds bound);

    [[nodiscard]] Cancel within_at_most(std::chrono::milliseconds bound) const;

    void request_stop() const { source_.request_stop(); }
    [[nodiscard]] bool stop_requested() const { return source_.stop_requested(); }
    [[nodiscard]] bool expired() const { return Clock::now() >= deadline_; }
    [[nodiscard]] std::stop_token token() const { return source_.get_token(); }

    // Clock::time_point::max() where there is none.
    [[nodiscard]] Clock::time_point deadline() const { return deadline_; }
    // Time left, at most `bound`, at least zero: what to hand to poll() and friends.
    [[nodiscard]] std::chrono::milliseconds remaining(std::chrono::milliseconds bound) const;

    // Error `cancelled` or `stalled` that names what was being done; nothing while there is time.
    [[nodiscard]] Status check(std::string_view doing) const;
    // Waits; true when the whole pause passed, false when stopped or out of time.
    [[nodiscard]] bool pause(std::chrono::milliseconds duration) const;

  private:
    mutable std::stop_source source_;
    Clock::time_point deadline_ = Clock::time_point::max();
};

}  // namespace pigsty
