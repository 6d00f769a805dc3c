// Secrets of a cluster's members: those of our own users are made here, of the clients' password they keep the hash alone.
#pragma once

#include "core/converge/step.h"
#include "core/module/redis/spec.h"

namespace pigsty::module::redis {

// Looks first; writes where something is missing, or where the clients' password is another one now.
Status ensure_secrets(const RedisCluster& cluster, converge::StepContext& context);

}  // namespace pigsty::module::redis
