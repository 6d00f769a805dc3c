// What members of a native cluster say of each other: CLUSTER NODES, and what follows from all of their tables together.
//
//     tables[place.endpoint()] = read_cluster_nodes(answer);
//     const auto lost = lost_ids(cluster, tables);
//
// A member that lost its `nodes.conf` comes back with another id. The others then keep the old one, without an address, and
// never call it failed: a master that is lost so still "serves" its slots, and no replica takes over by itself.
#pragma once

#include <bitset>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/module/redis/place.h"

namespace pigsty::module::redis {

inline constexpr std::int64_t kSlots = 16384;
using Slots = std::bitset<kSlots>;
// "0 5460 9000 9000", as CLUSTER ADDSLOTSRANGE takes it.
std::string slot_ranges(const Slots& slots);

// A line of CLUSTER NODES.
struct ClusterNode {
    std::string id;        // empty in the middle of a handshake: it does not last
    std::string endpoint;  // "10.10.10.12 6379"; empty where another id answers there now
    bool is_self = false, is_master = false, is_failed = false;
    std::string master;  // the id that it follows
    std::int64_t epoch = 0;
    std::vector<std::pair<std::int64_t, std::int64_t>> slots;

    [[nodiscard]] Slots served() const;
};
std::vector<ClusterNode> read_cluster_nodes(std::string_view text);

// What each member that answers says of all, by its endpoint.
using ClusterTables = std::map<std::string, std::vector<ClusterNode>>;

// Itself; null: no table, as of one that is no cluster member.
const ClusterNode* self_in(const std::vector<ClusterNode>& table);
const ClusterNode* self_at(const ClusterTables& tables, const std::string& endpoint);
// Who says of itself that it serves the slot; null: nobody that answers.
const ClusterNode* owner_of(const ClusterTables& tables, std::int64_t slot);
// Whether the member at `endpoint` knows all others by the ids that they have.
bool knows_all(const RedisCluster& cluster, const ClusterTables& tables, const std::string& endpoint);
// Nobody else knows its id.
bool is_new(const ClusterTables& tables, const std::string& endpoint);
// Ids in the tables that no member has any more. One whose member may be silent is none.
std::set<std::string> lost_ids(const RedisCluster& cluster, const ClusterTables& tables);

}  // namespace pigsty::module::redis
