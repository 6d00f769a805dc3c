#include "core/node/node.h"

namespace pigsty::node {

std::optional<Claim> Node::claim(const std::string& kind, const std::string& name) const {
    for (auto& claim : claims())
        if (claim.kind == kind && claim.name == name) return claim;
    return std::nullopt;
}

Status Node::check_claim(const std::string& kind, const std::string& name) const {
    const auto damaged = damaged_claims();
    const auto found = damaged.find(Claim{.kind = kind, .name = name}.file_name());
    if (found != damaged.end()) return fail(found->second);
    return {};
}

}  // namespace pigsty::node
