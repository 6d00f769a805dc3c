// What items say of a path: the words of reasons ("mode 0644, expected 0600") and the state text of claims.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/node/probe.h"

namespace pigsty::item {

// "file", "directory", "link", "other", "missing"
std::string_view word(node::PathType type);

// "owner root:root, expected etcd:etcd", "mode 0644, expected 0600": what differs, added to `reasons`.
void compare_rights(const node::PathState& seen, const std::string& owner, const std::string& group, unsigned mode,
                    std::vector<std::string>& reasons);

// "owner:group mode"
std::string rights_text(const std::string& owner, const std::string& group, unsigned mode);

// "a, b, c"
std::string join(const std::vector<std::string>& parts, std::string_view between = ", ");

}  // namespace pigsty::item
