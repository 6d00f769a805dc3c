// What a user asks of a certificate authority (pigsty_ca).
#pragma once

#include <cstdint>
#include <string>

#include "core/base/constraint.h"
#include "core/base/json_fields.h"
#include "core/base/member_key.h"
#include "core/module/platform/node_address_fields.h"
#include "core/node/node.h"

namespace pigsty::module::ca {

inline constexpr Range kValidityDays{2, 36500};
inline constexpr Range kLeafValidityDays{1, 36500};

struct Authority {
    std::string name = "pigsty-ca";
    MemberMap<node::NodeAddress> nodes;  // that hold the key
    std::int64_t validity_days = 36500;
    std::int64_t leaf_validity_days = 7300;
    bool operator==(const Authority&) const = default;
};

void fields(auto& visit, FieldsOf<Authority> auto& authority) {
    visit("name", authority.name);
    visit("nodes", authority.nodes);
    visit("validity_days", authority.validity_days);
    visit("leaf_validity_days", authority.leaf_validity_days);
}

}  // namespace pigsty::module::ca
