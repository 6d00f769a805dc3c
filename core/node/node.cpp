#include "core/node/node.h"

namespace pigsty::node {

std::optional<Claim> Node::claim(const std::string& kind, const std::string& name) const {
    for (auto& claim : claims())
        if (claim.kind == kind && claim.name == name) return claim;
    return std::nullopt;
}

}  // namespace pigsty::node
