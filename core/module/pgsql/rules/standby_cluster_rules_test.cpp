#include <gtest/gtest.h>

#include "core/module/pgsql/rules/rules.h"
#include "core/module/pgsql/rules/testing/checked.h"

namespace pigsty::module::pgsql {
namespace {

PgCluster standby_cluster() {
    PgCluster cluster{
        .name = "pg-test2", .version = 17, .instances = {{"1", {.node = {"10.10.10.14"}, .role = "primary"}}}};
    cluster.standby = Standby{.upstream = {.id = "u", .name = "pg-test", .members = {{"1", {"10.10.10.11"}}}}};
    return cluster;
}

std::string wrong_with(const PgCluster& cluster) {
    std::string text;
    for (const std::string& sentence : sentences(cluster)) text += sentence + "\n";
    return text;
}

TEST(StandbyClusterRules, one_of_another_cluster_is_right) { EXPECT_EQ(wrong_with(standby_cluster()), ""); }

TEST(StandbyClusterRules, nobody_follows_himself) {
    PgCluster cluster = standby_cluster();
    cluster.standby->upstream.name = "pg-test2";
    EXPECT_EQ(wrong_with(cluster), "standby.upstream: expected another cluster, found pg-test2 itself\n");
    cluster = standby_cluster();
    cluster.standby->upstream.members = {{"3", {"10.10.10.14"}}};
    EXPECT_EQ(wrong_with(cluster), "standby.upstream: 10.10.10.14 is a member of pg-test and instances[\"1\"], too\n");
}

TEST(StandbyClusterRules, a_delay_is_a_time) {
    PgCluster cluster = standby_cluster();
    cluster.standby->delay = "1h";
    EXPECT_EQ(wrong_with(cluster), "");
    cluster.standby->delay = "0";
    EXPECT_EQ(wrong_with(cluster), "standby.delay: expected a time, found \"0\"\n");
    for (const char* wrong : {"soon", "-1h"}) {
        cluster.standby->delay = wrong;
        EXPECT_NE(wrong_with(cluster).find("standby.delay: "), std::string::npos) << wrong;
    }
}

TEST(StandbyClusterRules, what_needs_commits_waits_for_the_promotion) {
    PgCluster cluster = standby_cluster();
    cluster.synchronous.enabled = true;
    cluster.backup.emplace();
    cluster.restore_from.emplace();
    const std::string wrong = wrong_with(cluster);
    EXPECT_NE(wrong.find("synchronous.enabled: nothing commits in a standby cluster"), std::string::npos) << wrong;
    EXPECT_NE(wrong.find("restore_from: a standby cluster has the data of its upstream"), std::string::npos) << wrong;
    EXPECT_NE(wrong.find("backup: pgBackRest backs up a cluster whose leader"), std::string::npos) << wrong;
}

TEST(StandbyClusterRules, its_slot_has_room_for_its_name) {
    PgCluster cluster = standby_cluster();
    cluster.name = "pg-" + std::string(55, 'a');
    EXPECT_NE(wrong_with(cluster).find("name: its slot at the upstream"), std::string::npos);
}

}  // namespace
}  // namespace pigsty::module::pgsql
