// A native cluster at its creation: who gets which slots, and who follows whom. Later both are facts.
//
//     for (const Shard& shard : layout_of(cluster)) …        // masters on all nodes in turn, replicas beside other masters
#pragma once

#include <cstdint>
#include <vector>

#include "core/module/redis/cluster_nodes.h"
#include "core/module/redis/place.h"

namespace pigsty::module::redis {

struct Shard {
    std::int64_t first = 0, last = 0;  // slots
    InstancePlace master;              // at the creation; later who leads is a fact
    std::vector<InstancePlace> replicas;

    [[nodiscard]] Slots served() const;
};
std::vector<Shard> layout_of(const RedisCluster& cluster);

}  // namespace pigsty::module::redis
