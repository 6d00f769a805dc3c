// `standby` of a cluster: whom it can follow, and what says nothing while nobody may write in it.
#include <spdlog/fmt/fmt.h>

#include "core/base/unknown.h"
#include "core/module/pgsql/rules/rule_parts.h"
#include "core/module/pgsql/spec/settings.h"

namespace pigsty::module::pgsql {
namespace {

constexpr const char* kUpstream = "standby.upstream";

void check_other_cluster(const PgCluster& cluster, Problems& problems) {
    const Connection& upstream = cluster.standby->upstream;
    if (!has_unknown(upstream.name) && !has_unknown(cluster.name) && upstream.name == cluster.name) {
        problems.add(kUpstream, fmt::format("expected another cluster, found {} itself", cluster.name),
                     "a standby cluster has a name of its own, whatever etcd cluster it is in");
        return;
    }
    for (const auto& [number, address] : upstream.members)
        for (const auto& [key, instance] : cluster.instances) {
            if (has_unknown(address.address) || address.address != instance.node.address) continue;
            problems.add(kUpstream,
                         fmt::format("{} is a member of {} and {}, too", address.address, upstream.name,
                                     entry("instances", key)),
                         "a standby cluster has machines of its own");
            return;
        }
}

void check_slot_name(const PgCluster& cluster, Problems& problems) {
    if (has_unknown(cluster.name)) return;
    const std::string slot = standby_slot(cluster.name);
    if (slot.size() <= kLongestSlot) return;
    problems.add("name", fmt::format("its slot at the upstream, {}, is longer than {} bytes", slot, kLongestSlot),
                 "choose a shorter name");
}

}  // namespace

void check_standby_cluster(const PgCluster& cluster, const Settings& settings, Problems& problems) {
    if (!cluster.standby) return;
    check_other_cluster(cluster, problems);
    check_slot_name(cluster, problems);
    problems.check_port("standby.port", cluster.standby->port);
    const std::optional<std::string>& delay = cluster.standby->delay;
    if (delay && !has_unknown(*delay))
        check_apply_delay("standby.delay", *delay, settings, "for example 1h; without delay it applies at once",
                          problems);
    if (cluster.synchronous.enabled.value_or(false))
        problems.add("synchronous.enabled", "nothing commits in a standby cluster, so no commit can wait",
                     "leave it out until the cluster is promoted");
    if (cluster.restore_from)
        problems.add("restore_from", "a standby cluster has the data of its upstream",
                     "keep one of standby and restore_from");
    if (cluster.backup)
        problems.add("backup",
                     "pgBackRest backs up a cluster whose leader takes writes, which a standby cluster has not",
                     "back up its upstream; add backup once the cluster is promoted");
}

}  // namespace pigsty::module::pgsql
