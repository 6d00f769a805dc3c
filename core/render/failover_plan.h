// FailoverPlan: how quickly a cluster finds that its leader is gone (Pigsty's `pg_rto`, reference 8.4): what Patroni waits for,
// and how HAProxy looks at its servers. Quicker means that shorter pauses of network, disk or etcd count as a lost leader.
//
//     const FailoverPlan& plan = failover_plan("fast");
//     plan.ttl;                     // 20
//     server_checks(plan);          // "inter 1s fastinter 500ms downinter 1s rise 3 fall 3"
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace pigsty::render {

struct FailoverPlan {
    std::string_view name;
    // Of Patroni, in seconds.
    std::int64_t ttl, loop_wait, retry_timeout, primary_start_timeout, safety_margin;
    // Of HAProxy, in its own words.
    std::string_view inter, fastinter, downinter;
    std::int64_t rise, fall;
    // From the leader's death to the first write elsewhere, in seconds: the lease ends, the others notice and one is promoted,
    // HAProxy finds it.
    std::int64_t promise;
};

inline constexpr std::array<FailoverPlan, 4> kFailoverPlans{{
    {"fast", 20, 5, 5, 15, 5, "1s", "500ms", "1s", 3, 3, 30},
    {"norm", 30, 5, 10, 25, 5, "2s", "1s", "2s", 3, 3, 45},
    {"safe", 60, 10, 20, 45, 10, "3s", "1500ms", "3s", 3, 3, 90},
    {"wide", 120, 20, 30, 95, 15, "4s", "2s", "4s", 3, 3, 150},
}};
inline constexpr std::string_view kNormalFailover = "norm";

// A leader whose etcd answers late tries again within its lease: else it would lose the lease to a pause that it bears.
constexpr bool keeps_its_lease(const FailoverPlan& plan) { return plan.loop_wait + 2 * plan.retry_timeout <= plan.ttl; }

// `norm` for a name that there is not: validation has refused those.
const FailoverPlan& failover_plan(std::string_view name);
std::string server_checks(const FailoverPlan& plan);
// HAProxy's `default-server` where nobody says otherwise.
std::string default_server(const FailoverPlan& plan);

}  // namespace pigsty::render
