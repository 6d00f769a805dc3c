#include "core/module/pgsql/cluster/upstream.h"

#include <gtest/gtest.h>

namespace pigsty::module::pgsql {
namespace {

TEST(Upstream, each_member_has_a_line_of_its_own_there) {
    PgCluster cluster;
    cluster.name = "pg-test2";
    cluster.instances = {{"1", {.node = {"10.10.10.14"}, .role = "primary"}}, {"2", {.node = {"10.10.10.15"}}}};
    const auto lines = upstream_hba_lines(cluster);
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(lines.front(),
              "hostssl  replication,postgres replicator       10.10.10.14/32       scram-sha-256  # pigsty guest "
              "standby pg-test2");
    cluster.ssl = false;
    EXPECT_TRUE(upstream_hba_lines(cluster).front().starts_with("host "));
}

TEST(Upstream, its_drift_is_told_from_that_of_others) {
    PgCluster cluster;
    cluster.name = "pg-test2";
    EXPECT_TRUE(
        is_about_upstream(cluster, {"pg-test2 dcs: x", "pg-test2 upstream: pg-test keeps no slot pg_test2_standby"}));
    EXPECT_FALSE(is_about_upstream(cluster, {"pg-test2 postgresql: no member leads"}));
}

}  // namespace
}  // namespace pigsty::module::pgsql
