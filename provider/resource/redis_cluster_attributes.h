// What a user writes of a pigsty_redis_cluster.
#pragma once

#include "core/module/redis/spec.h"
#include "provider/framework/attributes.h"

namespace pigsty::provider {

framework::Attributes<module::redis::RedisCluster> redis_cluster_attributes();

}  // namespace pigsty::provider
