#include "provider/resource/members.h"

#include "provider/value/path.h"

namespace pigsty::provider {
namespace {

value::Path member_path(const std::string& attribute, const std::string& number) {
    return value::Path::of(attribute).key(number).attribute("address");
}

constexpr const char* kWayOut =
    "This version does not add, remove or move members of a living cluster. Bring the member back as it was, or "
    "destroy the "
    "cluster and create it with the members wanted.";

}  // namespace

node::Connect connect_through(const Fleet* fleet) {
    if (fleet == nullptr) return {};
    return [fleet](const node::NodeAddress& address, const Cancel& cancel, node::Reach reach) {
        return fleet->connect(address, cancel, reach);
    };
}

void refuse_equal_addresses(const MemberMap<node::NodeAddress>& members, const std::string& attribute,
                            framework::Validation& validation) {
    std::map<std::string, std::string> seen;
    for (const auto& [number, member] : members) {
        if (member.address.empty() || has_unknown(member.address)) continue;
        const auto [other, fresh] = seen.emplace(member.address, number);
        if (fresh) continue;
        validation.error(member_path(attribute, number), "Two members at one address",
                         "Expected an address of its own for each member, found " + member.address + " for member " +
                             other->second + " and member " + number + ". Give one of them another machine.");
    }
}

bool knows_machines(const framework::Unknowns& unknown, const MemberMap<node::NodeAddress>& members,
                    const std::string& attribute) {
    if (members.empty()) return !unknown.missing_at(value::Path::of(attribute));
    return std::ranges::none_of(members, [&](const auto& member) {
        const value::Path path = value::Path::of(attribute).key(member.first);
        return unknown.missing_at(path.attribute("address")) || unknown.missing_at(path.attribute("ssh"));
    });
}

void refuse_changed_members(const MemberMap<node::NodeAddress>& prior, const MemberMap<node::NodeAddress>& planned,
                            const std::string& attribute, const framework::Unknowns& unknown,
                            framework::Diagnostics& diagnostics) {
    if (planned.empty() && unknown.missing_at(value::Path::of(attribute))) {
        diagnostics.add_error("Members not known yet",
                              "Expected to know which members a living cluster has, found `" + attribute +
                                  "` unknown as a whole. Apply what it depends on first (`-target`).",
                              value::Path::of(attribute));
        return;
    }
    for (const auto& [number, member] : prior) {
        const auto now = planned.find(number);
        if (now == planned.end()) {
            diagnostics.add_error(
                "Member removed",
                "Member " + number + " at " + member.address + " is no longer in `" + attribute + "`. " + kWayOut,
                value::Path::of(attribute));
        } else if (now->second.address != member.address) {
            const std::string to =
                has_unknown(now->second.address) ? "an address that is not known yet" : now->second.address;
            diagnostics.add_error(
                "Member moved",
                "Member " + number + " is at " + member.address + " and would move to " + to + ". " + kWayOut,
                member_path(attribute, number));
        }
    }
    for (const auto& [number, member] : planned) {
        if (prior.contains(number)) continue;
        diagnostics.add_error("Member added", "Member " + number + " is new in `" + attribute + "`. " + kWayOut,
                              member_path(attribute, number));
    }
}

}  // namespace pigsty::provider
