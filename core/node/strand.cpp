#include "core/node/strand.h"

namespace pigsty::node {

Result<Strand::Turn> Strand::enter(const Cancel& cancel, std::string_view doing) {
    std::unique_lock lock(mutex_);
    const auto mine = queue_.insert(queue_.end(), 0);
    const auto is_mine = [&] { return queue_.begin() == mine; };
    // wait_until() of max() overflows in some libraries' clock conversions.
    if (cancel.deadline() == Cancel::Clock::time_point::max())
        changed_.wait(lock, cancel.token(), is_mine);
    else
        changed_.wait_until(lock, cancel.token(), cancel.deadline(), is_mine);
    if (is_mine()) return Turn(this);
    queue_.erase(mine);
    TRY_VOID(cancel.check(doing));
    return fail(ErrorCode::stalled, "out of time while " + std::string(doing));
}

void Strand::leave() {
    const std::lock_guard lock(mutex_);
    queue_.pop_front();
    changed_.notify_all();
}

}  // namespace pigsty::node
