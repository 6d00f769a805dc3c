// Beacon: the smallest module there can be: one package, one file and its unit, one certificate. No resource uses it; it shows
// how a module is written, and its test proves that this is all it takes (CONTRIBUTING.md, "How to write a module").
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/json_fields.h"
#include "core/base/member_key.h"
#include "core/converge/step.h"
#include "core/module/ca/reference.h"
#include "core/node/node.h"

namespace pigsty::module::beacon {

// The claim's kind.
inline constexpr const char* kKind = "beacon";

struct Beacon {
    std::string name = "beacon";
    MemberMap<node::NodeAddress> members;
    ca::Reference ca{};
    std::int64_t port = 8443;
    bool operator==(const Beacon&) const = default;
};

void fields(auto& visit, FieldsOf<Beacon> auto& beacon) {
    visit("name", beacon.name);
    visit("members", beacon.members);
    visit("ca", beacon.ca);
    visit("port", beacon.port);
}

std::vector<converge::Member> members_of(const Beacon& beacon);
// `connect`: null while planning.
converge::Table table_of(const Beacon& beacon, const node::Connect& connect);
// Runs before everything in the claims is undone.
converge::Table removal_of(const Beacon& beacon);

}  // namespace pigsty::module::beacon
