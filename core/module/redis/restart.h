// Restarts for what a running server does not take: replicas first, then the masters, one after the other.
#pragma once

#include <string>
#include <vector>

#include "core/converge/step.h"
#include "core/module/redis/spec.h"

namespace pigsty::module::redis {

// Sentences for last_change: what of a change a running server does not take, and what happens to it.
std::vector<std::string> restart_forecast(const RedisCluster& prior, const RedisCluster& planned);
Status restart_what_waits(const RedisCluster& cluster, converge::StepContext& context);

}  // namespace pigsty::module::redis
