// The core half of tally_cluster.h, as core/module/NAME would have it: a specification and pure functions of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/converge/step.h"
#include "core/module/ca/reference.h"

namespace pigsty::module::tally {

inline constexpr const char* kKind = "tally_cluster";
inline constexpr const char* kFile = "/etc/tally.conf";

struct Tally {
    std::string name;
    MemberMap<node::NodeAddress> members;
    ca::Reference ca{};
    std::int64_t port = 7000;
    bool operator==(const Tally&) const = default;
};

struct Access {
    std::string id;
    std::vector<std::string> endpoints;  // "10.10.10.11:7000"
};

void fields(auto& visit, FieldsOf<Tally> auto& tally) {
    visit("name", tally.name);
    visit("members", tally.members);
    visit("ca", tally.ca);
    visit("port", tally.port);
}

std::vector<converge::Member> members_of(const Tally& tally);
// One file on each member.
converge::Table table_of(const Tally& tally);
Access access_of(const Tally& tally, const std::string& id);

}  // namespace pigsty::module::tally
