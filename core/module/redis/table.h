// The steps that make a cluster of Redis or Valkey, or keep one.
#pragma once

#include <string>
#include <vector>

#include "core/converge/run.h"
#include "core/converge/step.h"
#include "core/module/redis/condition.h"
#include "core/module/redis/rules.h"
#include "core/module/redis/spec.h"

namespace pigsty::module::redis {

// The claim's kind.
inline constexpr const char* kKind = "redis_cluster";

// Its nodes; what runs on them is places_of().
std::vector<converge::Member> members_of(const RedisCluster& cluster);
// `connect`: null while planning. `repairs`: what an update does beyond items.
converge::Table table_of(const RedisCluster& cluster, const node::Connect& connect, const Repairs& repairs = {});
// Runs before everything in the claims is undone: stops the instances, removes their data.
converge::Table removal_of(const RedisCluster& cluster);

// What other resources are told of it. `id` is the resource's.
Access access_of(const RedisCluster& cluster, const std::string& id);
std::vector<Endpoint> endpoints_of(const RedisCluster& cluster);

}  // namespace pigsty::module::redis
