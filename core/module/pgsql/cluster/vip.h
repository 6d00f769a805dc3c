// The cluster's virtual address on its members: vip-manager, which follows Patroni's leader key, and a guard of ours, which takes
// the address away wherever Patroni does not lead (render/vip.h). Who holds it is a fact; a member that holds it and does not
// lead, or a leader without it, is drift.
//
//     table.items("vip files", [&](const Site& site) { return vip_files(cluster, site.member); });
//     TRY_VOID(wait_for_vip(cluster, members, site, context));      // the leader has it, and nobody else
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/converge/step.h"
#include "core/item/item.h"
#include "core/module/pgsql/session/members.h"
#include "core/module/pgsql/spec/spec.h"
#include "core/module/platform/platform.h"

namespace pigsty::module::pgsql {

// All of these are empty where the cluster has no virtual address.

// The address: nobody else's, off the machine when it is no longer wanted. In a create it also looks, before anything is written,
// whether vip-manager is to be had, an interface reaches the address, and nobody has it.
item::Items vip_reservation(const PgCluster& cluster, const converge::Member& member,
                            const module::platform::Platform& platform);
// Before the package comes, which enables its unit: without our file it does not start.
item::Items vip_drop_in(const PgCluster& cluster, const converge::Member& member);
item::Items vip_files(const PgCluster& cluster, const converge::Member& member);
item::Items vip_services(const PgCluster& cluster);
// Where servers listen on the virtual address: they bind it before it is here.
item::Items nonlocal_bind(const PgCluster& cluster);

// `before`: the specification so far; null in a create.
bool is_other_vip(const PgCluster& cluster, const PgCluster* before);
// What vip_reservation() looks at in a create, for the update that brings another address.
Status check_vip_place(const PgCluster& cluster, converge::Site& site, converge::StepContext& context);

// What was seen of the address at one moment, by name of member.
struct VipSeen {
    std::optional<std::string> leader{};
    std::set<std::string> reached{};  // whose machines answer
    std::set<std::string> holders{};
};
// "pg-test-2 vip 10.10.10.2: is on a member that does not lead", "pg-test vip 10.10.10.2: the leader does not hold it". The
// leader is not named.
std::vector<std::string> vip_sentences(const PgCluster& cluster, const VipSeen& seen);

// What of it lasts: a failover moves the address within seconds.
Result<std::vector<std::string>> vip_drift(const PgCluster& cluster, const Members& members,
                                           const std::set<std::string>& conclusive, const Cancel& cancel);
bool repairs_vip(const PgCluster& cluster, const std::vector<std::string>& drift);
// vip-manager looks at everything anew when it starts: where it is wrong, it does.
Status repair_vip(const PgCluster& cluster, const Members& members, converge::Site& site,
                  converge::StepContext& context);
Status wait_for_vip(const PgCluster& cluster, const Members& members, converge::Site& site,
                    converge::StepContext& context);

}  // namespace pigsty::module::pgsql
