#include "core/module/redis/overview.h"

#include <algorithm>

#include "core/base/number.h"
#include "core/item/deb_version.h"
#include "core/module/redis/ask.h"
#include "core/module/redis/condition.h"
#include "core/module/redis/monitors.h"

namespace pigsty::module::redis {
namespace {

// What no other look asks for.
node::Probe info_probe(const RedisCluster& cluster, const InstancePlace& place) {
    return {node::ProbeKind::command,
            ask_functions(cluster) + at_instance(cluster, place) +
                "is_up || exit 0\nprintf 'INFO server\\nINFO memory\\nINFO clients\\n' | ask | "
                "tr -d '\\r'\n"};
}

// "redis_version:8.0.2" → "8.0.2"; nothing where there is no such line.
std::optional<std::string> field_in(const std::string& printed, const std::string& name) {
    const std::string text = "\n" + printed;
    const auto begin = text.find("\n" + name + ":");
    if (begin == std::string::npos) return std::nullopt;
    const auto value = begin + name.size() + 2;
    return text.substr(value, text.find('\n', value) - value);
}

std::optional<std::int64_t> figure_in(const std::string& printed, const std::string& name) {
    const auto text = field_in(printed, name);
    return text ? number_in(*text) : std::nullopt;
}

std::string ranges_of(const ClusterNode& node) {
    std::string text;
    for (const auto& [first, last] : node.slots)
        text += (text.empty() ? "" : " ") + std::to_string(first) + (first == last ? "" : "-" + std::to_string(last));
    return text;
}

InstanceOverview instance_overview(const RedisCluster& cluster, const InstancePlace& place, const InstanceLook& look,
                                   const std::string& info) {
    InstanceOverview instance{.address = place.address, .port = number_in(place.port).value_or(0)};
    if (!look.answers) return instance;
    instance.role = cluster.mode == "sentinel" ? "sentinel" : look.role == "slave" ? "replica" : look.role;
    if (look.role == "slave") instance.master = look.primary, instance.linked = look.is_linked;
    instance.healthy = look.role != "slave" || look.is_linked;
    // Valkey names an old version of Redis as well.
    instance.version = field_in(info, "valkey_version");
    if (!instance.version) instance.version = field_in(info, "redis_version");
    instance.memory_used = figure_in(info, "used_memory");
    instance.memory_limit = figure_in(info, "maxmemory");
    instance.clients = figure_in(info, "connected_clients");
    if (const ClusterNode* self = self_in(look.nodes); self != nullptr && self->is_master)
        instance.slots = ranges_of(*self);
    return instance;
}

void add_watched(const WatchedPrimary& watched, std::map<std::string, MonitorOverview>& monitors) {
    const auto blank = watched.endpoint.find(' ');
    MonitorOverview seen{.host = watched.endpoint.substr(0, blank),
                         .port = number_in(watched.endpoint.substr(blank + 1)).value_or(0),
                         .quorum = watched.quorum,
                         .sentinels = 1,
                         .healthy = !watched.is_down,
                         .replicas = {watched.replicas.begin(), watched.replicas.end()}};
    const auto [found, is_new] = monitors.try_emplace(watched.name, seen);
    if (is_new) return;
    MonitorOverview& known = found->second;
    ++known.sentinels;
    known.healthy = known.healthy && seen.healthy && known.host == seen.host && known.port == seen.port;
}

}  // namespace

node::Probes overview_probes(const RedisCluster& cluster, const std::string& number) {
    node::Probes probes;
    for (const InstancePlace& place : places_of(cluster, number)) {
        probes.insert(look_probe(cluster, place));
        probes.insert(info_probe(cluster, place));
        if (cluster.mode == "sentinel") probes.insert(monitors_probe(cluster, place));
    }
    return probes;
}

Overview overview_of(const RedisCluster& cluster, const MemberMap<std::optional<node::Observation>>& seen) {
    Overview overview;
    Looks looks;
    bool all_answer = true;
    for (const auto& [number, node] : cluster.nodes) {
        const auto found = seen.find(number);
        const bool is_reached = found != seen.end() && found->second;
        for (const InstancePlace& place : places_of(cluster, number)) {
            InstanceLook look;
            std::string info;
            if (is_reached) {
                look = read_look(found->second->command(look_probe(cluster, place).key));
                info = found->second->command(info_probe(cluster, place).key);
                if (cluster.mode == "sentinel")
                    for (const WatchedPrimary& one :
                         read_watched(found->second->command(monitors_probe(cluster, place).key)))
                        add_watched(one, overview.monitors);
                looks[place.endpoint()] = look;
            }
            all_answer = all_answer && look.answers;
            overview.instances.emplace(place.name, instance_overview(cluster, place, look, info));
        }
    }
    overview.healthy = all_answer && condition_drift(cluster, looks, true).empty();
    for (const auto& [name, instance] : overview.instances) {
        overview.healthy = overview.healthy && instance.healthy;
        if (instance.version &&
            (!overview.version || item::compare_deb_versions(*instance.version, *overview.version) < 0))
            overview.version = instance.version;
    }
    for (const auto& [name, monitor] : overview.monitors) overview.healthy = overview.healthy && monitor.healthy;
    if (cluster.mode != "cluster") return overview;
    overview.state = "ok";
    overview.slots_served = kSlots;
    bool somebody = false;
    for (const auto& [endpoint, look] : looks) {
        if (!look.answers) continue;
        somebody = true;
        if (look.state != "ok") overview.state = "fail";
        overview.slots_served = std::min(*overview.slots_served, look.slots);
    }
    if (!somebody) overview.state.reset(), overview.slots_served.reset();
    return overview;
}

}  // namespace pigsty::module::redis
