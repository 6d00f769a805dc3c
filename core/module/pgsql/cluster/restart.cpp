#include "core/module/pgsql/cluster/restart.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "core/base/quote.h"
#include "core/base/text.h"
#include "core/item/path_state.h"
#include "core/module/pgsql/cluster/failover_gates.h"
#include "core/module/pgsql/cluster/live_settings.h"
#include "core/module/pgsql/cluster/setting_trial.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/module/pgsql/spec/reach.h"
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
    const auto digit = text.find_first_not_of(' ', at + label.size());
    std::int64_t value = 0;
    if (digit == std::string::npos ||
        std::from_chars(text.data() + digit, text.data() + text.size(), value).ec != std::errc{})
        return std::nullopt;
    return value;
}

// With what the leader runs, of the settings that decide who goes first: some of it may wait since an earlier change.
Result<std::map<std::string, std::int64_t>> leader_runs_with(const PgCluster& cluster, const Members& members,
                                                             const Cancel& cancel) {
    TRY(const Reached leader, members.leader(cancel));
    TRY(const auto results,
        leader.node->request({node::RunScript{.text = control_data_script(cluster, leader), .writes = false}}, cancel));
    std::map<std::string, std::int64_t> runs_with;
    for (const std::string_view name : shrink_leader_first())
        if (const auto value = in_control_data(results.back().out, name)) runs_with.emplace(name, *value);
    return runs_with;
}

// What the member's own server says.
Result<SeenSettings> settings_of(const PgCluster& cluster, const Reached& member, const Given& given,
                                 const Settings& settings, const Cancel& cancel) {
    TRY(const auto results, member.node->request({ask_settings(cluster.port)}, cancel));
    if (results.back().status != 0)
        return fail(
            Error{.code = ErrorCode::unreachable, .message = member.name + ": PostgreSQL does not answer"}.with_output(
                results.back().err));
    return seen_settings(results.back().out, given, settings);
}

class RollingRestart {
  public:
    RollingRestart(const PgCluster& cluster, const Settings& settings, const Members& members, converge::Site& site,
                   converge::StepContext& context)
        : cluster_(cluster), settings_(settings), members_(members), site_(site), context_(context) {}

    // Every member has the settings and knows whether it must restart (wait_until_given).
    Status run(const std::vector<ParameterChange>& changes) {
        const bool leader_first = any_shrinks(changes, settings_);
        TRY(const bool any, any_pending());
        if (!any) return {};
        TRY_VOID(check_safe());
        TRY(const Reached leader, members_.leader(context_.cancel()));
        if (leader_first) TRY_VOID(restart(leader));
        for (const Reached& member : members_.all()) {
            if (member.name == leader.name) continue;
            TRY_VOID(wait_for_control_data(member));
            TRY_VOID(restart(member));
        }
        if (!leader_first) TRY_VOID(restart_old_leader(leader));
        return wait_for_none_pending();
    }

  private:
    // PostgreSQL knows of what its files say; Patroni, which tells the others a second later, of what its command line says.
    Result<bool> is_pending(const Reached& member) {
        TRY(const auto seen, settings_of(cluster_, member, {}, settings_, context_.cancel()));
        if (!seen.waiting.empty()) return true;
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

    // A standby starts with the larger of its setting and what its control data say: until the value of a leader that runs
    // with less has arrived there, a restart changes nothing.
    Status wait_for_control_data(const Reached& member) {
        TRY(const auto leader, leader_runs_with(cluster_, members_, context_.cancel()));
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
                const bool arrived = std::ranges::all_of(leader, [&](const auto& entry) {
                    const auto received = in_control_data(text, entry.first);
                    return !received || *received <= entry.second;
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
        // Patroni has room for one switchover: ours would take the place of the one that somebody has scheduled.
        if (!seen.scheduled_switchover.empty()) {
            context_.warn(leader.name + " was restarted in place: the switchover scheduled for " +
                          seen.scheduled_switchover + " is kept");
            return restart(leader);
        }
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
    const Settings& settings_;
    const Members& members_;
    converge::Site& site_;
    converge::StepContext& context_;
};

// Members whose server runs: of the others Patroni itself makes what they are given, once it starts them.
std::vector<Reached> serving(const Members& members, const client::PatroniCluster& seen) {
    std::vector<Reached> all;
    for (const Reached& member : members.all()) {
        const client::PatroniMember* known = seen.member(member.name);
        if (known != nullptr && known->serves()) all.push_back(member);
    }
    return all;
}

// Patroni looks at its configuration once in a loop (loop_wait), and writes it to PostgreSQL's file.
Status wait_until_given(const PgCluster& cluster, const Settings& settings, const Reached& member, const Given& given,
                        converge::StepContext& context) {
    return context.wait_for({.fact = "PostgreSQL of " + member.name + " has its settings",
                             .node = member.node,
                             .unit = kPatroniService,
                             .stall_timeout = std::chrono::seconds(60)},
                            [&]() -> Result<converge::Look> {
                                TRY(const SeenSettings seen,
                                    settings_of(cluster, member, given, settings, context.cancel()));
                                return converge::Look{.reached = seen.wrong.empty(), .moved = item::join(seen.wrong)};
                            });
}

// What each member's server must show after a patch: all that is wanted, and of what is on the command line what changes.
Status wait_until_all_given(const PgCluster& cluster, const Settings& settings, const nlohmann::json& patch,
                            const std::vector<Reached>& members, converge::StepContext& context) {
    for (const auto& [number, instance] : cluster.instances) {
        const auto member = std::ranges::find(members, member_name(cluster, number), &Reached::name);
        if (member == members.end()) continue;
        TRY(Given given, given_settings(cluster, number));
        add_patch(given, patch);
        TRY_VOID(wait_until_given(cluster, settings, *member, given, context));
    }
    return {};
}

// Addresses reach a server on its command line alone: it runs with them, or Patroni knows by now that it must restart.
Status wait_until_addresses_are_known(const PgCluster& cluster, const PgCluster* before, const Members& members,
                                      const std::vector<Reached>& serving, converge::StepContext& context) {
    for (const auto& [number, instance] : cluster.instances) {
        const std::string wanted = listen_addresses(cluster, number);
        if (before == nullptr || listen_addresses(*before, number) == wanted) continue;
        const auto member = std::ranges::find(serving, member_name(cluster, number), &Reached::name);
        if (member == serving.end()) continue;
        const std::string ask = local_psql(cluster.port) + " -c 'SHOW listen_addresses'\n";
        TRY_VOID(context.wait_for(
            {.fact = "Patroni of " + member->name + " knows that PostgreSQL shall listen on " + wanted,
             .node = member->node,
             .unit = kPatroniService,
             .logs = patroni_logs(),
             .stall_timeout = std::chrono::seconds(60)},
            [&]() -> Result<converge::Look> {
                TRY(const auto results,
                    member->node->request({node::RunScript{.text = ask, .writes = false}}, context.cancel()));
                if (trimmed(results.back().out) == wanted) return converge::Look{.reached = true};
                TRY(const auto status, members.patroni(*member).status(context.cancel()));
                return converge::Look{.reached = status.pending_restart, .moved = results.back().out};
            }));
    }
    return {};
}

// A change may meet what waits since an earlier one: only what the leader runs with tells who goes first.
Result<std::vector<ParameterChange>> all_changes(const PgCluster& cluster, std::vector<ParameterChange> changes,
                                                 const render::Yaml& wanted, const Settings& settings,
                                                 const Members& members, const Cancel& cancel) {
    TRY(const auto leader, leader_runs_with(cluster, members, cancel));
    RunsWith runs_with;
    for (const auto& [name, value] : leader) runs_with[name] = std::to_string(value);
    return with_waiting(std::move(changes), runs_with, wanted, settings);
}

}  // namespace

Status apply_configuration(const PgCluster& cluster, const ConfigurationChange& change, const Members& members,
                           converge::Site& site, converge::StepContext& context) {
    TRY(const render::Yaml wanted, wanted_configuration(cluster));
    render::Yaml owned = wanted;
    if (change.before != nullptr) {
        TRY(owned, wanted_configuration(*change.before));
    }
    const Settings settings(cluster.version, change.extension_settings);
    TRY(const auto patroni, members.patroni_with_login({site.member.name, site.node}, context.cancel()));
    TRY(const nlohmann::json live, patroni.config(context.cancel()));
    const nlohmann::json patch = configuration_patch(wanted, live, owned, settings);
    auto changes = restart_changes(owned, wanted, settings);
    TRY(const auto seen, members.cluster(context.cancel()));
    // An apply that was stopped between the patch and the restarts goes on with them.
    const bool restarts =
        cluster.restart == "rolling" && (!changes.empty() || change.may_wait_for_restart ||
                                         std::ranges::any_of(seen.members, &client::PatroniMember::pending_restart));
    if (patch.empty() && !restarts) {
        return change.of_members ? wait_until_all_given(cluster, settings, patch, serving(members, seen), context)
                                 : Status();
    }
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
    TRY_VOID(refuse_older_patroni(cluster, patch, members, context.cancel()));
    TRY_VOID(context.begin_changes());
    if (!patch.empty()) TRY_VOID(patroni.patch_config(patch, context.cancel()));
    context.changed_something(site);
    TRY_VOID(wait_until_all_given(cluster, settings, patch, serving(members, seen), context));
    TRY_VOID(wait_for_failover(cluster, patch, members, site, context));
    if (!restarts) return {};
    TRY_VOID(wait_until_addresses_are_known(cluster, change.before, members, serving(members, seen), context));
    TRY(changes, all_changes(cluster, std::move(changes), wanted, settings, members, context.cancel()));
    return RollingRestart(cluster, settings, members, site, context).run(changes);
}

Status settle_configuration(const PgCluster& cluster, const nlohmann::json& corrected, const Members& members,
                            converge::Site& site, converge::StepContext& context) {
    TRY_VOID(wait_for_first_failover(cluster, members, site, context));
    TRY(const auto seen, members.cluster(context.cancel()));
    const bool waits = std::ranges::any_of(seen.members, &client::PatroniMember::pending_restart);
    // Templates are known to arrive.
    if (corrected.empty() && !waits && !has_own_settings(cluster)) return {};
    const Settings settings(cluster.version);
    TRY_VOID(wait_until_all_given(cluster, settings, corrected, members.all(), context));
    if (corrected.empty() && !waits) return {};
    TRY(const render::Yaml wanted, wanted_configuration(cluster));
    TRY(const auto changes, all_changes(cluster, {}, wanted, settings, members, context.cancel()));
    return RollingRestart(cluster, settings, members, site, context).run(changes);
}

}  // namespace pigsty::module::pgsql
