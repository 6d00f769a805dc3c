// A native cluster: what is wrong with it, and the single commands that make it, so that an interrupted making goes on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/module/redis/members.h"

namespace pigsty::module::redis {

// Stands in the drift of a cluster whose members remember an id that is gone.
inline constexpr std::string_view kLostId = "an id is remembered that no member has any more";

// What is wrong, of all members at once; `all_answer`: without one that is silent, a state that is not ok says little.
std::vector<std::string> cluster_drift(const RedisCluster& cluster, const Looks& looks, bool all_answer);
// All slots are served, and all members that answer agree in who leads and who follows.
bool is_agreed(const RedisCluster& cluster, const Looks& looks);
// Makes the cluster, or what is missing of it, and waits until all slots are served and all members agree.
Status form_cluster(const RedisCluster& cluster, converge::StepContext& context);

}  // namespace pigsty::module::redis
