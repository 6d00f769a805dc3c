// What a cluster does when its leader is gone, and what of its transactions then is elsewhere: all that `rto`, `rpo`,
// `synchronous`, `template` and the members decide together. Pure.
//
//     const Failover failover = failover_of(cluster);
//     failover.ttl; failover.synchronous_mode;       // 30, "off"
//     if (synchronous_of(cluster).enabled) …
#pragma once

#include <cstdint>
#include <string>

#include "core/module/pgsql/spec/spec.h"
#include "core/render/patroni.h"

namespace pigsty::module::pgsql {

// The effective values, for people: the computed attribute `failover`.
struct Failover {
    std::int64_t ttl = 0, loop_wait = 0, retry_timeout = 0, primary_start_timeout = 0;  // seconds
    std::int64_t maximum_lag = 0;                                                       // bytes
    std::string synchronous_mode;                                                       // off | on | quorum
    bool synchronous_strict = false;
    std::int64_t synchronous_count = 0;
    std::string haproxy_checks;  // "inter 2s fastinter 1s downinter 2s rise 3 fall 3"
    bool operator==(const Failover&) const = default;
};
Failover failover_of(const PgCluster& cluster);
// Something that they follow from is not known yet: whatever failover_of() says is a guess.
bool has_unknown_failover(const PgCluster& cluster);

// Under crit, or with rpo = 0, synchronous replication is on; under crit it is strict once two members may lead. What
// somebody wrote down wins.
render::SynchronousMode synchronous_of(const PgCluster& cluster);
// Serves nobody who wants the present: never leads, and no commit waits for it.
bool stands_back(const Instance& instance);
// Members that may become the leader.
std::int64_t may_lead(const PgCluster& cluster);
// Members that a commit may wait for while one of them leads: only who streams from the leader, and not those that stand back.
std::int64_t synchronous_candidates(const PgCluster& cluster);

// `default_services`, else Pigsty's; those with `standby` where commits wait for one and nobody else has the name.
Services default_services_of(const PgCluster& cluster);

}  // namespace pigsty::module::pgsql
