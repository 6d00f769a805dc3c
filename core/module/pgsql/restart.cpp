#include "core/module/pgsql/restart.h"

#include <algorithm>

#include "core/base/quote.h"
#include "core/module/pgsql/layout.h"
#include "core/module/platform/platform.h"

namespace pigsty::module::pgsql {
namespace {

// A member that is further behind than this is not a safe place to fail over to while another one restarts.
constexpr std::int64_t kMaxLagBytes = 16LL << 20;

// What pg_controldata calls the settings that a standby takes from its leader's WAL.
std::string_view control_data_name(std::string_view parameter) {
    if (parameter == "max_locks_per_transaction") return "max_locks_per_xact";
    if (parameter == "max_prepared_transactions") return "max_prepared_xacts";
    return parameter;
}

std::string control_data_script(const PgCluster& cluster, const Reached& member) {
    return "LC_ALL=C " +
           shell_quote(platform::platform_at(member.node).bin_dir(cluster.version.value_or(0)) + "/pg_controldata") +
           " " + kDataDir + "\n";
}

// Nothing where they do not name it.
std::optional<std::int64_t> in_control_data(const std::string& text, std::string_view parameter) {
    const std::string label = std::string(control_data_name(parameter)) + " setting:";
    const auto at = text.find(label);
    if (at == std::string::npos) return std::nullopt;
    return std::stoll(text.substr(at + label.size()));
}

// What waits for a restart since an earlier change, as far as it decides who goes first: the settings with which the leader
// runs, where others are wanted now.
Result<std::vector<ParameterChange>> waiting_changes(const PgCluster& cluster, const render::Yaml& wanted,
                                                     const Members& members, const Cancel& cancel) {
    TRY(const Reached leader, members.leader(cancel));
    TRY(const auto results,
        leader.node->request({node::RunScript{.text = control_data_script(cluster, leader), .writes = false}}, cancel));
    std::vector<ParameterChange> waiting;
    for (ParameterChange& change : restart_changes(render::Yaml::object(), wanted)) {
        if (!shrinks_leader_first(change.name)) continue;
        const auto runs_with = in_control_data(results.back().out, change.name);
        if (!runs_with || std::to_string(*runs_with) == change.after) continue;
        change.before = std::to_string(*runs_with);
        waiting.push_back(std::move(change));
    }
    return waiting;
}

class RollingRestart {
  public:
    RollingRestart(const PgCluster& cluster, const Members& members, converge::Site& site,
                   converge::StepContext& context)
        : cluster_(cluster), members_(members), site_(site), context_(context) {}

    Status run(const std::vector<ParameterChange>& changes) {
        const bool leader_first = any_shrinks(changes);
        TRY_VOID(wait_for_pending());
        TRY(const bool any, any_pending());
        if (!any) return {};
        TRY_VOID(check_safe());
        TRY(const Reached leader, members_.leader(context_.cancel()));
        if (leader_first) TRY_VOID(restart(leader));
        for (const Reached& member : members_.all()) {
            if (member.name == leader.name) continue;
            if (leader_first) TRY_VOID(wait_for_control_data(member, changes));
            TRY_VOID(restart(member));
        }
        if (!leader_first) TRY_VOID(restart_old_leader(leader));
        return wait_for_none_pending();
    }

  private:
    Result<bool> is_pending(const Reached& member) {
        TRY(const auto status, members_.patroni(member).status(context_.cancel()));
        return status.pending_restart;
    }

    Result<bool> any_pending() {
        for (const Reached& member : members_.all()) {
            TRY(const bool pending, is_pending(member));
            if (pending) return true;
        }
        return false;
    }

    // It waits for a restart, or has had it: its PostgreSQL started after the configuration was stored.
    Result<bool> knows_or_restarted(const Reached& member) {
        TRY(const bool pending, is_pending(member));
        if (pending || restarted_before_.contains(member.name)) return true;
        // Patroni looks at its configuration every loop_wait: what is not pending after two of them was restarted before.
        if (Cancel::Clock::now() - begun_ < std::chrono::seconds(12)) return false;
        restarted_before_.insert(member.name);
        return true;
    }

    // Patroni compares at its next loop; a restart before that would be one too many.
    Status wait_for_pending() {
        return context_.wait_for({.fact = "the members of " + cluster_.name + " know that they must restart",
                                  .node = site_.node,
                                  .unit = kPatroniService,
                                  .logs = patroni_logs(),
                                  .stall_timeout = std::chrono::seconds(60)},
                                 [this]() -> Result<converge::Look> {
                                     bool all = true;
                                     for (const Reached& member : members_.all()) {
                                         TRY(const bool pending, knows_or_restarted(member));
                                         all = all && pending;
                                     }
                                     return converge::Look{.reached = all};
                                 });
    }

    // A standby starts with the larger of its setting and what its control data say: until the leader's new value has
    // arrived there, a restart changes nothing.
    Status wait_for_control_data(const Reached& member, const std::vector<ParameterChange>& changes) {
        const std::string script = control_data_script(cluster_, member);
        return context_.wait_for(
            {.fact = member.name + " has received the leader's settings",
             .node = member.node,
             .unit = kPatroniService,
             .logs = patroni_logs()},
            [&]() -> Result<converge::Look> {
                TRY(const auto results,
                    member.node->request({node::RunScript{.text = script, .writes = false}}, context_.cancel()));
                const std::string& text = results.back().out;
                const bool arrived = std::ranges::all_of(changes, [&text](const ParameterChange& change) {
                    if (!shrinks_leader_first(change.name) || change.after.empty()) return true;
                    const auto received = in_control_data(text, change.name);
                    return !received || *received == std::stoll(change.after);
                });
                return converge::Look{.reached = arrived, .moved = text};
            });
    }

    Status check_safe() {
        TRY(const auto seen, members_.cluster(context_.cancel()));
        for (const auto& member : seen.members) {
            const bool lags =
                !member.leads() && (!member.serves() || member.lag_bytes.value_or(kMaxLagBytes + 1) > kMaxLagBytes);
            if (!lags) continue;
            return fail(
                Error{.code = ErrorCode::failed,
                      .message = cluster_.name + " cannot restart safely: " + member.name + " is " + member.state +
                                 (member.lag_bytes ? ", " + std::to_string(*member.lag_bytes) + " bytes behind" : "")}
                    .with_hint(
                        "the change is stored and waits for a restart; apply again when the member has caught up"));
        }
        return {};
    }

    Status restart(const Reached& member) {
        TRY(const bool pending, is_pending(member));
        if (!pending) return {};
        const auto begun = Cancel::Clock::now();
        TRY(const auto patroni, members_.patroni_with_login(member, context_.cancel()));
        TRY_VOID(patroni.restart(context_.cancel()));
        TRY_VOID(wait_until_serving(member));
        context_.report(site_, "restart postgresql on " + member.name, begun);
        return {};
    }

    Status wait_until_serving(const Reached& member) {
        return context_.wait_for({.fact = member.name + " serves again",
                                  .node = member.node,
                                  .unit = kPatroniService,
                                  .logs = patroni_logs()},
                                 [&]() -> Result<converge::Look> {
                                     TRY(const auto status, members_.patroni(member).status(context_.cancel()));
                                     return converge::Look{.reached = status.state == "running" &&
                                                                      !status.pending_restart &&
                                                                      (status.leads() || status.is_streaming),
                                                           .moved = status.state};
                                 });
    }

    // A member takes over, so that writes stop for the length of a switchover instead of a restart.
    Status restart_old_leader(const Reached& leader) {
        TRY(const bool pending, is_pending(leader));
        if (!pending) return {};
        TRY(const auto seen, members_.cluster(context_.cancel()));
        const client::PatroniMember* candidate = seen.successor();
        if (candidate == nullptr) return restart(leader);
        TRY(const auto patroni, members_.patroni_with_login(leader, context_.cancel()));
        TRY_VOID(patroni.switchover(leader.name, candidate->name, context_.cancel()));
        TRY_VOID(context_.wait_for(
            {.fact = candidate->name + " leads", .node = leader.node, .unit = kPatroniService, .logs = patroni_logs()},
            [&]() -> Result<converge::Look> {
                TRY(const auto now, members_.cluster(context_.cancel()));
                const auto* leads = now.leader();
                return converge::Look{.reached = leads != nullptr && leads->name == candidate->name};
            }));
        return wait_until_serving_or_restart(leader);
    }

    // The old leader restarts as it becomes a replica, and then has nothing pending any more.
    Status wait_until_serving_or_restart(const Reached& member) {
        TRY_VOID(context_.wait_for({.fact = member.name + " follows the new leader",
                                    .node = member.node,
                                    .unit = kPatroniService,
                                    .logs = patroni_logs()},
                                   [&]() -> Result<converge::Look> {
                                       TRY(const auto status, members_.patroni(member).status(context_.cancel()));
                                       return converge::Look{
                                           .reached = status.state == "running" && status.is_streaming,
                                           .moved = status.state};
                                   }));
        return restart(member);
    }

    Status wait_for_none_pending() {
        return context_.wait_for({.fact = "no member of " + cluster_.name + " waits for a restart",
                                  .node = site_.node,
                                  .unit = kPatroniService,
                                  .logs = patroni_logs()},
                                 [this]() -> Result<converge::Look> {
                                     TRY(const bool any, any_pending());
                                     return converge::Look{.reached = !any};
                                 });
    }

    const PgCluster& cluster_;
    const Members& members_;
    converge::Site& site_;
    converge::StepContext& context_;
    const Cancel::Clock::time_point begun_ = Cancel::Clock::now();
    std::set<std::string> restarted_before_;
};

}  // namespace

Status apply_configuration(const PgCluster& cluster, const ConfigurationChange& change, const Members& members,
                           converge::Site& site, converge::StepContext& context) {
    TRY(const render::Yaml wanted, wanted_configuration(cluster));
    render::Yaml owned = wanted;
    if (change.before != nullptr) {
        TRY(owned, wanted_configuration(*change.before));
    }
    TRY(const auto patroni, members.patroni_with_login({site.member.name, site.node}, context.cancel()));
    TRY(const nlohmann::json live, patroni.config(context.cancel()));
    const nlohmann::json patch = configuration_patch(wanted, live, owned);
    auto changes = restart_changes(owned, wanted);
    TRY(const auto seen, members.cluster(context.cancel()));
    // An apply that was stopped between the patch and the restarts goes on with them.
    const bool restarts =
        cluster.restart == "rolling" && (!changes.empty() || change.may_wait_for_restart ||
                                         std::ranges::any_of(seen.members, &client::PatroniMember::pending_restart));
    if (patch.empty() && !restarts) return {};
    if (restarts && context.sites().size() < cluster.instances.size()) {
        return fail(Error{.code = ErrorCode::unreachable,
                          .message = cluster.name + " cannot restart safely: " +
                                     std::to_string(cluster.instances.size() - context.sites().size()) +
                                     " of its members did not answer; nothing was changed in its configuration"}
                        .with_hint("bring them back and apply again"));
    }
    if (seen.paused) {
        return fail(Error{.code = ErrorCode::conflict,
                          .message = cluster.name + " is paused (maintenance): its configuration is left alone"}
                        .with_hint("resume it with `patronictl resume`, then apply again"));
    }
    TRY_VOID(context.begin_changes());
    if (!patch.empty()) TRY_VOID(patroni.patch_config(patch, context.cancel()));
    context.changed_something(site);
    if (!restarts) return {};
    if (changes.empty()) {
        TRY(changes, waiting_changes(cluster, wanted, members, context.cancel()));
    }
    return RollingRestart(cluster, members, site, context).run(changes);
}

}  // namespace pigsty::module::pgsql
