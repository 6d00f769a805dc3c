// What runs of an instance, compared with what was set: settings as the server itself reads them back, users by their hashes.
//
//     items.push_back(live_item(cluster, place));       // "redis-ms-1-6379 running: maxmemory and user default differ"
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/item/item.h"
#include "core/module/redis/cluster_nodes.h"
#include "core/module/redis/place.h"

namespace pigsty::module::redis {

// What a look at an instance found. Roles are facts; only the condition of the whole says what is wrong with them.
struct InstanceLook {
    bool answers = false;
    std::vector<std::string> differs{};  // "setting maxmemory", "user default"
    std::string role{};                  // "master", "slave", "sentinel"
    std::string primary{};               // "10.10.10.10 6379" of a replica
    bool is_linked = false;
    bool is_copying = false;    // a whole copy of its primary is under way
    std::int64_t copied = 0;    // bytes of it
    std::int64_t replicas = 0;  // connected
    std::int64_t offset = 0;
    // Cluster mode.
    std::string state{};  // "ok" | "fail"
    std::int64_t slots = 0;
    std::int64_t epoch = 0;  // the largest that it heard of
    std::vector<ClusterNode> nodes{};
};

// Follows somebody, and neither has a link nor copies: what passes by itself within seconds, or never.
bool is_cut_off(const InstanceLook& look);

node::Probe look_probe(const RedisCluster& cluster, const InstancePlace& place);
InstanceLook read_look(std::string_view printed);
item::ItemPtr live_item(const RedisCluster& cluster, const InstancePlace& place);

}  // namespace pigsty::module::redis
