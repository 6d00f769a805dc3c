#include "core/module/pgsql/cluster/failover_gates.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "core/base/number.h"
#include "core/base/quote.h"
#include "core/module/pgsql/session/dcs_login.h"
#include "core/module/pgsql/spec/failover.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/render/failover_plan.h"

namespace pigsty::module::pgsql {
namespace {

using nlohmann::json;

constexpr const char* kMode = "synchronous_mode";

// A member has the configuration after one loop, and its answer is everywhere after another; both may still take their time
// from the plan before.
std::chrono::seconds patience_of(const PgCluster& cluster) {
    return std::chrono::seconds(60 + 4 * render::failover_plan(cluster.rto).loop_wait);
}

std::string lease_script(const PgCluster& cluster) {
    return dcs_environment(cluster) +
           "ask() { etcdctl --dial-timeout=5s --command-timeout=5s \"$@\"; }\n"
           "lease=$(ask get -w fields -- " +
           shell_quote(dcs_prefix(cluster) + "leader") +
           " | sed -n 's/^\"Lease\" : //p')\n"
           "[ -n \"$lease\" ] || exit 0\n"
           "ask lease timetolive \"$(printf %x \"$lease\")\"\n";
}

Status wait_for_lease(const PgCluster& cluster, converge::Site& site, converge::StepContext& context) {
    const std::int64_t wanted = render::failover_plan(cluster.rto).ttl;
    return context.wait_for(
        {.fact = fmt::format("the leader's lease of {} lasts {} s", cluster.name, wanted),
         .node = site.node,
         .unit = kPatroniService,
         .logs = patroni_logs(),
         .stall_timeout = patience_of(cluster),
         .interval = std::chrono::milliseconds(500)},
        [&]() -> Result<converge::Look> {
            TRY(const auto results,
                site.node->request({node::RunScript{.text = lease_script(cluster), .may_fail = true, .writes = false}},
                                   context.cancel()));
            const auto ttl = granted_ttl(results.back().out);
            return converge::Look{
                .reached = ttl == wanted,
                .moved = ttl ? fmt::format("it lasts {} s", *ttl) : "no lease seen " + results.back().err};
        });
}

constexpr const char* kSynchronousQuery =
    "SELECT json_build_object('names', current_setting('synchronous_standby_names'), 'states', "
    "(SELECT json_object_agg(application_name, sync_state) FROM pg_stat_replication WHERE state = 'streaming'))";

Result<SynchronousSeen> look_at_synchronous(const PgCluster& cluster, const Members& members, const Cancel& cancel) {
    TRY(const client::PatroniCluster patroni, members.cluster(cancel));
    SynchronousSeen seen;
    for (const client::PatroniMember& member : patroni.members)
        if (member.role == "sync_standby" || member.role == "quorum_standby") seen.by_patroni.insert(member.name);
    TRY(const Reached leader, members.leader_in(patroni));
    TRY(const auto results, leader.node->request({node::RunScript{.text = local_psql(cluster.port) + " -c " +
                                                                          shell_quote(kSynchronousQuery),
                                                                  .writes = false}},
                                                 cancel));
    const json answer = json::parse(results.back().out, nullptr, false);
    if (!answer.is_object() || !answer.value("names", json()).is_string())
        return fail(ErrorCode::unreachable, leader.name + " does not tell who is synchronous: " + results.back().out);
    seen.standby_names = answer.at("names").get<std::string>();
    if (answer.at("states").is_object()) seen.by_leader = answer.at("states").get<std::map<std::string, std::string>>();
    return seen;
}

Status wait_for_synchronous(const PgCluster& cluster, const Members& members, converge::Site& site,
                            converge::StepContext& context) {
    const render::SynchronousMode wanted = synchronous_of(cluster);
    auto waited =
        context.wait_for({.fact = wanted.enabled ? "commits of " + cluster.name + " wait for a synchronous standby"
                                                 : "commits of " + cluster.name + " wait for no standby",
                          .node = site.node,
                          .unit = kPatroniService,
                          .logs = patroni_logs(),
                          .stall_timeout = patience_of(cluster),
                          .interval = std::chrono::milliseconds(500)},
                         [&]() -> Result<converge::Look> {
                             TRY(const SynchronousSeen seen, look_at_synchronous(cluster, members, context.cancel()));
                             std::string problem = synchronous_problem(cluster, seen);
                             const bool reached = problem.empty();
                             return converge::Look{.reached = reached, .moved = std::move(problem)};
                         });
    if (waited) return {};
    return fail(std::move(waited).error().with_hint(
        "a synchronous standby is one that streams and is not offline: `patronictl -c /etc/patroni/patroni.yml list " +
        patroni_scope(cluster) + "` shows who does; then apply again"));
}

bool changes_synchronous(const json& patch) {
    return std::ranges::any_of(patch.items(), [](const auto& item) { return item.key().starts_with("synchronous_"); });
}

}  // namespace

module::platform::RequiredVersions required_versions(const PgCluster& cluster) {
    // Older ones register no replicas of groups.
    if (cluster.citus) return {{module::platform::Component::patroni, {"4.0", "mode = \"citus\""}}};
    const render::SynchronousMode mode = synchronous_of(cluster);
    if (!mode.enabled || !mode.quorum) return {};
    return {{module::platform::Component::patroni, {"4.0", "synchronous.mode = \"quorum\""}}};
}

Status refuse_older_patroni(const PgCluster& cluster, const json& patch, const Members& members, const Cancel& cancel) {
    if (!patch.contains(kMode)) return {};
    for (const auto& [component, required] : required_versions(cluster)) {
        for (const Reached& member : members.all()) {
            TRY(const auto status, members.patroni(member).status(cancel));
            if (module::platform::at_least(status.patroni_version, required.version)) continue;
            return fail(
                Error{.code = ErrorCode::unsupported,
                      .message = fmt::format("expected {} {} or newer ({}), found {}; nothing was changed in the "
                                             "configuration of {}",
                                             to_string(component), required.version, required.reason,
                                             status.patroni_version, cluster.name)}
                    .at_host(member.name)
                    .with_hint("use synchronous.mode = \"on\", or machines with a newer system"));
        }
    }
    return {};
}

std::optional<std::int64_t> granted_ttl(std::string_view printed) {
    constexpr std::string_view kBefore = "granted with TTL(";
    const auto at = printed.find(kBefore);
    if (at == std::string_view::npos) return std::nullopt;
    printed.remove_prefix(at + kBefore.size());
    return number_in(printed.substr(0, printed.find('s')));
}

std::string synchronous_problem(const PgCluster& cluster, const SynchronousSeen& seen) {
    const render::SynchronousMode wanted = synchronous_of(cluster);
    const std::string state = wanted.quorum ? "quorum" : "sync";
    const auto holds = std::ranges::count_if(seen.by_patroni, [&](const std::string& name) {
        const auto found = seen.by_leader.find(name);
        return found != seen.by_leader.end() && found->second == state;
    });
    const std::int64_t needed = wanted.enabled ? std::min(wanted.count, synchronous_candidates(cluster)) : 0;
    const std::string names =
        "synchronous_standby_names is " + (seen.standby_names.empty() ? "empty" : seen.standby_names);
    if (!wanted.enabled) return seen.standby_names.empty() && seen.by_patroni.empty() ? "" : names;
    if (holds >= needed) return {};
    return fmt::format("{} of {} standbys that are {}, {}", holds, needed, state, names);
}

Status wait_for_failover(const PgCluster& cluster, const json& patch, const Members& members, converge::Site& site,
                         converge::StepContext& context) {
    if (patch.contains("ttl")) TRY_VOID(wait_for_lease(cluster, site, context));
    if (changes_synchronous(patch)) TRY_VOID(wait_for_synchronous(cluster, members, site, context));
    return {};
}

Status wait_for_first_failover(const PgCluster& cluster, const Members& members, converge::Site& site,
                               converge::StepContext& context) {
    // Patroni begins with the ttl of `norm`.
    if (cluster.rto != render::kNormalFailover) TRY_VOID(wait_for_lease(cluster, site, context));
    if (synchronous_of(cluster).enabled) TRY_VOID(wait_for_synchronous(cluster, members, site, context));
    return {};
}

}  // namespace pigsty::module::pgsql
