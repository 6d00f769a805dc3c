#include "core/module/pgsql/cluster/overview.h"

#include "core/module/pgsql/session/testing/live_cluster.h"

namespace pigsty::module::pgsql {
namespace {

using ::testing::ElementsAre;
using ::testing::Key;

// As Patroni 4 answers.
constexpr const char* kReply = R"({"pause": true, "members": [
    {"name": "pg-test-1", "role": "sync_standby", "state": "streaming", "timeline": 3, "lag": 0, "pending_restart": true},
    {"name": "pg-test-2", "role": "leader", "state": "running", "timeline": 3},
    {"name": "pg-test-9", "role": "replica", "state": "streaming", "timeline": 3, "lag": 16}]})";

TEST(Overview, shows_every_declared_member_as_patroni_sees_it) {
    const auto seen = client::patroni_cluster_from_json(nlohmann::json::parse(kReply));
    ASSERT_TRUE(seen);
    const auto members = members_seen(three_members(), *seen);
    EXPECT_THAT(members, ElementsAre(Key("1"), Key("2"), Key("10")));
    EXPECT_EQ(members.at("1"), (MemberOverview{.name = "pg-test-1",
                                               .address = "10.10.10.11",
                                               .declared_role = "primary",
                                               .role = "sync_standby",
                                               .state = "streaming",
                                               .sync_state = "sync",
                                               .timeline = 3,
                                               .lag_bytes = 0,
                                               .pending_restart = true,
                                               .serves = true}));
    EXPECT_EQ(members.at("2").role, "leader");
    EXPECT_EQ(members.at("2").sync_state, std::nullopt);
    EXPECT_EQ(members.at("10"),
              (MemberOverview{.name = "pg-test-10", .address = "10.10.10.13", .declared_role = "offline"}));
}

TEST(Overview, spells_versions_as_people_do) {
    EXPECT_EQ(version_text(170006), "17.6");
    EXPECT_EQ(version_text(180000), "18.0");
}

using OverviewOfACluster = LiveCluster;

TEST_F(OverviewOfACluster, holds_the_leader_and_its_settings) {
    const auto seen = overview_of(*session, cancel);
    ASSERT_TRUE(seen) << summary(seen.error());
    EXPECT_EQ(seen->leader, "pg-test-1");
    EXPECT_FALSE(seen->incomplete);
    EXPECT_EQ(session->counters().patroni_gets, 1U);  // that reply also says where SQL goes
    EXPECT_EQ(seen->members.at("1").timeline, 1);
    EXPECT_TRUE(seen->members.at("1").serves);
    EXPECT_EQ(seen->system_identifier,
              sql("SELECT system_identifier FROM pg_control_system()").substr(0, seen->system_identifier.size()));
    EXPECT_FALSE(seen->system_identifier.empty());
    EXPECT_EQ(seen->settings.at("fsync"), "off");
    EXPECT_EQ(seen->settings.at("log_statement"), "all");
    EXPECT_FALSE(seen->settings.contains("work_mem")) << "PostgreSQL's own default";
}

TEST_F(OverviewOfACluster, says_what_it_could_not_see) {
    cluster.instances = {{"2", {.node = {.address = "127.0.0.1"}}}};
    const auto seen = overview_of(*fresh(), cancel);
    ASSERT_TRUE(seen) << summary(seen.error());
    EXPECT_EQ(seen->leader, "pg-test-1");
    ASSERT_TRUE(seen->incomplete);
    EXPECT_THAT(seen->incomplete->message, ::testing::HasSubstr("its machine does not answer"));
    EXPECT_EQ(seen->members.at("2").state, std::nullopt);
    EXPECT_FALSE(seen->members.at("2").serves);
}

}  // namespace
}  // namespace pigsty::module::pgsql
