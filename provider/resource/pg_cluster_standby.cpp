#include "provider/resource/pg_cluster_standby.h"

#include <algorithm>

#include "core/base/unknown.h"
#include "core/module/pgsql/cluster/standby_steps.h"
#include "core/module/pgsql/cluster/upstream.h"
#include "core/render/failover_plan.h"

namespace pigsty::provider {
namespace {

using module::pgsql::ClusterSession;
using module::pgsql::FollowerSeen;
using module::pgsql::PgCluster;
using Sentences = std::vector<std::string>;

Result<std::optional<FollowerSeen>> look_at_follower(ClusterSession& session, const Cancel& cancel) {
    std::string said;
    TRY_VOID(session.look(
        [&](ClusterSession::Work& work) -> Status {
            TRY(said, work.ask(module::pgsql::kDatabase, module::pgsql::kFollowerQuery));
            return {};
        },
        cancel));
    return module::pgsql::read_follower(said);
}

// Somebody leads there who can be asked: else nobody can be streamed from.
bool is_led(const PgCluster& cluster, Call& call) {
    const auto session = call.provider<Fleet>()->sessions->of(cluster.standby->upstream, call.cancel);
    if (!session) return false;
    const auto members = (*session)->members(call.cancel);
    return members && members->leader(call.cancel).has_value();
}

// A failover there, and a restart here, pass by themselves within a bounded time.
std::chrono::seconds patience(const PgCluster& cluster) {
    const auto& plan = render::failover_plan(cluster.rto);
    return module::pgsql::kFollowsWithin + std::chrono::seconds(plan.ttl + plan.loop_wait);
}

}  // namespace

Result<Sentences> look_at_standby(const PgCluster& cluster, ClusterSession& session,
                                  const std::set<std::string>& conclusive, Call& call) {
    if (!cluster.standby) return Sentences();
    TRY(const auto look, module::pgsql::look_at_upstream(cluster, *call.provider<Fleet>()->sessions, call.cancel));
    Sentences sentences = look.sentences;
    std::string silent;
    for (const std::string& why : look.silent) silent += (silent.empty() ? "" : "\n") + why;
    if (!silent.empty())
        call.diagnostics.add_warning(cluster.name + ": not all of its upstream answers",
                                     silent + "\nWhat it has there is as it was last seen.");

    const std::string& upstream = cluster.standby->upstream.name;
    const std::string lost = module::pgsql::upstream_key(cluster) + ": does not stream from " + upstream;
    const Cancel bound = call.cancel.within_at_most(patience(cluster));
    while (true) {
        const auto seen = look_at_follower(session, call.cancel);
        TRY_VOID(call.cancel.check("looking at " + cluster.name));
        // Whoever led has gone: that is said elsewhere.
        if (!seen || !*seen) return sentences;
        if (!(*seen)->in_recovery) {
            sentences.push_back(cluster.name + " postgresql: takes writes, expected a standby cluster of " + upstream);
            return sentences;
        }
        // One that waits for a delay looks for a new upstream only afterwards.
        if ((*seen)->streams || cluster.standby->delay) return sentences;
        if (conclusive.contains(lost) || !bound.pause(std::chrono::milliseconds(500))) break;
    }
    TRY_VOID(call.cancel.check("looking at " + cluster.name));
    if (is_led(cluster, call)) sentences.push_back(lost);
    return sentences;
}

void refuse_another_upstream(Plan<PgClusterState>& plan) {
    const auto& before = plan.prior->spec.standby;
    const auto& after = plan.planned.spec.standby;
    const value::Path path = value::Path::of("standby");
    if (!after || plan.unknown.missing_at(path)) return;
    if (!before) {
        plan.diagnostics.add_error(
            "A living cluster does not become a standby cluster",
            "Its own data would have to go. Leave `standby` out; or destroy the cluster, and make it "
            "anew with it.",
            path);
        return;
    }
    const std::string& id = after->upstream.id;
    if (after->upstream.name == before->upstream.name && (has_unknown(id) || id == before->upstream.id)) return;
    plan.diagnostics.add_error("Another upstream",
                               "Expected " + before->upstream.name + " (" + before->upstream.id +
                                   "), whose data this standby cluster has, found " + after->upstream.name + " (" + id +
                                   "). Remove `standby` to promote it; or destroy it, and make it anew.",
                               path.attribute("upstream"));
}

void advise_on_promotion(const PgCluster& prior, const PgCluster& planned, framework::Forecast& forecast) {
    if (!prior.standby || planned.standby) return;
    const std::string& upstream = prior.standby->upstream.name;
    forecast.advice.push_back(
        {framework::Severity::kWarning, planned.name + " will be PROMOTED",
         "It stops following " + upstream + " and takes writes of its own; it cannot go back. What is written in " +
             upstream +
             " after the apply has looked there is not in it: end what writes there first. It keeps its data, "
             "roles and passwords, gets the services of an ordinary cluster, and its default objects are made as its "
             "own "
             "configuration says." +
             (prior.standby->delay ? " What it holds back for its delay is applied before." : ""),
         value::Path::of("standby")});
}

}  // namespace pigsty::provider
