// The condition of the whole: groups, the native cluster. Seen by the looks of all instances together; told as drift, and
// repaired by the sentences of that drift.
//
//     sentences = condition_drift(cluster, looks, all_answer);
//     const Repairs repairs = repairs_of(cluster, drift);    // plan and apply know of it by the state alone
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/base/cancel.h"
#include "core/module/redis/live.h"
#include "core/module/redis/members.h"

namespace pigsty::module::redis {

std::vector<std::string> condition_drift(const RedisCluster& cluster, const Looks& looks, bool all_answer);
// What of it does not pass by itself: a failover, a link that comes back. So it is looked at again for 20 s, unless it was `said`
// before.
Result<std::vector<std::string>> lasting_drift(const RedisCluster& cluster, const std::function<Result<Looks>()>& look,
                                               bool all_answer, const std::vector<std::string>& said,
                                               const Cancel& cancel);

struct Repairs {
    bool replication = false;
    bool cluster = false;
    bool lost_id = false;  // of a member of the cluster
    bool operator==(const Repairs&) const = default;
};
Repairs repairs_of(const RedisCluster& cluster, const std::vector<std::string>& drift);
// Sentences for last_change.
std::vector<std::string> repairs_forecast(const RedisCluster& cluster, const Repairs& repairs);

}  // namespace pigsty::module::redis
