#include "core/item/path_state.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace pigsty::item {

std::string_view word(node::PathType type) {
    switch (type) {
        case node::PathType::absent: return "missing";
        case node::PathType::file: return "a file";
        case node::PathType::directory: return "a directory";
        case node::PathType::link: return "a link";
        case node::PathType::other: break;
    }
    return "neither file nor directory";
}

void compare_rights(const node::PathState& seen, const std::string& owner, const std::string& group, unsigned mode,
                    std::vector<std::string>& reasons) {
    if (seen.owner != owner || seen.group != group) {
        reasons.push_back(fmt::format("owner {}:{}, expected {}:{}", seen.owner, seen.group, owner, group));
    }
    if (seen.mode != mode) reasons.push_back(fmt::format("mode {:04o}, expected {:04o}", seen.mode, mode));
}

std::string rights_text(const std::string& owner, const std::string& group, unsigned mode) {
    return fmt::format("{}:{} {:04o}", owner, group, mode);
}

std::string join(const std::vector<std::string>& parts, std::string_view between) {
    return fmt::format("{}", fmt::join(parts, between));
}

}  // namespace pigsty::item
