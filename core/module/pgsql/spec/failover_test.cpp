#include "core/module/pgsql/spec/failover.h"

#include <gmock/gmock.h>

#include "core/base/unknown.h"
#include "core/module/pgsql/spec/constraints.h"
#include "core/render/failover_plan.h"

namespace pigsty::module::pgsql {
namespace {

PgCluster with_members(std::string template_name, int replicas, int offline = 0) {
    PgCluster cluster;
    cluster.name = "pg-test";
    cluster.template_name = std::move(template_name);
    cluster.instances["1"] = {.node = {.address = "10.10.10.11"}, .role = "primary"};
    for (int i = 0; i < replicas; ++i)
        cluster.instances[std::to_string(2 + i)] = {.node = {.address = "10.10.10.2" + std::to_string(i)}};
    for (int i = 0; i < offline; ++i)
        cluster.instances[std::to_string(20 + i)] = {.node = {.address = "10.10.10.4" + std::to_string(i)},
                                                     .role = "offline"};
    return cluster;
}

std::string mode(const PgCluster& cluster) {
    const Failover failover = failover_of(cluster);
    return failover.synchronous_mode + (failover.synchronous_strict ? " strict " : " ") +
           std::to_string(failover.synchronous_count);
}

TEST(Failover, is_that_of_norm_where_nothing_is_said) {
    EXPECT_EQ(failover_of(with_members("oltp", 2)),
              (Failover{.ttl = 30,
                        .loop_wait = 5,
                        .retry_timeout = 10,
                        .primary_start_timeout = 25,
                        .maximum_lag = 1048576,
                        .synchronous_mode = "off",
                        .haproxy_checks = "inter 2s fastinter 1s downinter 2s rise 3 fall 3"}));
}

TEST(Failover, has_the_plans_that_may_be_written) {
    for (const std::string_view name : kRtos) EXPECT_EQ(render::failover_plan(name).name, name);
    EXPECT_EQ(kRtos.size(), render::kFailoverPlans.size());
}

TEST(Failover, crit_is_synchronous_and_strict_once_two_members_may_lead) {
    EXPECT_EQ(mode(with_members("crit", 1)), "on strict 1");
    EXPECT_EQ(mode(with_members("crit", 0)), "on 1");
    EXPECT_EQ(mode(with_members("crit", 0, 2)), "on 1");
    PgCluster nofailover = with_members("crit", 1);
    nofailover.instances["2"].nofailover = true;
    EXPECT_EQ(mode(nofailover), "on 1");
    EXPECT_EQ(mode(with_members("oltp", 2)), "off 0");
}

TEST(Failover, what_somebody_wrote_down_wins) {
    PgCluster cluster = with_members("crit", 2);
    cluster.synchronous = {.mode = "quorum", .strict = false, .count = 2};
    EXPECT_EQ(mode(cluster), "quorum 2");
    cluster.synchronous = {.enabled = false};
    EXPECT_EQ(mode(cluster), "off 0");
    PgCluster lossless = with_members("oltp", 2);
    lossless.rpo = 0;
    EXPECT_EQ(mode(lossless), "on 1");
    EXPECT_EQ(failover_of(lossless).maximum_lag, 1048576);
}

TEST(Failover, a_commit_waits_for_no_offline_member) {
    EXPECT_EQ(synchronous_candidates(with_members("oltp", 2, 1)), 2);
    EXPECT_EQ(synchronous_candidates(with_members("oltp", 0, 1)), 0);
    EXPECT_EQ(may_lead(with_members("oltp", 2, 1)), 3);
}

TEST(Failover, the_standby_service_is_there_while_there_is_a_synchronous_standby) {
    const auto check = [](const PgCluster& cluster) {
        const Services services = default_services_of(cluster);
        const auto found = services.find("standby");
        return found == services.end() ? "none" : found->second.check;
    };
    PgCluster cluster = with_members("oltp", 2);
    EXPECT_EQ(check(cluster), "none");
    cluster.synchronous.enabled = true;
    EXPECT_EQ(check(cluster), "/sync");
    cluster.synchronous.mode = "quorum";
    EXPECT_EQ(check(cluster), "/quorum");
    cluster.services["standby"] = {.port = 5450};
    EXPECT_EQ(check(cluster), "none") << "somebody has the name";
    cluster.services.clear();
    cluster.default_services = Services{};
    EXPECT_EQ(check(cluster), "none");
}

TEST(Failover, is_not_known_while_what_it_follows_from_is_not) {
    PgCluster cluster = with_members("oltp", 1);
    EXPECT_FALSE(has_unknown_failover(cluster));
    cluster.instances["2"].role = unknown_marker("role");
    EXPECT_TRUE(has_unknown_failover(cluster));
    cluster = with_members("oltp", 1);
    cluster.rto = unknown_marker("rto");
    EXPECT_TRUE(has_unknown_failover(cluster));
}

}  // namespace
}  // namespace pigsty::module::pgsql
