// Groups of standalone instances: one leads, the others follow it, whichever that is.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/module/redis/members.h"

namespace pigsty::module::redis {

// Stands in the drift of one that follows a stranger.
inline constexpr std::string_view kOfNoGroup = "which is not of its group";

// What is wrong, in sentences that name nobody who leads now.
std::vector<std::string> replication_drift(const RedisCluster& cluster, const Looks& looks);
// Who the others are to follow: the one that most of a group follow, then the one that was written last, then the wish.
std::optional<std::string> leader_of(const std::vector<InstancePlace>& group, const Looks& looks);
// Of its members that answer exactly one leads, and the others are linked to one of the group.
bool follows_one(const std::vector<InstancePlace>& group, const Looks& looks);
// Makes each group follow its leader, and waits until all are linked.
Status replicate(const RedisCluster& cluster, converge::StepContext& context);

}  // namespace pigsty::module::redis
