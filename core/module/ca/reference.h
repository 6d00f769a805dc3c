// Reference: what other resources need to know of a certificate authority: attribute `ref` of pigsty_ca.
#pragma once

#include <string>

#include "core/base/json_fields.h"
#include "core/base/member_key.h"
#include "core/module/platform/node_address_fields.h"
#include "core/node/node.h"

namespace pigsty::module::ca {

struct Reference {
    std::string id;
    std::string name;
    std::string fingerprint;             // SHA-256 of the certificate (DER), 64 hex digits
    MemberMap<node::NodeAddress> nodes;  // those that hold the key
    bool operator==(const Reference&) const = default;
};

void fields(auto& visit, FieldsOf<Reference> auto& reference) {
    visit("id", reference.id);
    visit("name", reference.name);
    visit("fingerprint", reference.fingerprint);
    visit("nodes", reference.nodes);
}

}  // namespace pigsty::module::ca
