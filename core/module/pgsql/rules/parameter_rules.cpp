// `parameters` of a cluster and of its members: what PostgreSQL, Patroni or we ourselves would not take as it stands.
#include <algorithm>
#include <map>

#include <spdlog/fmt/fmt.h>

#include "core/base/unknown.h"
#include "core/module/pgsql/rules/rule_parts.h"
#include "core/module/pgsql/spec/settings.h"
#include "core/render/patroni.h"
#include "core/render/pg_tune.h"

namespace pigsty::module::pgsql {
namespace {

// Each name once, of those that somebody sets here; what others set is refused.
void check_setting(const std::string& path, const std::string& name, const std::string& value, bool of_member,
                   const Settings& settings, Problems& problems) {
    const std::string key = setting_key(name);
    const auto& shared = render::dcs_only_parameters();
    const auto owner = render::parameter_owner(key);
    if (of_member && std::ranges::find(shared, key) != shared.end()) {
        problems.add(
            path, fmt::format("Patroni keeps {} the same on all members", key),
            key == "max_connections" ? "set max_connections of the cluster" : "set it in parameters of the cluster");
    } else if (owner) {
        problems.add(path, fmt::format("{} is set by {}", key, *owner), "remove it here");
    } else if (!has_unknown(value)) {
        if (auto refused = settings.refusal(name, value))
            problems.add(path, std::move(refused->message), std::move(refused->hint));
    }
}

void check_all(const std::string& path, const Parameters& parameters, bool of_member, const Settings& settings,
               Problems& problems) {
    problems.check_parameters(path, parameters);
    std::map<std::string, std::string> seen;
    for (const auto& [name, value] : parameters) {
        if (has_unknown(name) || !is_setting_name(name)) continue;
        const auto [first, is_new] = seen.emplace(setting_key(name), name);
        if (!is_new)
            problems.add(entry(path, name), fmt::format("{} and {} are one setting", first->second, name),
                         "names of settings know no case: keep one of them");
        else
            check_setting(entry(path, name), name, value, of_member, settings, problems);
    }
}

// PostgreSQL does not start where nothing is left for others.
void check_reserved_connections(const PgCluster& cluster, const Settings& settings, Problems& problems) {
    const auto number = [&](const char* name, double otherwise) {
        const auto found =
            std::ranges::find(cluster.parameters, name, [](const auto& p) { return setting_key(p.first); });
        return found == cluster.parameters.end() ? otherwise : settings.number(name, found->second).value_or(otherwise);
    };
    if (!cluster.max_connections) return;
    // The template's own, whatever the sizing.
    const double of_superusers = number("superuser_reserved_connections", 10);
    const double others = number("reserved_connections", 0);
    if (of_superusers + others < static_cast<double>(*cluster.max_connections)) return;
    problems.add("max_connections",
                 fmt::format("expected more than the {} connections that are reserved, found {}",
                             of_superusers + others, *cluster.max_connections),
                 "superuser_reserved_connections and reserved_connections are taken from it");
}

}  // namespace

void check_settings(const PgCluster& cluster, const Settings& settings, Problems& problems) {
    check_all("parameters", cluster.parameters, false, settings, problems);
    for (const auto& [key, instance] : cluster.instances)
        check_all(entry("instances", key) + ".parameters", instance.parameters, true, settings, problems);
    check_reserved_connections(cluster, settings, problems);
}

std::vector<Problem> parameter_problems(const PgCluster& cluster, const Settings& settings) {
    Problems problems;
    check_settings(cluster, settings, problems);
    return problems.take();
}

}  // namespace pigsty::module::pgsql
