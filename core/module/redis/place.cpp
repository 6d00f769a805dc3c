#include "core/module/redis/place.h"

#include <algorithm>
#include <map>

#include "core/module/redis/rules.h"

namespace pigsty::module::redis {

std::vector<InstancePlace> places_of(const RedisCluster& cluster, const std::string& number) {
    std::vector<InstancePlace> places;
    const auto node = cluster.nodes.find(number);
    if (node == cluster.nodes.end()) return places;
    for (const auto& [port, instance] : node->second.instances) {
        const std::string name = member_name(cluster.name, number) + "-" + port;
        places.push_back({.name = name,
                          .address = node->second.node.address,
                          .port = port,
                          .instance = &instance,
                          .data = cluster.data_dir + "/" + name});
    }
    return places;
}

std::vector<InstancePlace> all_places(const RedisCluster& cluster) {
    std::vector<InstancePlace> all;
    for (const auto& [number, node] : cluster.nodes)
        for (InstancePlace& place : places_of(cluster, number)) all.push_back(std::move(place));
    return all;
}

std::string password_salt(const RedisCluster& cluster) { return "pigsty redis_cluster " + cluster.name; }

std::string password_salt(const Monitor& monitor) { return "pigsty sentinel_monitor " + monitor.name; }

std::optional<std::int64_t> password_generation(const RedisCluster& cluster) {
    if (cluster.password_wo_version) return version_generation(*cluster.password_wo_version);
    if (!cluster.password) return std::nullopt;
    return pigsty::password_generation(*cluster.password, password_salt(cluster));
}

std::int64_t password_generation(const Monitor& monitor) {
    return monitor.password ? pigsty::password_generation(*monitor.password, password_salt(monitor)) : 0;
}

std::vector<std::vector<InstancePlace>> groups_of(const RedisCluster& cluster) {
    const std::vector<InstancePlace> all = all_places(cluster);
    std::map<std::string, std::string> follows;
    for (const InstancePlace& place : all) {
        const auto primary =
            place.instance->replica_of ? place_of(*place.instance->replica_of, place.address) : std::nullopt;
        if (primary) follows[place.endpoint()] = primary->address + " " + primary->port;
    }
    const auto root_of = [&](std::string endpoint) {
        for (std::size_t steps = 0; steps < all.size() && follows.contains(endpoint); ++steps)
            endpoint = follows.at(endpoint);
        return endpoint;
    };
    std::vector<std::vector<InstancePlace>> groups;
    for (const InstancePlace& place : all)
        if (!follows.contains(place.endpoint())) groups.push_back({place});
    for (const InstancePlace& place : all)
        for (auto& group : groups)
            if (follows.contains(place.endpoint()) && group.front().endpoint() == root_of(place.endpoint()))
                group.push_back(place);
    return groups;
}

}  // namespace pigsty::module::redis
