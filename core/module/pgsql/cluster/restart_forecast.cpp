#include "core/module/pgsql/cluster/restart_forecast.h"

#include <algorithm>
#include <iterator>

#include <nlohmann/json.hpp>

#include "core/item/path_state.h"
#include "core/module/pgsql/cluster/dcs.h"
#include "core/module/pgsql/spec/failover.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/module/pgsql/spec/reach.h"

namespace pigsty::module::pgsql {
namespace {

// "max_connections 500 → 300"
std::string shown(const ParameterChange& change) {
    const auto value = [](const std::string& text) { return text.empty() ? "default" : text; };
    return change.name + " " + value(change.before) + " → " + value(change.after);
}

struct Restarts {
    bool any_reload = false;                 // some parameter in the dynamic configuration changes
    std::vector<ParameterChange> for_all{};  // of the dynamic configuration
    std::vector<std::string> members{};      // all, or whose own parameters change
    std::vector<std::string> of_members{};   // "pg-test-3 shared_buffers 4GB → 8GB"
};

// `for_all` counts what waits where `with_all` says so; else only what this change adds to it.
Restarts restarts_for(const PgCluster& before, const PgCluster& after, const Waiting& waiting, const Settings& settings,
                      bool with_all) {
    Restarts restarts;
    const auto old_configuration = wanted_configuration(before);
    const auto new_configuration = wanted_configuration(after);
    // Not decided yet: there are no servers to restart.
    if (!old_configuration || !new_configuration) return restarts;
    const auto fresh = restart_changes(*old_configuration, *new_configuration, settings);
    for (ParameterChange& change : with_waiting(fresh, waiting.runs_with, *new_configuration, settings)) {
        if (with_all || std::ranges::find(fresh, change.name, &ParameterChange::name) != fresh.end())
            restarts.for_all.push_back(std::move(change));
    }
    restarts.any_reload = configuration_patch(*new_configuration, nlohmann::json::parse(old_configuration->dump()),
                                              *old_configuration, settings)
                              .contains("postgresql");
    for (const auto& [number, instance] : after.instances) {
        const std::string name = member_name(after, number);
        const auto old_instance = before.instances.find(number);
        const auto changes =
            old_instance == before.instances.end()
                ? std::vector<ParameterChange>()
                : restart_changes(member_settings(before, number), member_settings(after, number), settings);
        for (const ParameterChange& change : changes) restarts.of_members.push_back(name + " " + shown(change));
        if (!restarts.for_all.empty() || !changes.empty()) restarts.members.push_back(name);
    }
    return restarts;
}

}  // namespace

std::vector<std::string> failover_forecast(const PgCluster& before, const PgCluster& after) {
    const auto old_configuration = wanted_configuration(before);
    const auto new_configuration = wanted_configuration(after);
    if (!old_configuration || !new_configuration) return {};
    std::vector<std::string> what;
    for (const ParameterChange& change : patroni_changes(*old_configuration, *new_configuration))
        what.push_back(shown(change));
    if (what.empty()) return {};
    std::string sentence = "patroni of " + after.name + ", no restart: " + item::join(what);
    const bool waits_now = synchronous_of(after).enabled && !synchronous_of(before).enabled;
    if (waits_now) sentence += "; from then on commits wait for a standby";
    return {std::move(sentence)};
}

std::vector<std::string> members_to_restart(const PgCluster& before, const PgCluster& after, const Waiting& waiting,
                                            const Settings& settings) {
    return restarts_for(before, after, waiting, settings, false).members;
}

RunsWith waiting_after(const PgCluster& before, const PgCluster& after, const Waiting& waiting,
                       const Settings& settings) {
    RunsWith runs_with;
    const Restarts restarts = restarts_for(before, after, waiting, settings, true);
    for (const ParameterChange& change : restarts.for_all)
        if (!change.before.empty()) runs_with[change.name] = change.before;
    return runs_with;
}

std::vector<std::string> restart_forecast(const PgCluster& before, const PgCluster& after, const Waiting& waiting,
                                          const Settings& settings) {
    const bool rolling = after.restart == "rolling";
    const Restarts restarts = restarts_for(before, after, waiting, settings, rolling);
    std::vector<std::string> sentences;
    if (restarts.for_all.empty() && restarts.any_reload) {
        std::vector<std::string> everybody;
        for (const auto& [number, instance] : after.instances) everybody.push_back(member_name(after, number));
        sentences.push_back("reload postgresql on " + item::join(everybody) + ": dynamic configuration");
    }
    // Of one member alone, or of somebody's hand: what it waits for is not in the configuration.
    std::vector<std::string> others;
    if (rolling && waiting.runs_with.empty())
        std::ranges::copy_if(waiting.members, std::back_inserter(others), [&](const std::string& name) {
            return std::ranges::find(restarts.members, name) == restarts.members.end();
        });
    if (!others.empty())
        sentences.push_back("restart postgresql on " + item::join(others) + ": waits for it since an earlier change");
    if (restarts.members.empty()) return sentences;
    std::vector<std::string> what;
    for (const ParameterChange& change : restarts.for_all) what.push_back(shown(change));
    what.insert(what.end(), restarts.of_members.begin(), restarts.of_members.end());
    if (!rolling) {
        sentences.push_back("reload postgresql on " + item::join(restarts.members) +
                            ", waits for a restart (restart = \"manual\"): " + item::join(what));
    } else {
        sentences.push_back("restart postgresql on " + item::join(restarts.members) + ": " + item::join(what) +
                            (any_shrinks(restarts.for_all, settings) ? ", leader first, write gap about 5 s"
                                                                     : ", one at a time, write gap about 2 s"));
    }
    return sentences;
}

}  // namespace pigsty::module::pgsql
