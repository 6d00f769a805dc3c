// Members of a native cluster that came back with another id than the others know: their `nodes.conf` is gone, and maybe
// their data. What they served gets an owner who has the data, before the old ids are forgotten.
//
//     TRY_VOID(let_heirs_serve(cluster, context));
//     …                                                   // meet
//     TRY_VOID(forget_lost_ids(cluster, context));
#pragma once

#include <string>
#include <vector>

#include "core/module/redis/members.h"

namespace pigsty::module::redis {

struct Heir {
    InstancePlace place;
    std::string lost{};  // the id whose replica it is; empty: it is no replica, but has keys of these slots itself
    Slots slots{};       // that it does not say yet that it serves
};
// For all slots that nobody serves any more: a replica takes over; else the one new member that still has keys of them, and
// none of others, gets them back. Error where nobody has the data: only a person may say that it goes on without.
Result<std::vector<Heir>> heirs_of(const RedisCluster& cluster, const Looks& looks);

// For a cluster that held data. Changes nothing where one of the slots has no heir.
Status let_heirs_serve(const RedisCluster& cluster, converge::StepContext& context);
// On all members at once: each takes no such id from another one's gossip for 60 s.
Status forget_lost_ids(const RedisCluster& cluster, converge::StepContext& context);

}  // namespace pigsty::module::redis
