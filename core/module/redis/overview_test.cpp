// What a data source shows of a cluster, from what its instances printed.

#include "core/module/redis/overview.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/module/redis/live.h"
#include "core/module/redis/monitors.h"

namespace pigsty::module::redis {
namespace {

using ::testing::ElementsAre;

RedisCluster overviewed(const std::string& mode) {
    RedisCluster cluster;
    cluster.name = "redis-ms";
    cluster.mode = mode;
    cluster.replicas = 0;
    cluster.nodes = {
        {"1", {.node = {.address = "10.10.10.10"}, .instances = {{"6379", {}}}}},
        {"2", {.node = {.address = "10.10.10.11"}, .instances = {{"6379", {.replica_of = "10.10.10.10 6379"}}}}}};
    if (mode != "standalone") cluster.nodes.at("2").instances.at("6379").replica_of.reset();
    return cluster;
}

// What the instance of a node printed: to the look, to the questions after figures, and of its monitors.
node::Observation printed_at(const RedisCluster& cluster, const std::string& number, const std::string& look,
                             const std::string& figures, const std::string& monitors = "") {
    const InstancePlace place = places_of(cluster, number).front();
    node::Observation seen;
    for (const node::Probe& probe : overview_probes(cluster, number))
        seen.set(probe, probe.key == look_probe(cluster, place).key                                     ? look
                        : cluster.mode == "sentinel" && probe.key == monitors_probe(cluster, place).key ? monitors
                                                                                                        : figures);
    return seen;
}

constexpr const char* kMaster = "role:master\nmaster_repl_offset:84\n";
constexpr const char* kReplica =
    "role:slave\nmaster_host:10.10.10.10\nmaster_port:6379\nmaster_link_status:up\nmaster_repl_offset:84\n";

TEST(RedisOverview, shows_roles_links_and_figures) {
    const RedisCluster cluster = overviewed("standalone");
    const Overview seen = overview_of(
        cluster,
        {{"1",
          printed_at(cluster, "1", kMaster,
                     "redis_version:8.0.2\nused_memory:1024\nused_memory_rss:5\nmaxmemory:0\nconnected_clients:3\n")},
         {"2", printed_at(cluster, "2", kReplica, "redis_version:7.2.4\nvalkey_version:8.0.10\nused_memory:99\n")}});
    EXPECT_TRUE(seen.healthy);
    EXPECT_EQ(seen.version, "8.0.2");
    EXPECT_EQ(seen.state, std::nullopt);
    EXPECT_EQ(seen.instances.at("redis-ms-1-6379"), (InstanceOverview{.address = "10.10.10.10",
                                                                      .port = 6379,
                                                                      .healthy = true,
                                                                      .role = "master",
                                                                      .version = "8.0.2",
                                                                      .memory_used = 1024,
                                                                      .memory_limit = 0,
                                                                      .clients = 3}));
    EXPECT_EQ(seen.instances.at("redis-ms-2-6379"), (InstanceOverview{.address = "10.10.10.11",
                                                                      .port = 6379,
                                                                      .healthy = true,
                                                                      .role = "replica",
                                                                      .master = "10.10.10.10 6379",
                                                                      .linked = true,
                                                                      .version = "8.0.10",
                                                                      .memory_used = 99}));
}

TEST(RedisOverview, one_that_is_silent_or_cut_off_is_not_healthy) {
    const RedisCluster cluster = overviewed("standalone");
    const Overview silent =
        overview_of(cluster, {{"1", std::nullopt}, {"2", printed_at(cluster, "2", kReplica, "redis_version:8.0.2\n")}});
    EXPECT_FALSE(silent.healthy);
    EXPECT_EQ(silent.instances.at("redis-ms-1-6379"),
              (InstanceOverview{.address = "10.10.10.10", .port = 6379, .healthy = false}));
    EXPECT_TRUE(silent.instances.at("redis-ms-2-6379").healthy);
    const Overview cut = overview_of(
        cluster, {{"1", printed_at(cluster, "1", kMaster, "")},
                  {"2", printed_at(cluster, "2", "role:slave\nmaster_host:10.10.10.10\nmaster_port:6379\n", "")}});
    EXPECT_FALSE(cut.healthy);
    EXPECT_EQ(cut.instances.at("redis-ms-2-6379").linked, false);
}

TEST(RedisOverview, shows_slots_of_a_native_cluster) {
    const RedisCluster cluster = overviewed("cluster");
    const std::string first = "aa 10.10.10.10:6379@16379 SELFmaster - 0 0 1 connected 0-8000 8002\n";
    const std::string second = "bb 10.10.10.11:6379@16379 SELFmaster - 0 0 2 connected 8001 8003-16383\n";
    const auto said = [&](bool is_first, const std::string& state) {
        std::string text = "role:master\ncluster_state:" + state + "\ncluster_slots_ok:16384\n";
        for (const auto& [line, is_self] : {std::pair(first, is_first), std::pair(second, !is_first)})
            text += "node:" + std::string(line).replace(line.find("SELF"), 4, is_self ? "myself," : "");
        return text;
    };
    Overview seen = overview_of(cluster, {{"1", printed_at(cluster, "1", said(true, "ok"), "")},
                                          {"2", printed_at(cluster, "2", said(false, "ok"), "")}});
    EXPECT_EQ(seen.state, "ok");
    EXPECT_EQ(seen.slots_served, kSlots);
    EXPECT_EQ(seen.instances.at("redis-ms-1-6379").slots, "0-8000 8002");
    seen = overview_of(cluster, {{"1", printed_at(cluster, "1", said(true, "ok"), "")},
                                 {"2", printed_at(cluster, "2", said(false, "fail"), "")}});
    EXPECT_EQ(seen.state, "fail");
    EXPECT_FALSE(seen.healthy);
    EXPECT_EQ(overview_of(cluster, {}).state, std::nullopt);
}

TEST(RedisOverview, joins_what_the_sentinels_watch) {
    const RedisCluster cluster = overviewed("sentinel");
    const std::string watched =
        "watches redis-ms 10.10.10.12 6379 2 3000 180000 1 master\nknows redis-ms 10.10.10.13 6379\n";
    Overview seen = overview_of(cluster, {{"1", printed_at(cluster, "1", "\n", "redis_version:8.0.2\n", watched)},
                                          {"2", printed_at(cluster, "2", "\n", "redis_version:8.0.2\n", watched)}});
    EXPECT_TRUE(seen.healthy);
    EXPECT_EQ(seen.instances.at("redis-ms-1-6379").role, "sentinel");
    const MonitorOverview& both = seen.monitors.at("redis-ms");
    EXPECT_EQ(both.host, "10.10.10.12");
    EXPECT_EQ(both.sentinels, 2);
    EXPECT_TRUE(both.healthy);
    EXPECT_THAT(both.replicas, ElementsAre("10.10.10.13 6379"));
    seen = overview_of(
        cluster,
        {{"1", printed_at(cluster, "1", "\n", "", watched)},
         {"2", printed_at(cluster, "2", "\n", "", "watches redis-ms 10.10.10.14 6379 2 3000 180000 1 master\n")}});
    EXPECT_FALSE(seen.monitors.at("redis-ms").healthy);
    EXPECT_FALSE(seen.healthy);
}

}  // namespace
}  // namespace pigsty::module::redis
