#include "core/module/pgsql/spec/failover.h"

#include <algorithm>

#include "core/base/unknown.h"
#include "core/render/failover_plan.h"

namespace pigsty::module::pgsql {
namespace {

bool is_crit(const PgCluster& cluster) { return cluster.template_name == "crit"; }

}  // namespace

bool stands_back(const Instance& instance) { return instance.role == "offline" || instance.role == "delayed"; }

std::int64_t may_lead(const PgCluster& cluster) {
    return std::ranges::count_if(
        cluster.instances, [](const auto& entry) { return !stands_back(entry.second) && !entry.second.nofailover; });
}

std::int64_t synchronous_candidates(const PgCluster& cluster) {
    const auto may = std::ranges::count_if(
        cluster.instances, [](const auto& entry) { return !stands_back(entry.second) && !entry.second.upstream; });
    return std::max<std::int64_t>(may - 1, 0);
}

render::SynchronousMode synchronous_of(const PgCluster& cluster) {
    const Synchronous& written = cluster.synchronous;
    // Nothing commits in a standby cluster: what would follow from template and rpo begins when it is promoted.
    if (cluster.standby) return {};
    if (!written.enabled.value_or(is_crit(cluster) || cluster.rpo == 0)) return {};
    // Strict means that no commit passes without a standby: with one member that may lead, none ever would.
    return {.enabled = true,
            .quorum = written.mode == "quorum",
            .strict = written.strict.value_or(is_crit(cluster) && may_lead(cluster) >= 2),
            .count = written.count};
}

Failover failover_of(const PgCluster& cluster) {
    const render::FailoverPlan& plan = render::failover_plan(cluster.rto);
    const render::SynchronousMode synchronous = synchronous_of(cluster);
    return {.ttl = plan.ttl,
            .loop_wait = plan.loop_wait,
            .retry_timeout = plan.retry_timeout,
            .primary_start_timeout = plan.primary_start_timeout,
            // With 0 a synchronous standby, too, could not be promoted while it lacks WAL that no commit waited for.
            .maximum_lag = cluster.rpo == 0 ? render::DynamicConfiguration{}.maximum_lag : cluster.rpo,
            .synchronous_mode = !synchronous.enabled ? "off"
                                : synchronous.quorum ? "quorum"
                                                     : "on",
            .synchronous_strict = synchronous.strict,
            .synchronous_count = synchronous.enabled ? synchronous.count : 0,
            .haproxy_checks = render::server_checks(plan)};
}

bool has_unknown_failover(const PgCluster& cluster) {
    return has_unknown(cluster.rto) || has_unknown(cluster.template_name) || has_unknown(cluster.synchronous.mode) ||
           std::ranges::any_of(cluster.instances, [](const auto& entry) { return has_unknown(entry.second.role); });
}

Services default_services_of(const PgCluster& cluster) {
    if (cluster.default_services) return *cluster.default_services;
    Services services = render::default_services();
    // Nobody there takes writes, and roles of members say nothing about what they are good for: one service for all.
    if (cluster.standby) return {{render::kReplicaService, services.at(render::kReplicaService)}};
    const render::SynchronousMode synchronous = synchronous_of(cluster);
    if (!synchronous.enabled || cluster.services.contains(render::kStandbyService)) return services;
    Service standby = render::standby_service(synchronous.quorum);
    if (has_unknown(cluster.synchronous.mode)) standby.check = cluster.synchronous.mode;
    services.emplace(render::kStandbyService, std::move(standby));
    return services;
}

}  // namespace pigsty::module::pgsql
