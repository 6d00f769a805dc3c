// What a sentinel says that it watches, and when that is another group than the declared one.

#include "core/module/redis/monitors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pigsty::module::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

RedisCluster sentinel_of(const std::string& host, std::int64_t port = 6379) {
    RedisCluster cluster;
    cluster.name = "redis-meta";
    cluster.mode = "sentinel";
    cluster.nodes = {{"1", {.node = {.address = "10.10.10.11"}, .instances = {{"26379", {}}}}}};
    cluster.sentinel_monitor = {{.name = "redis-ms", .host = host, .port = port, .quorum = 1}};
    return cluster;
}

// Why the sentinel is not as desired, when its look prints this; empty: it is.
std::string difference(const std::string& printed) {
    const RedisCluster cluster = sentinel_of("10.10.10.10");
    const auto item = monitors_item(cluster, places_of(cluster, "1").front());
    node::Observation seen;
    seen.set(*item->probes().begin(), printed);
    const auto change = item->compare(seen, nullptr);
    return change ? change->reason : "";
}

TEST(RedisMonitors, reads_what_a_sentinel_watches) {
    const auto watched = read_watched(
        "watches redis-ms 10.10.10.11 6379 2 3000 180000 1 s_down,master\nknows redis-ms 10.10.10.10 6379\n"
        "knows redis-ms 10.10.10.10 6380\nauth redis-ms 42\nauth gone 7\nknows gone 10.9.9.9 1\nwatches broken\n"
        "ERR unknown\n");
    ASSERT_EQ(watched.size(), 1U);
    EXPECT_EQ(watched[0].endpoint, "10.10.10.11 6379");
    EXPECT_EQ(watched[0].down_after, 3000);
    EXPECT_EQ(watched[0].password, 42);
    EXPECT_TRUE(watched[0].is_down);
    EXPECT_THAT(watched[0].replicas, ElementsAre("10.10.10.10 6379", "10.10.10.10 6380"));
}

TEST(RedisMonitors, a_primary_that_moved_within_its_group_is_no_difference) {
    EXPECT_EQ(difference("watches redis-ms 10.10.10.10 6379 1 30000 180000 1\n"), "");
    EXPECT_EQ(difference("watches redis-ms 10.10.10.99 6380 1 30000 180000 1\nknows redis-ms 10.10.10.10 6379\n"), "");
    EXPECT_EQ(difference("stopped\n"), "");
}

TEST(RedisMonitors, another_group_under_the_name_is_a_difference_that_names_nobody_who_leads) {
    EXPECT_EQ(difference("watches redis-ms 10.10.10.99 6380 1 30000 180000 1\nknows redis-ms 10.10.10.10 6380\n"
                         "knows other 10.10.10.10 6379\n"),
              "redis-ms: watches another group than that of 10.10.10.10 6379");
}

TEST(RedisMonitors, other_settings_and_other_names_are_differences) {
    EXPECT_EQ(
        difference("watches redis-ms 10.10.10.10 6379 2 30000 180000 1\n"),
        "redis-ms: quorum 2, down-after 30000, failover-timeout 180000, parallel-syncs 1, password of generation 0, "
        "expected quorum 1, down-after 30000, failover-timeout 180000, parallel-syncs 1, password of generation 0");
    EXPECT_EQ(difference("watches old 10.10.10.10 6379 1 30000 180000 1\n"), "does not watch redis-ms, watches old");
}

TEST(RedisMonitors, another_address_is_announced) {
    const std::string announced =
        "let the sentinels of redis-meta that do not know 10.10.10.10 6380 as a member of redis-ms forget that group "
        "and "
        "watch the one there";
    EXPECT_THAT(monitors_forecast(sentinel_of("10.10.10.10"), sentinel_of("10.10.10.10", 6380), {}),
                ElementsAre(announced));
    const RedisCluster same = sentinel_of("10.10.10.10", 6380);
    EXPECT_THAT(monitors_forecast(same, same, {}), IsEmpty());
    EXPECT_THAT(
        monitors_forecast(same, same,
                          {"redis-meta-1 redis-meta-1-26379 monitors: redis-ms: watches another group than that "
                           "of 10.10.10.10 6380"}),
        ElementsAre(announced));
}

}  // namespace
}  // namespace pigsty::module::redis
