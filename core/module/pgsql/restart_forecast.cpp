#include "core/module/pgsql/restart_forecast.h"

#include <nlohmann/json.hpp>

#include "core/item/path_state.h"
#include "core/module/pgsql/dcs.h"
#include "core/module/pgsql/layout.h"

namespace pigsty::module::pgsql {
namespace {

// "max_connections 500 → 300"
std::string shown(const ParameterChange& change) {
    const auto value = [](const std::string& text) { return text.empty() ? "default" : text; };
    return change.name + " " + value(change.before) + " → " + value(change.after);
}

struct Restarts {
    bool any_reload = false;                 // something in the dynamic configuration changes
    std::vector<ParameterChange> for_all{};  // of the dynamic configuration
    std::vector<std::string> members{};      // all, or whose own parameters change
    std::vector<std::string> of_members{};   // "pg-test-3 shared_buffers 4GB → 8GB"
};

Restarts restarts_for(const PgCluster& before, const PgCluster& after) {
    Restarts restarts;
    const auto old_configuration = wanted_configuration(before);
    const auto new_configuration = wanted_configuration(after);
    // Not decided yet: there are no servers to restart.
    if (!old_configuration || !new_configuration) return restarts;
    restarts.for_all = restart_changes(*old_configuration, *new_configuration);
    restarts.any_reload =
        !configuration_patch(*new_configuration, nlohmann::json::parse(old_configuration->dump()), *old_configuration)
             .empty();
    for (const auto& [number, instance] : after.instances) {
        const std::string name = member_name(after, number);
        const auto old_instance = before.instances.find(number);
        const auto changes = old_instance == before.instances.end()
                                 ? std::vector<ParameterChange>()
                                 : restart_changes(old_instance->second.parameters, instance.parameters);
        for (const ParameterChange& change : changes) restarts.of_members.push_back(name + " " + shown(change));
        if (!restarts.for_all.empty() || !changes.empty()) restarts.members.push_back(name);
    }
    return restarts;
}

}  // namespace

std::vector<std::string> members_to_restart(const PgCluster& before, const PgCluster& after) {
    return restarts_for(before, after).members;
}

std::vector<std::string> restart_forecast(const PgCluster& before, const PgCluster& after, const std::string& waiting) {
    const Restarts restarts = restarts_for(before, after);
    const bool rolling = after.restart == "rolling";
    std::vector<std::string> sentences;
    if (restarts.for_all.empty() && restarts.any_reload) {
        std::vector<std::string> everybody;
        for (const auto& [number, instance] : after.instances) everybody.push_back(member_name(after, number));
        sentences.push_back("reload postgresql on " + item::join(everybody) + ": dynamic configuration");
    }
    if (restarts.members.empty()) {
        if (!waiting.empty() && rolling)
            sentences.push_back("restart postgresql on " + waiting + ": waits for it since an earlier change");
        return sentences;
    }
    std::vector<std::string> what;
    for (const ParameterChange& change : restarts.for_all) what.push_back(shown(change));
    what.insert(what.end(), restarts.of_members.begin(), restarts.of_members.end());
    if (!rolling) {
        sentences.push_back("reload postgresql on " + item::join(restarts.members) +
                            ", waits for a restart (restart = \"manual\"): " + item::join(what));
    } else {
        sentences.push_back("restart postgresql on " + item::join(restarts.members) + ": " + item::join(what) +
                            (any_shrinks(restarts.for_all) ? ", leader first, write gap about 5 s"
                                                           : ", one at a time, write gap about 2 s"));
    }
    return sentences;
}

}  // namespace pigsty::module::pgsql
