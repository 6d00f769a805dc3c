// Secrets of a cluster's members: those of our own users are made here, of the clients' password they keep the hash alone.
#pragma once

#include "core/converge/step.h"
#include "core/module/redis/spec.h"
#include "core/node/probe.h"

namespace pigsty::module::redis {

// What a member holds of them, without showing one. With the other looks of the member it costs no request of its own.
node::Probe secrets_probe(const RedisCluster& cluster);

// Looks first; writes where something is missing, or where the clients' password is another one now.
Status ensure_secrets(const RedisCluster& cluster, converge::StepContext& context);

}  // namespace pigsty::module::redis
