// What acts do with the instances of a cluster: look at all of them, tell one of them something.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/converge/step.h"
#include "core/module/redis/live.h"
#include "core/module/redis/place.h"

namespace pigsty::module::redis {

// By endpoint; instances of nodes that do not answer are missing.
using Looks = std::map<std::string, InstanceLook>;
ClusterTables tables_of(const Looks& looks);
Result<Looks> look_at_all(const RedisCluster& cluster, converge::StepContext& context);

// Null: it does not answer.
const InstanceLook* look_of(const Looks& looks, const std::string& endpoint);
// Cut off from a primary that answers: one that is off is an outage, and no drift.
bool is_cut_off_from_living(const Looks& looks, const std::string& endpoint);

// Commands, in this order, each of which must be answered with OK. No secret is in them.
Status tell(const RedisCluster& cluster, const InstancePlace& place, const std::vector<std::string>& commands,
            converge::StepContext& context);

// Lets those that are cut off log in to their primary with the secret of theirs, whatever somebody set meanwhile.
Status log_in_again(const RedisCluster& cluster, const Looks& looks, converge::StepContext& context);
// Where a wait for replicas finds the cause: the journal of the first that is cut off.
converge::Gate gate_of(const RedisCluster& cluster, const Looks& looks, std::string fact,
                       const converge::StepContext& context);

}  // namespace pigsty::module::redis
