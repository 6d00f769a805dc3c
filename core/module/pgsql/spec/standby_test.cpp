#include "core/module/pgsql/spec/standby.h"

#include <gtest/gtest.h>

#include "core/module/pgsql/spec/failover.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {
namespace {

PgCluster standby_cluster() {
    PgCluster cluster{
        .name = "pg-test2", .version = 17, .instances = {{"1", {.node = {"10.10.10.14"}, .role = "primary"}}}};
    cluster.standby =
        Standby{.upstream = {.id = "u",
                             .name = "pg-test",
                             .members = {{"1", {"10.10.10.11"}}, {"2", {"10.10.10.12"}}, {"10", {"10.10.10.13"}}}},
                .delay = "1h"};
    return cluster;
}

TEST(StandbySpec, a_slot_has_a_name_that_no_member_has) { EXPECT_EQ(standby_slot("pg-test2"), "pg_test2_standby"); }

TEST(StandbySpec, hosts_are_all_members_in_their_order) {
    EXPECT_EQ(upstream_hosts(*standby_cluster().standby), "10.10.10.11,10.10.10.12,10.10.10.13");
}

TEST(StandbySpec, a_claim_keeps_it) {
    const PgCluster cluster = standby_cluster();
    const auto back = pg_cluster_from_json(to_json(cluster));
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, cluster);
}

TEST(StandbySpec, nothing_commits_and_one_service_serves) {
    PgCluster cluster = standby_cluster();
    cluster.template_name = "crit";
    EXPECT_FALSE(synchronous_of(cluster).enabled);
    const Services services = default_services_of(cluster);
    ASSERT_EQ(services.size(), 1U);
    EXPECT_EQ(services.begin()->first, "replica");
    cluster.standby.reset();
    EXPECT_TRUE(synchronous_of(cluster).enabled);
    EXPECT_EQ(default_services_of(cluster).size(), 5U);
}

}  // namespace
}  // namespace pigsty::module::pgsql
