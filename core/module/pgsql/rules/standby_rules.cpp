// `delay` and `upstream` of instances: who applies late, and who streams from whom.
#include <set>

#include <spdlog/fmt/fmt.h>

#include "core/base/unknown.h"
#include "core/module/pgsql/rules/rule_parts.h"
#include "core/module/pgsql/spec/settings.h"

namespace pigsty::module::pgsql {
namespace {

void check_delay(const std::string& path, const Instance& instance, const Settings& settings, Problems& problems) {
    if (has_unknown(instance.role) || (instance.delay && has_unknown(*instance.delay))) return;
    const bool is_delayed = instance.role == "delayed";
    if (!instance.delay) {
        if (is_delayed)
            problems.add(path, "expected how long it lags behind, found nothing", "for example delay = \"1h\"");
        return;
    }
    if (!is_delayed) {
        problems.add(path,
                     fmt::format("expected none where role = \"{}\": who may lead or serves the present does not lag "
                                 "behind on purpose",
                                 instance.role),
                     "set role = \"delayed\", or leave delay out");
        return;
    }
    check_apply_delay(path, *instance.delay, settings, "for example 1h; who does not lag behind is a replica",
                      problems);
}

// Whom one meets from that member on, going up; it ends with the first that one meets again.
bool is_ring(const PgCluster& cluster, const std::string& begin) {
    std::set<std::string> met;
    std::string at = begin;
    while (met.insert(at).second) {
        const auto found = cluster.instances.find(at);
        if (found == cluster.instances.end() || !found->second.upstream) return false;
        at = *found->second.upstream;
    }
    return at == begin;
}

void check_upstream(const PgCluster& cluster, const std::string& key, const std::string& path, Problems& problems) {
    const std::optional<std::string>& upstream = cluster.instances.at(key).upstream;
    if (!upstream || has_unknown(*upstream)) return;
    const std::string hint = "leave upstream out: it then streams from the leader, whoever that is";
    if (*upstream == key)
        problems.add(path, "a member cannot stream from itself", hint);
    else if (!cluster.instances.contains(*upstream))
        problems.add(path, fmt::format("expected the number of another member, found \"{}\"", *upstream), hint);
    else if (is_ring(cluster, key))
        problems.add(path,
                     fmt::format("a ring: {} streams from {} by way of {}", member_name(cluster, key),
                                 member_name(cluster, key), member_name(cluster, *upstream)),
                     hint);
}

}  // namespace

void check_apply_delay(const std::string& path, const std::string& delay, const Settings& settings,
                       const std::string& instead_of_none, Problems& problems) {
    if (auto refused = settings.refusal("recovery_min_apply_delay", delay))
        problems.add(path, std::move(refused->message), "for example 1h, 30min or 90s");
    else if (settings.number("recovery_min_apply_delay", delay) == 0)
        problems.add(path, fmt::format("expected a time, found \"{}\"", delay), instead_of_none);
}

void check_standbys(const PgCluster& cluster, const Settings& settings, Problems& problems) {
    for (const auto& [key, instance] : cluster.instances) {
        const std::string path = entry("instances", key);
        check_delay(path + ".delay", instance, settings, problems);
        check_upstream(cluster, key, path + ".upstream", problems);
    }
}

}  // namespace pigsty::module::pgsql
