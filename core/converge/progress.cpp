#include "core/converge/progress.h"

#include <fmt/format.h>

namespace pigsty::converge {

std::string line(const ProgressEvent& event) {
    const std::string subject = fmt::format("{} {}", event.member, event.what);
    const double seconds = std::chrono::duration<double>(event.took).count();
    switch (event.state) {
        case ProgressState::begun: return subject + " …";
        case ProgressState::moving: return fmt::format("{} … {}", subject, event.detail);
        case ProgressState::done: return fmt::format("{} … {:.1f} s", subject, seconds);
        case ProgressState::failed: break;
    }
    return fmt::format("{} failed after {:.1f} s: {}", subject, seconds, event.detail);
}

}  // namespace pigsty::converge
