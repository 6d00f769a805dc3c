#include "core/base/cancel.h"

#include <algorithm>

namespace pigsty {

Cancel Cancel::within(std::chrono::milliseconds bound) {
    Cancel cancel;
    cancel.deadline_ = Clock::now() + bound;
    return cancel;
}

Cancel Cancel::within_at_most(std::chrono::milliseconds bound) const {
    Cancel cancel = *this;
    cancel.deadline_ = std::min(deadline_, Clock::now() + bound);
    return cancel;
}

std::chrono::milliseconds Cancel::remaining(std::chrono::milliseconds bound) const {
    if (stop_requested()) return std::chrono::milliseconds::zero();
    if (deadline_ == Clock::time_point::max()) return bound;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - Clock::now());
    return std::clamp(left, std::chrono::milliseconds::zero(), bound);
}

Status Cancel::check(std::string_view doing) const {
    if (stop_requested()) return fail(ErrorCode::cancelled, "stopped while " + std::string(doing));
    if (expired()) return fail(ErrorCode::stalled, "out of time while " + std::string(doing));
    return {};
}

bool Cancel::pause(std::chrono::milliseconds duration) const {
    const auto until = std::min(deadline_, Clock::now() + duration);
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock(mutex);
    changed.wait_until(lock, source_.get_token(), until, [] { return false; });
    return !stop_requested() && !expired();
}

}  // namespace pigsty
