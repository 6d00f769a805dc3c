// What is refused of a specification, with where and why.

#include "core/module/redis/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pigsty::module::redis {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

RedisCluster standalone() {
    RedisCluster cluster;
    cluster.name = "redis-ms";
    cluster.password = Secret("word");
    cluster.nodes = {
        {"1", {.node = {.address = "10.10.10.10"}, .instances = {{"6379", {}}, {"6380", {.replica_of = " 6379"}}}}},
        {"2", {.node = {.address = "10.10.10.11"}, .instances = {{"6379", {.replica_of = "10.10.10.10 6379"}}}}}};
    return cluster;
}

RedisCluster sentinels() {
    RedisCluster cluster;
    cluster.name = "redis-meta";
    cluster.mode = "sentinel";
    cluster.password = Secret("word");
    cluster.nodes = {
        {"1", {.node = {.address = "10.10.10.11"}, .instances = {{"26379", {}}, {"26380", {}}, {"26381", {}}}}}};
    cluster.sentinel_monitor = {{.name = "redis-ms", .host = "10.10.10.10", .password = Secret("word"), .quorum = 2}};
    return cluster;
}

RedisCluster native(std::size_t nodes, std::size_t instances, std::int64_t replicas) {
    RedisCluster cluster;
    cluster.name = "redis-test";
    cluster.mode = "cluster";
    cluster.password = Secret("word");
    cluster.replicas = replicas;
    for (std::size_t n = 1; n <= nodes; ++n) {
        RedisNode node{.node = {.address = "10.10.10." + std::to_string(10 + n)}, .instances = {}};
        for (std::size_t i = 0; i < instances; ++i) node.instances[std::to_string(6379 + i)] = {};
        cluster.nodes[std::to_string(n)] = node;
    }
    return cluster;
}

// "path: message" of each.
std::vector<std::string> texts(const std::vector<Problem>& problems) {
    std::vector<std::string> texts;
    for (const Problem& problem : problems) texts.push_back(problem.path + ": " + problem.message);
    return texts;
}

std::vector<std::string> refused(const RedisCluster& cluster) { return texts(problems_of(cluster)); }

std::vector<std::string> of_replica(const std::string& replica_of) {
    RedisCluster cluster = standalone();
    cluster.nodes["2"].instances["6379"].replica_of = replica_of;
    return refused(cluster);
}

TEST(RedisRules, take_what_is_good) {
    EXPECT_THAT(refused(standalone()), IsEmpty());
    EXPECT_THAT(refused(sentinels()), IsEmpty());
    EXPECT_THAT(refused(native(2, 3, 1)), IsEmpty());
    EXPECT_THAT(refused(native(3, 1, 0)), IsEmpty());
}

TEST(RedisRules, know_every_way_to_write_a_primary) {
    const Place expected{"10.10.10.10", "6379"};
    EXPECT_EQ(place_of("10.10.10.10 6379", "10.10.10.11"), expected);
    EXPECT_EQ(place_of(" 6379", "10.10.10.10"), expected);
    EXPECT_EQ(place_of("6379", "10.10.10.10"), expected);
    for (const char* const bad : {"", "redis 6379", "10.10.10.10 6379 yes", "10.10.10.10 x", "6379;"})
        EXPECT_EQ(place_of(bad, "10.10.10.10"), std::nullopt) << bad;
}

TEST(RedisRules, refuse_a_primary_that_nobody_can_follow) {
    const std::string at = "nodes[\"2\"].instances[\"6379\"].replica_of: ";
    EXPECT_THAT(of_replica("10.10.10.10 7000"),
                ElementsAre(at + "expected an instance that `nodes` declares, found 10.10.10.10 7000"));
    EXPECT_THAT(of_replica("6379"), ElementsAre(at + "expected another instance, found itself"));
    EXPECT_THAT(of_replica("the first"),
                ElementsAre(at + "expected \"ADDRESS PORT\" or \"PORT\", found \"the first\""));
    RedisCluster ring = standalone();
    ring.nodes["1"].instances["6379"].replica_of = "10.10.10.11 6379";
    EXPECT_THAT(refused(ring), Contains(HasSubstr("found a ring that comes back to this instance")));
    RedisCluster in_cluster = native(2, 3, 1);
    in_cluster.nodes["1"].instances["6380"].replica_of = "6379";
    EXPECT_THAT(refused(in_cluster),
                ElementsAre(HasSubstr("expected it in standalone mode alone, found mode \"cluster\"")));
}

TEST(RedisRules, count_the_masters) {
    EXPECT_THAT(
        refused(native(2, 2, 1)),
        ElementsAre("nodes: expected at least 3 masters, found 2: 4 instances with 1 replicas for each master"));
    EXPECT_THAT(refused(native(1, 7, 1)),
                ElementsAre("nodes: 7 instances with 1 replicas for each master are no whole number of masters"));
}

TEST(RedisRules, refuse_ports_that_cannot_be_or_that_the_bus_has) {
    RedisCluster cluster = native(1, 3, 0);
    cluster.nodes["1"].instances["16379"] = {};
    EXPECT_THAT(refused(cluster), ElementsAre("nodes[\"1\"].instances[\"16379\"]: expected a port of its own, found "
                                              "that of the bus of instance 6379"));
    RedisCluster high = native(1, 3, 0);
    high.nodes["1"].instances["60000"] = {};
    EXPECT_THAT(refused(high), ElementsAre(HasSubstr("expected a port between 1 and 55535, found 60000")));
    RedisCluster zero = standalone();
    zero.nodes["1"].instances["0"] = {};
    EXPECT_THAT(refused(zero), ElementsAre(HasSubstr("expected a port between 1 and 65535, found 0")));
}

TEST(RedisRules, refuse_what_no_sentinel_can_do) {
    RedisCluster cluster = sentinels();
    cluster.sentinel_monitor[0].quorum = 4;
    EXPECT_THAT(refused(cluster),
                ElementsAre("sentinel_monitor[0].quorum: expected at most 3, the number of sentinels, found 4"));
    cluster = sentinels();
    cluster.sentinel_monitor.push_back(cluster.sentinel_monitor[0]);
    EXPECT_THAT(refused(cluster),
                ElementsAre("sentinel_monitor[1].name: expected a name of its own, found a second \"redis-ms\""));
    for (const char* const password : {"two words", "quo\"ted", "it's"}) {
        cluster = sentinels();
        cluster.sentinel_monitor[0].password = Secret(password);
        const auto found = refused(cluster);
        EXPECT_THAT(found, ElementsAre(HasSubstr("without blanks, quotes and control characters"))) << password;
        EXPECT_THAT(found.at(0), ::testing::Not(HasSubstr(password))) << "a secret in a message";
    }
    cluster = standalone();
    cluster.sentinel_monitor = sentinels().sentinel_monitor;
    EXPECT_THAT(refused(cluster), ElementsAre(HasSubstr("sentinel_monitor: expected it in sentinel mode alone")));
}

TEST(RedisRules, refuse_directives_that_an_attribute_owns) {
    RedisCluster cluster = standalone();
    cluster.parameters = {
        {"maxmemory", "1gb"}, {"Hz", "20"}, {"logfile", "/tmp/x"}, {"two words", "x"}, {"hz", "1\nsave 1 1"}};
    const auto problems = problems_of(cluster);
    EXPECT_THAT(texts(problems),
                ElementsAre("parameters[\"Hz\"]: expected \"hz\", found \"Hz\"",
                            "parameters[\"hz\"]: expected a value without control characters",
                            "parameters[\"logfile\"]: expected a directive that nothing else writes, found logfile",
                            "parameters[\"maxmemory\"]: expected a directive that nothing else writes, found maxmemory",
                            "parameters[\"two words\"]: expected the name of a directive, found \"two words\""));
    EXPECT_EQ(problems.at(3).hint, "use `max_memory`");
    cluster = standalone();
    cluster.nodes["1"].instances["6379"].parameters = {{"replicaof", "no one"}};
    EXPECT_THAT(refused(cluster), ElementsAre(HasSubstr("nodes[\"1\"].instances[\"6379\"].parameters[\"replicaof\"]")));
}

TEST(RedisRules, refuse_values_that_redis_does_not_read) {
    RedisCluster cluster = standalone();
    cluster.max_memory = "much";
    cluster.memory_policy = "lru";
    cluster.rdb_save = {"1200 1", "1200"};
    cluster.listen = {"everywhere"};
    cluster.rename_commands = {{"FLUSHALL", "two words"}, {"KEYS", "x"}, {"SCAN", "x"}};
    cluster.password = Secret("a\nb");
    EXPECT_THAT(
        refused(cluster),
        ElementsAre("password: expected a password without control characters",
                    "memory_policy: expected a policy of Redis, found \"lru\"",
                    "rdb_save[1]: expected \"SECONDS CHANGES\", found \"1200\"", HasSubstr("listen[0]: expected"),
                    HasSubstr("rename_commands[\"FLUSHALL\"]: expected words without blanks"),
                    "rename_commands[\"SCAN\"]: expected a name of its own, found that of KEYS",
                    "max_memory: expected a size as Redis writes it, found \"much\""));
    cluster = standalone();
    cluster.password = Secret(std::string(513, 'x'));
    EXPECT_THAT(refused(cluster), ElementsAre("password: expected at most 512 bytes, found 513"));
    cluster.password = Secret("quo\"ted 'and' $(x) \\ # % \u017e");
    EXPECT_THAT(refused(cluster), IsEmpty());
}

TEST(RedisRules, warn_of_what_a_lost_node_takes_away) {
    EXPECT_THAT(texts(warnings_of(standalone())), IsEmpty());
    EXPECT_THAT(texts(warnings_of(native(3, 2, 1))), IsEmpty());
    EXPECT_THAT(texts(warnings_of(native(2, 3, 1))), ElementsAre(HasSubstr("one node holds 2 of 3 masters")));
    EXPECT_THAT(texts(warnings_of(native(1, 6, 1))), ElementsAre(HasSubstr("every replica is beside its master"),
                                                                 HasSubstr("one node holds 3 of 3 masters")));
    RedisCluster open = standalone();
    open.password.reset();
    EXPECT_THAT(texts(warnings_of(open)), ElementsAre(HasSubstr("redis-ms has no password")));
}

TEST(RedisRules, instances_of_several_nodes_need_a_password) {
    RedisCluster cluster = standalone();
    cluster.password.reset();
    ASSERT_EQ(problems_of(cluster).size(), 1U);
    EXPECT_EQ(problems_of(cluster).front().path, "password");
    cluster.nodes.at("2").instances.at("6379").replica_of.reset();
    EXPECT_THAT(problems_of(cluster), IsEmpty());
}

TEST(RedisRules, commands_that_the_members_need_keep_their_names) {
    RedisCluster cluster = standalone();
    cluster.rename_commands = {{"config", "x"}};
    ASSERT_EQ(problems_of(cluster).size(), 1U);
    EXPECT_EQ(problems_of(cluster).front().path, "rename_commands[\"config\"]");
}

}  // namespace
}  // namespace pigsty::module::redis
