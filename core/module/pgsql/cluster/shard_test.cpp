#include "core/module/pgsql/cluster/shard.h"

#include <gmock/gmock.h>

#include "core/module/pgsql/cluster/dcs.h"
#include "core/module/pgsql/spec/layout.h"

namespace pigsty::module::pgsql {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

PgCluster group(std::int64_t number) {
    PgCluster cluster;
    cluster.name = "pg-citus" + std::to_string(number);
    cluster.mode = kCitus;
    cluster.citus = Citus{.shard = "pg-citus", .group = number, .database = "meta"};
    cluster.version = 17;
    cluster.template_revision = 1;
    cluster.sizing = Sizing{.cpu = 2, .memory_mb = 2048, .disk_gb = 20};
    cluster.libs = {"citus", "pg_stat_statements"};
    return cluster;
}

std::string member(const char* address, const char* role = "primary", const char* state = "running") {
    return std::string(R"({"conn_url":"postgres://)") + address + R"(:5432/postgres","state":")" + state +
           R"(","role":")" + role + R"("})";
}

TEST(Shard, keys_of_a_group_are_below_those_of_the_shard) {
    EXPECT_EQ(dcs_prefix(group(2)), "/pg/pg-citus/2/");
    EXPECT_EQ(dcs_scope_prefix(group(2)), "/pg/pg-citus/");
    EXPECT_EQ(patroni_scope(group(2)), "pg-citus");
    EXPECT_TRUE(is_coordinator(group(0)));
    EXPECT_FALSE(is_coordinator(group(2)));
    PgCluster alone;
    alone.name = "pg-test";
    EXPECT_EQ(dcs_prefix(alone), "/pg/pg-test/");
    EXPECT_FALSE(is_coordinator(alone));
}

TEST(Shard, the_configuration_is_what_patroni_would_make_of_it) {
    const auto wanted = *wanted_configuration(group(2));
    const auto& parameters = wanted["postgresql"]["parameters"];
    EXPECT_EQ(wanted["pg_cluster"], "pg-citus2");
    EXPECT_EQ(wanted["pg_shard"], "pg-citus");
    EXPECT_EQ(wanted["pg_group"], 2);
    // Patroni's own would be `quorum`.
    EXPECT_EQ(wanted["synchronous_mode"], false);
    EXPECT_EQ(parameters["wal_level"], "logical");
    EXPECT_EQ(parameters["max_prepared_transactions"], parameters["max_connections"]);
    EXPECT_EQ(parameters["shared_preload_libraries"], "citus, pg_stat_statements");
}

TEST(Shard, groups_have_a_leader_where_one_runs) {
    const std::map<std::string, std::string> keys{
        {"/pg/pg-citus/0/leader", "pg-citus0-1"},
        {"/pg/pg-citus/0/members/pg-citus0-1", member("10.10.10.10")},
        {"/pg/pg-citus/1/members/pg-citus1-1", member("10.10.10.11")},
        {"/pg/pg-citus/2/leader", "pg-citus2-1"},
        {"/pg/pg-citus/2/members/pg-citus2-1", member("10.10.10.12", "replica")},
        {"/pg/pg-citus/3/leader", "pg-citus3-2"},
        {"/pg/pg-citus/3/members/pg-citus3-1", member("10.10.10.13", "replica")},
        {"/pg/pg-citus/3/members/pg-citus3-2", member("10.10.10.14")},
        {"/pg/pg-citus/4/leader", "pg-citus4-1"},
        {"/pg/pg-citus/4/members/pg-citus4-1", member("10.10.10.15", "primary", "starting")},
        {"/pg/pg-citus/config", "{}"},
        {"/pg/pg-citus/leader", "x"}};
    const GroupLeaders expected{{0, {"10.10.10.10", 5432}}, {3, {"10.10.10.14", 5432}}};
    EXPECT_EQ(group_leaders(keys, "/pg/pg-citus/"), expected);
}

TEST(Shard, what_citus_lacks_is_said_without_what_moves) {
    const auto nodes = parse_dist_nodes(R"([{"group":0,"id":1,"host":"10.10.10.10","port":5432},
                                            {"group":1,"id":2,"host":"10.10.10.11-demoted","port":5432}])");
    ASSERT_TRUE(nodes);
    const GroupLeaders leaders{{0, {"10.10.10.10", 5432}}, {1, {"10.10.10.11", 5432}}, {2, {"10.10.10.12", 5432}}};
    const GroupLeaders expected{{1, {"10.10.10.11", 5432}}, {2, {"10.10.10.12", 5432}}};
    EXPECT_EQ(missing_in(*nodes, leaders), expected);
    const auto said = shard_sentences(group(0), expected);
    EXPECT_THAT(said, ElementsAre("pg-citus0 citus: pg_dist_node lacks the leader of group 1",
                                  "pg-citus0 citus: pg_dist_node lacks the leader of group 2"));
    EXPECT_TRUE(repairs_shard(group(0), said));
    EXPECT_FALSE(repairs_shard(group(1), said));
    EXPECT_THAT(shard_sentences(group(0), {}), IsEmpty());
    EXPECT_FALSE(parse_dist_nodes("nothing"));
}

}  // namespace
}  // namespace pigsty::module::pgsql
