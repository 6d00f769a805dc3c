// What answers of servers are read as, and what is wrong with the whole.

#include "core/module/redis/condition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/module/redis/replication.h"

namespace pigsty::module::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

RedisCluster group_of_three() {
    RedisCluster cluster;
    cluster.name = "redis-ms";
    cluster.nodes = {
        {"1", {.node = {.address = "10.10.10.10"}, .instances = {{"6379", {}}, {"6380", {.replica_of = "6379"}}}}},
        {"2", {.node = {.address = "10.10.10.11"}, .instances = {{"6379", {.replica_of = "10.10.10.10 6379"}}}}}};
    return cluster;
}

InstanceLook master(std::int64_t offset = 0) {
    InstanceLook look;
    look.answers = true;
    look.role = "master";
    look.offset = offset;
    return look;
}

InstanceLook replica(const std::string& primary) {
    InstanceLook look = master();
    look.role = "slave";
    look.primary = primary;
    look.is_linked = true;
    return look;
}

TEST(RedisLook, reads_what_the_script_prints) {
    const InstanceLook look = read_look(
        "differs:setting maxmemory\ndiffers:user default\nrole:slave\nmaster_host:10.10.10.10\nmaster_port:6379\n"
        "master_link_status:up\nconnected_slaves:0\nmaster_repl_offset:84\n");
    EXPECT_FALSE(is_cut_off(look));
    EXPECT_TRUE(look.answers);
    EXPECT_THAT(look.differs, ElementsAre("maxmemory", "user default"));
    EXPECT_EQ(look.primary, "10.10.10.10 6379");
    EXPECT_TRUE(look.is_linked);
    EXPECT_EQ(look.offset, 84);
}

TEST(RedisLook, one_that_copies_is_not_cut_off) {
    const std::string down = "role:slave\nmaster_link_status:down\nmaster_sync_in_progress:";
    EXPECT_TRUE(is_cut_off(read_look(down + "0\nmaster_link_down_since_seconds:-1\n")));
    const InstanceLook copies = read_look(down + "1\nmaster_sync_read_bytes:4096\n");
    EXPECT_FALSE(is_cut_off(copies));
    EXPECT_EQ(copies.copied, 4096);
    EXPECT_FALSE(is_cut_off(read_look("role:master\n")));
}

TEST(RedisLook, one_that_does_not_answer_has_no_role) {
    EXPECT_FALSE(read_look("stopped\n").answers);
    const InstanceLook silent = read_look("silent\n");
    EXPECT_FALSE(silent.answers);
    EXPECT_THAT(silent.differs, ElementsAre("user pigsty"));
}

TEST(RedisLook, nonsense_is_borne) {
    const InstanceLook look =
        read_look("role:slave\n:::\nmaster_repl_offset:99999999999999999999\nconnected_slaves:x\n\n");
    EXPECT_EQ(look.primary, " ");
    EXPECT_EQ(look.offset, 0);
    EXPECT_EQ(look.replicas, 0);
}

TEST(RedisReplication, a_failover_is_no_drift) {
    const RedisCluster cluster = group_of_three();
    EXPECT_THAT(replication_drift(cluster, {{"10.10.10.10 6379", replica("10.10.10.11 6379")},
                                            {"10.10.10.10 6380", replica("10.10.10.11 6379")},
                                            {"10.10.10.11 6379", master()}}),
                IsEmpty());
    // Nor is one whose master is away.
    EXPECT_THAT(replication_drift(cluster, {{"10.10.10.11 6379", replica("10.10.10.10 6379")}}), IsEmpty());
}

TEST(RedisReplication, second_masters_and_strangers_are_drift) {
    const RedisCluster cluster = group_of_three();
    EXPECT_THAT(condition_drift(cluster,
                                {{"10.10.10.10 6379", master()},
                                 {"10.10.10.10 6380", replica("10.9.9.9 6379")},
                                 {"10.10.10.11 6379", master()}},
                                true),
                ElementsAre("redis-ms-1-6379 replication: its group has more than one master",
                            "redis-ms-1-6380 replication: follows 10.9.9.9 6379, which is not of its group"));
}

TEST(RedisReplication, a_link_that_stays_down_is_drift_where_the_master_answers) {
    const RedisCluster cluster = group_of_three();
    InstanceLook cut = replica("10.10.10.10 6379");
    cut.is_linked = false;
    Looks looks{
        {"10.10.10.10 6379", master()}, {"10.10.10.10 6380", replica("10.10.10.10 6379")}, {"10.10.10.11 6379", cut}};
    EXPECT_THAT(replication_drift(cluster, looks),
                ElementsAre("redis-ms-2-6379 replication: its link to its master stays down"));
    looks["10.10.10.11 6379"].is_copying = true;
    EXPECT_THAT(replication_drift(cluster, looks), IsEmpty());
    looks["10.10.10.11 6379"].is_copying = false;
    looks["10.10.10.10 6379"].answers = false;
    EXPECT_THAT(replication_drift(cluster, looks), IsEmpty());
}

TEST(RedisReplication, is_done_when_exactly_one_leads_and_the_rest_are_linked) {
    const auto group = groups_of(group_of_three()).front();
    Looks looks{{"10.10.10.10 6379", master()},
                {"10.10.10.10 6380", replica("10.10.10.10 6379")},
                {"10.10.10.11 6379", replica("10.10.10.10 6379")}};
    EXPECT_TRUE(follows_one(group, looks));
    looks["10.10.10.11 6379"].is_linked = false;
    EXPECT_FALSE(follows_one(group, looks));
    looks["10.10.10.11 6379"] = master();
    EXPECT_FALSE(follows_one(group, looks));
    looks["10.10.10.11 6379"] = replica("10.9.9.9 6379");
    EXPECT_FALSE(follows_one(group, looks));
    looks.erase("10.10.10.11 6379");
    EXPECT_TRUE(follows_one(group, looks));
    looks.erase("10.10.10.10 6379");
    EXPECT_FALSE(follows_one(group, looks));
}

// What `lasting_drift` says of a group whose replica has no link for the first `looks_without` looks, and how often it looked.
std::pair<std::vector<std::string>, int> lasting_of_cut(int looks_without, const std::vector<std::string>& said) {
    int looked = 0;
    const auto look = [&]() -> Result<Looks> {
        InstanceLook second = replica("10.10.10.10 6379");
        second.is_linked = looked++ >= looks_without;
        return Looks{{"10.10.10.10 6379", master()}, {"10.10.10.11 6379", second}};
    };
    const auto drift = lasting_drift(group_of_three(), look, true, said, Cancel());
    return {drift ? *drift : std::vector<std::string>{summary(drift.error())}, looked};
}

TEST(RedisCondition, what_passes_by_itself_is_no_drift) {
    EXPECT_THAT(lasting_of_cut(0, {}), Pair(IsEmpty(), 1));
    EXPECT_THAT(lasting_of_cut(2, {}), Pair(IsEmpty(), 3));
    const std::string said = "redis-ms-2-6379 replication: its link to its master stays down";
    EXPECT_THAT(lasting_of_cut(2, {said}), Pair(ElementsAre(said), 1));
}

TEST(RedisReplication, the_rest_follow_whom_most_follow_then_who_was_written_last) {
    const auto group = groups_of(group_of_three()).front();
    EXPECT_EQ(leader_of(group, {{"10.10.10.10 6379", master(500)},
                                {"10.10.10.10 6380", replica("10.10.10.11 6379")},
                                {"10.10.10.11 6379", master(1)}}),
              "10.10.10.11 6379");
    EXPECT_EQ(leader_of(group, {{"10.10.10.10 6379", master(1)}, {"10.10.10.11 6379", master(2)}}), "10.10.10.11 6379");
    EXPECT_EQ(leader_of(group, {{"10.10.10.10 6379", master()}, {"10.10.10.11 6379", master()}}), "10.10.10.10 6379");
    EXPECT_EQ(leader_of(group, {{"10.10.10.10 6380", replica("10.10.10.10 6379")}}), std::nullopt);
}

TEST(RedisCondition, repairs_follow_from_the_drift_alone) {
    const RedisCluster cluster = group_of_three();
    EXPECT_EQ(repairs_of(cluster, {"redis-ms-1-6379 replication: its group has more than one master"}),
              (Repairs{.replication = true}));
    EXPECT_EQ(repairs_of(cluster, {"redis-ms-1 redis-ms-1-6379 settings: maxmemory differs from what was set"}),
              Repairs{});
    EXPECT_EQ(repairs_of(cluster, {"redis-ms cluster: an id is remembered that no member has any more"}),
              (Repairs{.cluster = true, .lost_id = true}));
    EXPECT_THAT(repairs_forecast(cluster, {.replication = true}),
                ElementsAre("let the members of redis-ms follow the one master that most of their group follow; the "
                            "others' own writes go"));
}

}  // namespace
}  // namespace pigsty::module::redis
