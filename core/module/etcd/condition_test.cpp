#include "core/module/etcd/condition.h"

#include <gmock/gmock.h>

namespace pigsty::module::etcd {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

EtcdCluster three_members() {
    EtcdCluster cluster;
    cluster.members = {
        {"1", {.address = "10.10.10.11"}}, {"2", {.address = "10.10.10.12"}}, {"3", {.address = "10.10.10.13"}}};
    return cluster;
}

MemberLook look(const char* member, MemberCondition condition, bool is_running = true) {
    return {.member = member, .is_running = is_running, .condition = std::move(condition)};
}

std::string reply(int status, const std::string& body) {
    return "HTTP/1.1 " + std::to_string(status) + " Any\r\nContent-Type: application/json\r\n\r\n" + body;
}

MemberCondition well() { return {.has_data = true, .reads = true}; }

TEST(Condition, is_read_from_what_etcd_says) {
    const std::string status = reply(200, R"({"header":{"revision":"61"}, "version":"3.5.16", "leader":"15"})");
    const auto fine =
        member_condition("data\n" + status + reply(403, R"({"message":"etcdserver: permission denied"})"));
    EXPECT_TRUE(fine.has_data && fine.reads && !fine.is_open && fine.alarms.empty());
    const auto open = member_condition("data\n" + status + reply(200, R"({"header":{"revision":"61"}})"));
    EXPECT_TRUE(open.reads && open.is_open);
    const auto alone = member_condition("data\n" + status);
    EXPECT_TRUE(alone.has_data && !alone.reads && !alone.is_open);
    const auto full =
        member_condition("data\n" +
                         reply(200, R"({"header":{}, "leader":"10501334649042878790", "errors":)"
                                    R"(["memberID:10501334649042878790 alarm:NOSPACE ","etcdserver: no leader"]})") +
                         reply(504, R"({"message":"etcdserver: request timed out"})"));
    EXPECT_THAT(full.alarms, ElementsAre("NOSPACE"));
    EXPECT_FALSE(full.reads);
    const auto nothing = member_condition("");
    EXPECT_TRUE(!nothing.has_data && !nothing.reads);
}

TEST(Condition, of_a_cluster_that_is_well_is_no_drift) {
    EXPECT_THAT(
        condition_drift(three_members(), {look("etcd-1", well()), look("etcd-2", well()), look("etcd-3", well())}),
        IsEmpty());
    EXPECT_THAT(condition_drift(three_members(), {}), IsEmpty());
}

TEST(Condition, is_told_once_in_words_and_repaired_by_them) {
    const MemberCondition open{.has_data = true, .reads = true, .is_open = true, .alarms = {"NOSPACE"}};
    const auto drift =
        condition_drift(three_members(), {look("etcd-1", open), look("etcd-2", open), look("etcd-3", {}, false)});
    EXPECT_THAT(drift,
                ElementsAre("etcd alarm NOSPACE: the database has reached its quota, nothing is written any more",
                            "etcd authentication: is off, whoever has a certificate reads and writes all",
                            "etcd-3 data: is gone, there is no write-ahead log in it"));
    EXPECT_EQ(repairs_of(three_members(), drift), (Repairs{.authentication = true, .space = true, .lost = {"etcd-3"}}));
    EXPECT_THAT(
        repairs_forecast(three_members(), repairs_of(three_members(), drift)),
        ElementsAre("switch authentication of etcd on",
                    "remove etcd-3 from etcd and add it anew: it copies the others' data, once they are seen to "
                    "have a quorum without it",
                    "compact and defragment etcd, a member at a time, and disarm its alarm NOSPACE"));
    EXPECT_FALSE(repairs_of(three_members(), {"etcd-1 service etcd.service: inactive, expected active"}).any());
}

TEST(Condition, a_lost_quorum_is_the_clusters_and_a_silent_member_its_own) {
    const MemberCondition silent{.has_data = true};
    EXPECT_THAT(condition_drift(three_members(), {look("etcd-1", silent), look("etcd-2", silent, false)}),
                ElementsAre("etcd quorum: no member answers a read that a majority agrees in"));
    const auto drift = condition_drift(three_members(),
                                       {look("etcd-1", well()), look("etcd-2", silent), look("etcd-3", silent, false)});
    EXPECT_THAT(drift, ElementsAre("etcd-2 quorum: this member has no part in it"));
    EXPECT_TRUE(repairs_of(three_members(), drift).quorum);
}

}  // namespace
}  // namespace pigsty::module::etcd
