#include "provider/resource/pg_cluster_citus.h"

#include <algorithm>
#include <chrono>

#include "core/base/unknown.h"
#include "core/client/etcd.h"
#include "core/module/pgsql/cluster/shard.h"
#include "core/module/pgsql/session/dcs_login.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/render/failover_plan.h"

namespace pigsty::provider {
namespace {

using module::pgsql::ClusterSession;
using module::pgsql::GroupLeaders;
using module::pgsql::PgCluster;

// Patroni of the coordinator looks once in a loop; a switchover of a group holds its row for some seconds.
std::chrono::seconds shard_patience(const PgCluster& cluster) {
    const auto& plan = render::failover_plan(cluster.rto);
    return std::chrono::seconds(2 * plan.loop_wait + plan.retry_timeout);
}

Result<GroupLeaders> missing_groups(const PgCluster& cluster, node::Node& node, ClusterSession& session, bool again,
                                    const Cancel& cancel) {
    const node::Probe probe = module::pgsql::shard_probe(cluster);
    TRY(const auto seen, again ? node.observe_now({probe}, cancel) : node.observe({probe}, cancel));
    const auto leaders = module::pgsql::group_leaders(client::etcd_values(seen.command(probe.key)),
                                                      module::pgsql::dcs_scope_prefix(cluster));
    GroupLeaders missing;
    TRY_VOID(session.look(
        [&](ClusterSession::Work& work) -> Status {
            TRY(const auto* catalog, work.catalog());
            // Somebody dropped it: said where it is looked after.
            if (catalog->database(cluster.citus->database) == nullptr) return {};
            TRY(const std::string answer, work.ask(cluster.citus->database, module::pgsql::dist_node_query()));
            TRY(const auto nodes, module::pgsql::parse_dist_nodes(answer));
            missing = module::pgsql::missing_in(nodes, leaders);
            return {};
        },
        cancel));
    return missing;
}

}  // namespace

Result<std::vector<std::string>> look_at_shard(const PgCluster& cluster, const converge::Run& run,
                                               ClusterSession& session, const std::set<std::string>& conclusive,
                                               Call& call) {
    std::vector<std::string> sentences;
    if (!module::pgsql::is_coordinator(cluster) || run.sites().empty()) return sentences;
    const auto asked = std::ranges::find_if(
        run.sites(), [&](const auto& site) { return site->member.number == module::pgsql::dcs_login_member(cluster); });
    node::Node& node = *(asked == run.sites().end() ? run.sites().front() : *asked)->node;
    const Cancel bound = call.cancel.within_at_most(shard_patience(cluster));
    for (bool again = false;; again = true) {
        const auto missing = missing_groups(cluster, node, session, again, call.cancel);
        TRY_VOID(call.cancel.check("looking at " + cluster.name));
        // Whoever led has gone: that is said elsewhere.
        if (!missing) return std::vector<std::string>();
        sentences = module::pgsql::shard_sentences(cluster, *missing);
        const bool is_said =
            std::ranges::all_of(sentences, [&](const auto& each) { return conclusive.contains(each); });
        if (is_said || !bound.pause(std::chrono::seconds(1))) return sentences;
    }
}

void tell_of_citus_database(Plan<PgClusterState>& plan) {
    const auto& citus = plan.planned.spec.citus;
    if (!citus || has_unknown(citus->database) || plan.unknown.missing_at(value::Path::of("citus"))) return;
    plan.diagnostics.add_warning(
        plan.planned.spec.name + ": database " + citus->database,
        "Patroni makes it, with the extension citus. A `pigsty_pg_database` of that name takes it over as it is, and "
        "gives it back when it is destroyed: it goes with the cluster.",
        value::Path::of("citus").attribute("database"));
}

}  // namespace pigsty::provider
