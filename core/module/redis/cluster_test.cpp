// A native cluster: its layout, what its members say of each other, what is wrong with it, and who serves what a member lost.

#include "core/module/redis/cluster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/module/redis/condition.h"
#include "core/module/redis/layout.h"
#include "core/module/redis/lost_members.h"

namespace pigsty::module::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

RedisCluster native_on(const std::vector<std::size_t>& instances, std::int64_t replicas) {
    RedisCluster cluster;
    cluster.name = "redis-test";
    cluster.mode = "cluster";
    cluster.replicas = replicas;
    for (std::size_t node = 0; node < instances.size(); ++node) {
        RedisNode& at = cluster.nodes[std::to_string(node + 1)];
        at.node.address = "10.10.10.1" + std::to_string(node);
        for (std::size_t i = 0; i < instances[node]; ++i) at.instances[std::to_string(6379 + i)] = {};
    }
    return cluster;
}

// A line of CLUSTER NODES. Where another id answers, the address is gone.
struct Row {
    std::string id, at, master{}, slots{};
    bool has_address = true;
};

std::string line_of(const Row& row, bool is_self) {
    return row.id + " " + (row.has_address ? row.at + ":6379@16379" : ":0@0") + " " + (is_self ? "myself," : "") +
           (row.master.empty() ? "master" : "slave") + (row.has_address ? "" : ",noaddr") + " " +
           (row.master.empty() ? "-" : row.master) + " 0 0 1 connected " + row.slots + "\n";
}

// What the member of that id answers when it knows these.
InstanceLook seen_by(const std::string& id, const std::vector<Row>& rows, std::int64_t offset = 100) {
    std::string printed;
    for (const Row& row : rows) {
        printed += "node:" + line_of(row, row.id == id);
        if (row.id == id)
            printed += row.master.empty() ? "role:master\n" : "role:slave\nmaster_link_status:up\nmaster_port:6379\n";
    }
    return read_look("cluster_state:ok\ncluster_slots_ok:16384\ncluster_current_epoch:3\nmaster_repl_offset:" +
                     std::to_string(offset) + "\n" + printed);
}

// Three masters without replicas on 10.10.10.10 to .12; with one on .13 that follows the first.
const std::vector<Row> kThree{{.id = "aa", .at = "10.10.10.10", .slots = "0-5460"},
                              {.id = "bb", .at = "10.10.10.11", .slots = "5461-10921"},
                              {.id = "cc", .at = "10.10.10.12", .slots = "10922-16383"}};

Looks all_see(const std::vector<Row>& rows) {
    Looks looks;
    for (const Row& row : rows) looks[row.at + " 6379"] = seen_by(row.id, rows);
    return looks;
}

// The first came back as "xx": it knows itself alone, the others its old id.
Looks first_came_back_with(const std::string& slots) {
    std::vector<Row> rows = kThree;
    rows[0].has_address = false;
    Looks looks = all_see(rows);
    looks["10.10.10.10 6379"] = seen_by("xx", {{.id = "xx", .at = "10.10.10.10", .slots = slots}});
    return looks;
}

Slots from_to(std::size_t first, std::size_t last) {
    Slots slots;
    for (; first <= last; ++first) slots.set(first);
    return slots;
}

TEST(RedisClusterLayout, no_replica_is_beside_its_master_where_the_nodes_allow_it) {
    for (const auto& [instances, replicas] :
         std::vector<std::pair<std::vector<std::size_t>, std::int64_t>>{{{3, 3}, 1}, {{2, 2, 2}, 1}, {{3, 3, 3}, 2}}) {
        const RedisCluster cluster = native_on(instances, replicas);
        const auto shards = layout_of(cluster);
        ASSERT_EQ(shards.size(), 3U);
        EXPECT_EQ(shards.front().first, 0);
        EXPECT_EQ(shards.back().last, kSlots - 1);
        for (std::size_t i = 0; i < shards.size(); ++i) {
            if (i > 0) {
                EXPECT_EQ(shards[i].first, shards[i - 1].last + 1);
            }
            ASSERT_EQ(shards[i].replicas.size(), static_cast<std::size_t>(replicas));
            for (const InstancePlace& other : shards[i].replicas) EXPECT_NE(other.address, shards[i].master.address);
        }
    }
}

TEST(RedisClusterLayout, one_node_holds_all_where_there_is_no_other) {
    const auto shards = layout_of(native_on({6}, 1));
    ASSERT_EQ(shards.size(), 3U);
    for (const Shard& shard : shards) EXPECT_EQ(shard.replicas.size(), 1U);
    EXPECT_EQ(layout_of(native_on({2, 1}, 0)).size(), 3U);
}

TEST(RedisClusterNodes, reads_lines_with_slots_names_and_migrations) {
    const auto nodes = read_cluster_nodes(
        "aa 10.10.10.12:6379@16379,host myself,master - 0 0 1 connected 0-5460 9000 [93->-bb]\n"
        "bb 10.10.10.13:6379@16379 slave,fail? aa 0 1 2 disconnected\n"
        "cc :0@0 master,noaddr - 0 0 0 disconnected\n"
        "nonsense\n\n");
    ASSERT_EQ(nodes.size(), 3U);
    EXPECT_TRUE(nodes[0].is_self && nodes[0].is_master);
    EXPECT_EQ(nodes[0].endpoint, "10.10.10.12 6379");
    EXPECT_THAT(nodes[0].slots, ElementsAre(std::pair<std::int64_t, std::int64_t>(0, 5460),
                                            std::pair<std::int64_t, std::int64_t>(9000, 9000)));
    EXPECT_EQ(nodes[1].master, "aa");
    EXPECT_TRUE(nodes[1].is_failed);
    EXPECT_EQ(nodes[1].epoch, 2);
    EXPECT_EQ(nodes[2].id, "cc");
    EXPECT_EQ(nodes[2].endpoint, "");
    EXPECT_EQ(read_cluster_nodes("dd 10.10.10.12:6379@16379 handshake - 0 0 0 connected\n").front().id, "");
    EXPECT_THAT(read_cluster_nodes("NOAUTH Authentication required.\n"), IsEmpty());
}

TEST(RedisClusterNodes, slots_are_written_as_ranges) {
    EXPECT_EQ(slot_ranges({}), "");
    EXPECT_EQ(slot_ranges(from_to(0, 5460) | from_to(9000, 9000) | from_to(16383, 16383)),
              "0 5460 9000 9000 16383 16383");
    EXPECT_EQ(slot_ranges(~Slots()), "0 16383");
}

TEST(RedisClusterCondition, members_that_agree_are_well) {
    const RedisCluster cluster = native_on({1, 1, 1}, 0);
    EXPECT_THAT(condition_drift(cluster, all_see(kThree), true), IsEmpty());
    EXPECT_TRUE(is_agreed(cluster, all_see(kThree)));
    std::vector<Row> moved = kThree;
    moved[0].slots = "0-5459", moved[1].slots = "5460-10921";
    Looks looks = all_see(kThree);
    looks["10.10.10.11 6379"] = seen_by("bb", moved);
    EXPECT_FALSE(is_agreed(cluster, looks));
}

TEST(RedisClusterCondition, a_silent_member_explains_what_is_not_served) {
    const RedisCluster cluster = native_on({1, 1, 1}, 0);
    Looks looks = all_see(kThree);
    looks["10.10.10.12 6379"].state = "fail";
    EXPECT_THAT(condition_drift(cluster, looks, true),
                ElementsAre("redis-test cluster: not all slots are served by members that agree"));
    EXPECT_THAT(condition_drift(cluster, looks, false), IsEmpty());
    looks.erase("10.10.10.10 6379");
    EXPECT_THAT(condition_drift(cluster, looks, true), IsEmpty());
    EXPECT_THAT(
        condition_drift(
            cluster, {{"10.10.10.10 6379", seen_by("aa", {{.id = "aa", .at = "10.10.10.10", .slots = "0"}})}}, false),
        ElementsAre("redis-test-1-6379 cluster: does not know all members"));
}

TEST(RedisClusterCondition, a_master_without_slots_is_drift) {
    std::vector<Row> rows = kThree;
    rows.push_back({.id = "dd", .at = "10.10.10.13"});
    EXPECT_THAT(condition_drift(native_on({1, 1, 1, 1}, 0), all_see(rows), true),
                ElementsAre("redis-test-4-6379 cluster: serves no slots and follows nobody"));
}

// The others go on saying that all is served, and count one member more than there is.
TEST(RedisClusterCondition, a_member_that_lost_its_id_is_drift) {
    EXPECT_THAT(condition_drift(native_on({1, 1, 1}, 0), first_came_back_with(""), true),
                ElementsAre("redis-test cluster: an id is remembered that no member has any more",
                            "redis-test cluster: not all slots are served by members that agree",
                            "redis-test-1-6379 cluster: does not know all members",
                            "redis-test-2-6379 cluster: does not know all members",
                            "redis-test-3-6379 cluster: does not know all members"));
}

TEST(RedisClusterCondition, the_id_of_a_silent_member_is_not_lost) {
    const RedisCluster cluster = native_on({1, 1, 1}, 0);
    Looks looks = all_see(kThree);
    looks.erase("10.10.10.10 6379");
    EXPECT_THAT(lost_ids(cluster, tables_of(looks)), IsEmpty());
    // Nor is one without an address while the silent one's may be it.
    Looks without = first_came_back_with("");
    without.erase("10.10.10.10 6379");
    EXPECT_THAT(lost_ids(cluster, tables_of(without)), IsEmpty());
    EXPECT_THAT(lost_ids(cluster, tables_of(first_came_back_with(""))), ElementsAre("aa"));
}

TEST(RedisLostMembers, a_replica_takes_over) {
    std::vector<Row> rows = kThree;
    rows[0].has_address = false;
    rows.push_back({.id = "dd", .at = "10.10.10.13", .master = "aa"});
    rows.push_back({.id = "ee", .at = "10.10.10.14", .master = "aa"});
    Looks looks = all_see(rows);
    looks["10.10.10.14 6379"] = seen_by("ee", rows, 200);
    looks["10.10.10.10 6379"] = seen_by("xx", {{.id = "xx", .at = "10.10.10.10", .slots = "7 9"}});
    const auto cluster = native_on({1, 1, 1, 1, 1}, 0);
    const auto heirs = heirs_of(cluster, looks);
    ASSERT_TRUE(heirs) << summary(heirs.error());
    ASSERT_EQ(heirs->size(), 1U);
    EXPECT_EQ(heirs->front().lost, "aa");
    EXPECT_EQ(heirs->front().place.name, "redis-test-5-6379");
}

TEST(RedisLostMembers, nothing_is_left_to_do_where_one_took_over_already) {
    std::vector<Row> rows = kThree;
    rows[0].has_address = false, rows[0].slots.clear();
    rows.push_back({.id = "dd", .at = "10.10.10.13", .slots = "0-5460"});
    Looks looks = all_see(rows);
    // Its old copy is in nobody's way.
    looks["10.10.10.10 6379"] = seen_by("xx", {{.id = "xx", .at = "10.10.10.10", .slots = "7 9"}});
    const auto cluster = native_on({1, 1, 1, 1}, 0);
    const auto heirs = heirs_of(cluster, looks);
    ASSERT_TRUE(heirs) << summary(heirs.error());
    EXPECT_THAT(*heirs, IsEmpty());
}

TEST(RedisLostMembers, one_that_still_has_keys_serves_them_again) {
    const auto cluster = native_on({1, 1, 1}, 0);
    const auto heirs = heirs_of(cluster, first_came_back_with("7 9"));
    ASSERT_TRUE(heirs) << summary(heirs.error());
    ASSERT_EQ(heirs->size(), 1U);
    EXPECT_EQ(heirs->front().lost, "");
    EXPECT_EQ(heirs->front().place.name, "redis-test-1-6379");
    EXPECT_EQ(slot_ranges(heirs->front().slots), "0 6 8 8 10 5460");
}

TEST(RedisLostMembers, lost_data_is_an_error_with_the_way_out) {
    const auto cluster = native_on({1, 1, 1}, 0);
    const auto heirs = heirs_of(cluster, first_came_back_with(""));
    ASSERT_FALSE(heirs);
    EXPECT_THAT(summary(heirs.error()),
                HasSubstr("expected one member of redis-test that has the data of the slots 0 5460, found none"));
    EXPECT_THAT(heirs.error().hint, HasSubstr("/data/redis/redis-test-1-6379"));
    EXPECT_THAT(heirs.error().hint, HasSubstr("CLUSTER ADDSLOTSRANGE 0 5460"));
    // Keys of other slots are not what is looked for.
    EXPECT_FALSE(heirs_of(cluster, first_came_back_with("7 6000")));
}

TEST(RedisLostMembers, slots_that_somebody_took_from_a_lost_id_by_hand_are_looked_for_as_well) {
    const auto cluster = native_on({1, 1, 1}, 0);
    Looks looks = all_see({kThree[1], kThree[2]});
    looks["10.10.10.10 6379"] = seen_by("xx", {{.id = "xx", .at = "10.10.10.10", .slots = ""}});
    EXPECT_FALSE(heirs_of(cluster, looks));
    looks["10.10.10.10 6379"] = seen_by("xx", {{.id = "xx", .at = "10.10.10.10", .slots = "0-5460"}});
    const auto heirs = heirs_of(cluster, looks);
    ASSERT_TRUE(heirs) << summary(heirs.error());
    ASSERT_EQ(heirs->size(), 1U);
    EXPECT_TRUE(heirs->front().slots.none());
}

TEST(RedisLostMembers, a_silent_replica_is_waited_for) {
    std::vector<Row> rows = kThree;
    rows[0].has_address = false;
    rows.push_back({.id = "dd", .at = "10.10.10.13", .master = "aa"});
    Looks looks = all_see(rows);
    looks.erase("10.10.10.13 6379");
    looks["10.10.10.10 6379"] = seen_by("xx", {{.id = "xx", .at = "10.10.10.10", .slots = "7"}});
    const auto heirs = heirs_of(native_on({1, 1, 1, 1}, 0), looks);
    ASSERT_FALSE(heirs);
    EXPECT_EQ(heirs.error().code, ErrorCode::unreachable);
}

}  // namespace
}  // namespace pigsty::module::redis
