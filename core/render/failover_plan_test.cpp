#include "core/render/failover_plan.h"

#include <gmock/gmock.h>

namespace pigsty::render {
namespace {

TEST(FailoverPlan, says_what_haproxy_checks) {
    EXPECT_EQ(server_checks(failover_plan("fast")), "inter 1s fastinter 500ms downinter 1s rise 3 fall 3");
    EXPECT_EQ(default_server(failover_plan("norm")),
              "inter 2s fastinter 1s downinter 2s rise 3 fall 3 on-marked-down shutdown-sessions slowstart 30s "
              "maxconn 3000 maxqueue 128 weight 100");
    EXPECT_EQ(&failover_plan("no such"), &failover_plan("norm"));
}

TEST(FailoverPlan, promises_no_more_than_it_takes) {
    for (const FailoverPlan& plan : kFailoverPlans) {
        EXPECT_TRUE(keeps_its_lease(plan)) << plan.name;
        EXPECT_GE(plan.promise, plan.ttl + plan.loop_wait) << plan.name;
        EXPECT_LT(plan.safety_margin, plan.ttl) << plan.name << ": a watchdog that ends before the lease";
    }
    FailoverPlan too_patient = failover_plan("fast");
    too_patient.retry_timeout = 8;
    EXPECT_FALSE(keeps_its_lease(too_patient));
}

}  // namespace
}  // namespace pigsty::render
