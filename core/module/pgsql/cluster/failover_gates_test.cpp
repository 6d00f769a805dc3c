#include "core/module/pgsql/cluster/failover_gates.h"

#include <gmock/gmock.h>

namespace pigsty::module::pgsql {
namespace {

PgCluster synchronous(std::string mode, std::int64_t count = 1) {
    PgCluster cluster;
    cluster.name = "pg-test";
    cluster.instances["1"] = {.node = {.address = "10.10.10.11"}, .role = "primary"};
    cluster.instances["2"] = {.node = {.address = "10.10.10.12"}};
    cluster.instances["3"] = {.node = {.address = "10.10.10.13"}};
    cluster.synchronous = {.enabled = mode != "off", .mode = mode == "off" ? "on" : std::move(mode), .count = count};
    return cluster;
}

TEST(FailoverGates, read_what_etcd_granted) {
    EXPECT_EQ(granted_ttl("lease 694d9b3f52b1d90d granted with TTL(30s), remaining(27s)\n"), 30);
    EXPECT_EQ(granted_ttl("lease 694d9b3f52b1d90d already expired\n"), std::nullopt);
    EXPECT_EQ(granted_ttl(""), std::nullopt);
}

TEST(FailoverGates, want_patroni_and_the_leader_to_name_the_same) {
    const PgCluster one = synchronous("on");
    EXPECT_EQ(synchronous_problem(one, {.by_patroni = {"pg-test-2"},
                                        .by_leader = {{"pg-test-2", "sync"}, {"pg-test-3", "async"}},
                                        .standby_names = "\"pg-test-2\""}),
              "");
    EXPECT_EQ(synchronous_problem(
                  one, {.by_patroni = {}, .by_leader = {{"pg-test-2", "sync"}}, .standby_names = "\"pg-test-2\""}),
              "0 of 1 standbys that are sync, synchronous_standby_names is \"pg-test-2\"");
    EXPECT_EQ(synchronous_problem(
                  one, {.by_patroni = {"pg-test-2"}, .by_leader = {{"pg-test-2", "async"}}, .standby_names = ""}),
              "0 of 1 standbys that are sync, synchronous_standby_names is empty");
}

TEST(FailoverGates, want_as_many_as_commits_wait_for) {
    const SynchronousSeen one{
        .by_patroni = {"pg-test-2"}, .by_leader = {{"pg-test-2", "quorum"}}, .standby_names = "ANY 1 (\"pg-test-2\")"};
    EXPECT_EQ(synchronous_problem(synchronous("quorum"), one), "");
    EXPECT_NE(synchronous_problem(synchronous("quorum", 2), one), "");
    EXPECT_NE(synchronous_problem(synchronous("on"), one), "") << "that is the other mode";
}

TEST(FailoverGates, want_none_where_commits_do_not_wait) {
    EXPECT_EQ(synchronous_problem(synchronous("off"), {}), "");
    EXPECT_NE(synchronous_problem(synchronous("off"), {.by_patroni = {}, .standby_names = "*"}), "");
    PgCluster alone = synchronous("on");
    alone.instances.erase("2");
    alone.instances.erase("3");
    EXPECT_EQ(synchronous_problem(alone, {}), "") << "there is nobody to wait for";
}

TEST(FailoverGates, want_a_patroni_that_knows_quorum) {
    EXPECT_EQ(required_versions(synchronous("quorum")).size(), 1U);
    EXPECT_TRUE(required_versions(synchronous("on")).empty());
    EXPECT_TRUE(required_versions(synchronous("off")).empty());
}

}  // namespace
}  // namespace pigsty::module::pgsql
