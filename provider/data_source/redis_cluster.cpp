#include "provider/data_source/redis_cluster.h"

#include "core/module/redis/table.h"
#include "provider/configuration/references.h"
#include "provider/data_source/find_cluster.h"

namespace pigsty::provider {
namespace {

using framework::attribute;
using framework::Attributes;
using framework::nested;
using framework::object;
using framework::within;
using module::redis::InstanceOverview;
using module::redis::MonitorOverview;
using module::redis::RedisCluster;
using RedisOverview = module::redis::Overview;

Attributes<InstanceOverview> redis_instance_overview_attributes() {
    return {
        attribute("address", &InstanceOverview::address).computed().description("Address of its node."),
        attribute("port", &InstanceOverview::port).computed().description("Its port."),
        attribute("healthy", &InstanceOverview::healthy)
            .computed()
            .description("It answers, and where it is a replica, it is linked to its master."),
        attribute("role", &InstanceOverview::role)
            .computed()
            .description("`master`, `replica` or `sentinel`. Null where it did not answer, as all that follows."),
        attribute("master", &InstanceOverview::master)
            .computed()
            .description("Whom a replica follows, as \"10.10.10.10 6379\"; null for others."),
        attribute("linked", &InstanceOverview::linked)
            .computed()
            .description("A replica has a link to its master; null for others."),
        attribute("version", &InstanceOverview::version).computed().description("Its version, as `8.0.2`."),
        attribute("memory_used", &InstanceOverview::memory_used).computed().description("Bytes in use."),
        attribute("memory_limit", &InstanceOverview::memory_limit)
            .computed()
            .description("Most bytes that it may use; 0: no limit."),
        attribute("clients", &InstanceOverview::clients).computed().description("Clients that are connected."),
        attribute("slots", &InstanceOverview::slots)
            .computed()
            .description("Slots that a master of a native cluster serves, as \"0-5460\"; null for others."),
    };
}

Attributes<MonitorOverview> redis_monitor_overview_attributes() {
    return {
        attribute("host", &MonitorOverview::host).computed().description("Where the primary is now."),
        attribute("port", &MonitorOverview::port).computed().description("Its port."),
        attribute("quorum", &MonitorOverview::quorum).computed().description("How many sentinels must find it down."),
        attribute("sentinels", &MonitorOverview::sentinels)
            .computed()
            .description("How many of the sentinels answer and watch it."),
        attribute("healthy", &MonitorOverview::healthy)
            .computed()
            .description("These sentinels all name the same place, and none of them finds it down."),
        attribute("replicas", &MonitorOverview::replicas)
            .computed()
            .description("Its replicas that the sentinels know, as \"10.10.10.11 6379\"; those that are down, too."),
    };
}

Attributes<RedisOverview> redis_overview_attributes() {
    return {
        attribute("healthy", &RedisOverview::healthy)
            .computed()
            .description(
                "All instances are healthy, each group has one master that the rest follow, a native cluster serves "
                "all slots, and the sentinels agree."),
        attribute("version", &RedisOverview::version)
            .computed()
            .description("The oldest version among the instances that answer; null where none does."),
        attribute("state", &RedisOverview::state)
            .computed()
            .description(
                "Of a native cluster: `ok` where all members that answer say so, else `fail`; null for others."),
        attribute("slots_served", &RedisOverview::slots_served)
            .computed()
            .description(
                "Of a native cluster: how many of the 16384 slots are served, by the word of the member that sees "
                "fewest; null for others."),
        nested("instances", &RedisOverview::instances, redis_instance_overview_attributes())
            .computed()
            .description("The instances by name, as `redis-test-1-6379`."),
        nested("monitors", &RedisOverview::monitors, redis_monitor_overview_attributes())
            .computed()
            .description("What the sentinels watch, by name; none in other modes."),
    };
}

}  // namespace

framework::Declaration<RedisClusterView> RedisClusterDataSource::declare() const {
    return {
        .description =
            "What a Redis or Valkey cluster is and does right now: roles, links, memory, slots, and what its sentinels "
            "watch. It is found by its name on its own machines, so that nobody else's state is needed.",
        .subcategory = "Redis",
        .attributes = {
            cluster_to_find(&RedisClusterView::name, &RedisClusterView::nodes, &RedisClusterView::id, "\"redis-test\""),
            attribute("mode", &RedisClusterView::mode).computed().description("`standalone`, `sentinel` or `cluster`."),
            attribute("engine", &RedisClusterView::engine).computed().description("`redis` or `valkey`."),
            within(&RedisClusterView::seen, redis_overview_attributes()),
            object("endpoints", &RedisClusterView::endpoints, redis_endpoint_attributes())
                .computed()
                .description("Where the instances are, by port."),
            object("access", &RedisClusterView::access, redis_access_attributes())
                .computed()
                .description("What others need to know to reach it: no secret."),
        }};
}

Result<RedisClusterView> RedisClusterDataSource::read(const RedisClusterView& config, framework::Call& call) const {
    const Fleet& fleet = *call.provider<Fleet>();
    const Wanted wanted{.kind = module::redis::kKind, .what = "Redis cluster", .name = config.name};
    TRY(const auto found, find_cluster<RedisCluster>(wanted, config.nodes, fleet, call.cancel));
    // Instances on a machine that does not answer are not healthy.
    const auto seen = observe_all(
        module::redis::members_of(found.spec),
        [&](const converge::Member& member) { return module::redis::overview_probes(found.spec, member.number); },
        fleet, call.cancel);
    TRY_VOID(call.cancel.check("asking the instances of " + config.name));
    return RedisClusterView{.name = config.name,
                            .nodes = config.nodes,
                            .id = found.id,
                            .mode = found.spec.mode,
                            .engine = found.spec.engine,
                            .seen = module::redis::overview_of(found.spec, seen),
                            .endpoints = module::redis::endpoints_of(found.spec),
                            .access = module::redis::access_of(found.spec, found.id)};
}

}  // namespace pigsty::provider
