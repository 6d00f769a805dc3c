// What a sentinel watches: a primary by name, with the settings that ours has. Where in its group it has moved to, Sentinel
// knows best: it watches the right group where it knows the address that we were given, as the primary's or a replica's.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/item/item.h"
#include "core/module/redis/place.h"

namespace pigsty::module::redis {

// As SENTINEL MASTERS and SENTINEL REPLICAS tell it.
struct WatchedPrimary {
    std::string name;
    std::string endpoint;  // where it is now
    std::int64_t quorum = 0, down_after = 0, failover_timeout = 0, parallel_syncs = 0;
    std::int64_t password = 0;  // generation of the one that we set last; 0: none
    std::set<std::string> replicas{};
    bool is_down = false;  // as far as this sentinel can tell
};
// `printed`: by the probe.
node::Probe monitors_probe(const RedisCluster& cluster, const InstancePlace& place);
std::vector<WatchedPrimary> read_watched(std::string_view printed);

// Items of the sentinel at `place`.
item::ItemPtr monitors_item(const RedisCluster& cluster, const InstancePlace& place);

// Sentences for last_change: who is watched at another address. `drift`: what an apply repairs.
std::vector<std::string> monitors_forecast(const RedisCluster& prior, const RedisCluster& planned,
                                           const std::vector<std::string>& drift);

}  // namespace pigsty::module::redis
