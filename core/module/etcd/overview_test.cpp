#include "core/module/etcd/overview.h"

#include <gmock/gmock.h>

namespace pigsty::module::etcd {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

EtcdCluster of_three() {
    EtcdCluster cluster;
    cluster.members = {
        {"1", {.address = "10.10.10.11"}}, {"2", {.address = "10.10.10.12"}}, {"3", {.address = "10.10.10.13"}}};
    return cluster;
}

// As the gateway of 3.5 answers: 64-bit numbers as text.
std::string said(const std::string& id, const std::string& leader, const std::string& more = "",
                 const std::string& read = R"({"message":"etcdserver: user name is empty"})") {
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n";
    return "data\n" + head + R"({"header":{"cluster_id":"7","member_id":")" + id +
           R"(","revision":"61","raft_term":"2"},"version":"3.5.16","dbSize":"20480","leader":")" + leader +
           R"(","raftIndex":"9","dbSizeInUse":"16384")" + more + "}" + head + read;
}

TEST(Overview, joins_what_the_members_say) {
    const auto seen = overview_of(
        of_three(), {{"1", said("10501334649042878790", "11")}, {"2", said("11", "11")}, {"3", said("12", "11")}});
    EXPECT_EQ(seen.leader, "etcd-2");
    EXPECT_TRUE(seen.healthy && seen.quorum);
    EXPECT_EQ(seen.version, "3.5.16");
    EXPECT_EQ(seen.database_size, 20480);
    EXPECT_EQ(seen.revision, 61);
    EXPECT_THAT(seen.alarms, IsEmpty());
    const MemberOverview& first = seen.members.at("1");
    EXPECT_EQ(first, (MemberOverview{.name = "etcd-1",
                                     .address = "10.10.10.11",
                                     .healthy = true,
                                     .id = "91bc3c398fb3c146",
                                     .version = "3.5.16",
                                     .database_size = 20480,
                                     .database_size_in_use = 16384,
                                     .revision = 61}));
    EXPECT_TRUE(seen.members.at("2").leads);
}

TEST(Overview, of_a_member_that_is_silent_says_what_the_others_know) {
    const auto seen = overview_of(of_three(), {{"1", said("10", "12")}, {"2", said("11", "12")}, {"3", std::nullopt}});
    EXPECT_EQ(seen.leader, "etcd-3");
    EXPECT_TRUE(!seen.healthy && seen.quorum && !seen.members.at("3").healthy);
    EXPECT_EQ(seen.members.at("3").id, std::nullopt);
    // Two that did not answer: it may be either.
    EXPECT_EQ(overview_of(of_three(), {{"1", said("10", "12")}}).leader, std::nullopt);
}

TEST(Overview, without_a_quorum_has_no_leader_and_tells_of_alarms) {
    const std::string lost = R"({"message":"etcdserver: request timed out"})";
    const std::string errors = R"(,"errors":["memberID:10 alarm:NOSPACE ","etcdserver: no leader"])";
    const auto seen = overview_of(of_three(), {{"1", said("10", "0", errors, lost)}, {"2", "data\n"}});
    EXPECT_EQ(seen.leader, std::nullopt);
    EXPECT_TRUE(!seen.healthy && !seen.quorum);
    EXPECT_THAT(seen.alarms, ElementsAre("NOSPACE"));
    const auto nothing = overview_of(of_three(), {});
    EXPECT_TRUE(!nothing.healthy && !nothing.quorum && !nothing.version && !nothing.revision);
    EXPECT_EQ(nothing.members.size(), 3U);
}

}  // namespace
}  // namespace pigsty::module::etcd
