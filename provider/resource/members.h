// What resources with members share: connecting, equal addresses, changes of membership.
#pragma once

#include <map>
#include <string>

#include "core/base/member_key.h"
#include "core/base/unknown.h"
#include "core/converge/run.h"
#include "core/node/node.h"
#include "provider/configuration/fleet.h"
#include "provider/framework/call.h"
#include "provider/framework/typed_resource.h"

namespace pigsty::provider {

// For acts and conversations, which happen in applies. Null while planning.
node::Connect connect_through(const Fleet* fleet);

// Error with the path of each member whose address another one has. Unknown addresses are skipped.
void refuse_equal_addresses(const MemberMap<node::NodeAddress>& members, const std::string& attribute,
                            framework::Validation& validation);

// Whether the machines are known, or are text that a marker stands for: what else is not known of the members (a weight,
// a parameter) must not make others think that these move.
bool knows_machines(const framework::Unknowns& unknown, const MemberMap<node::NodeAddress>& members,
                    const std::string& attribute);

// This version changes neither who the members of a living cluster are nor where they are: an error with the member's path.
// `prior` and `planned` are the maps; only the addresses are compared, another SSH route is an ordinary change.
// Where the map itself is not known yet, that is said instead.
void refuse_changed_members(const MemberMap<node::NodeAddress>& prior, const MemberMap<node::NodeAddress>& planned,
                            const std::string& attribute, const framework::Unknowns& unknown,
                            framework::Diagnostics& diagnostics);

template <class S, class Spec>
void refuse_changed_members(framework::Plan<S>& plan, Spec S::* spec, MemberMap<node::NodeAddress> Spec::* members,
                            const std::string& attribute) {
    if (plan.prior == nullptr) return;
    refuse_changed_members(plan.prior->*spec.*members, plan.planned.*spec.*members, attribute, plan.unknown,
                           plan.diagnostics);
}

}  // namespace pigsty::provider
