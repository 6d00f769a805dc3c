#include "core/module/pgsql/serving.h"

#include "core/module/pgsql/testing/live_cluster.h"

namespace pigsty::module::pgsql {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

PgCluster serving_three() {
    PgCluster cluster;
    cluster.name = "pg-test";
    cluster.instances = {{"1", {.node = {.address = "10.10.10.11"}, .role = "primary"}},
                         {"2", {.node = {.address = "10.10.10.12"}}},
                         {"10", {.node = {.address = "10.10.10.13"}, .role = "offline"}}};
    return cluster;
}

client::PatroniMember patroni_member(const char* name, const char* role, const char* state, std::int64_t timeline = 3) {
    client::PatroniMember member;
    member.name = name;
    member.role = role;
    member.state = state;
    member.timeline = timeline;
    return member;
}

// pg-test-2 leads after a failover, and streams to the two others.
Moment whole() {
    return {.patroni = {.members = {patroni_member("pg-test-1", "replica", "streaming"),
                                    patroni_member("pg-test-2", "leader", "running"),
                                    patroni_member("pg-test-10", "replica", "streaming")}},
            .reached = {"pg-test-1", "pg-test-2", "pg-test-10"},
            .streaming = std::set<std::string>{"pg-test-1", "pg-test-10"}};
}

TEST(Serving, a_failover_that_ended_is_no_drift) { EXPECT_THAT(not_serving(serving_three(), whole()), IsEmpty()); }

TEST(Serving, a_member_serves_when_the_leader_says_so_whatever_it_says_itself) {
    Moment moment = whole();
    moment.streaming = {"pg-test-10"};
    EXPECT_THAT(not_serving(serving_three(), moment),
                ElementsAre("pg-test-1 postgresql: does not stream from the leader"));
    // One that Patroni lost from sight, as one that starts again and again: the same words, so that they do not flap.
    moment.patroni.members.erase(moment.patroni.members.begin());
    EXPECT_THAT(not_serving(serving_three(), moment),
                ElementsAre("pg-test-1 postgresql: does not stream from the leader"));
}

TEST(Serving, a_machine_that_does_not_answer_may_serve_all_the_same) {
    Moment moment = whole();
    moment.streaming = std::set<std::string>();
    moment.reached = {"pg-test-2", "pg-test-10"};
    EXPECT_THAT(not_serving(serving_three(), moment),
                ElementsAre("pg-test-10 postgresql: does not stream from the leader"));
}

TEST(Serving, without_the_leaders_word_the_members_own_has_to_do) {
    Moment moment = whole();
    moment.streaming.reset();
    moment.reached = {"pg-test-1", "pg-test-10"};
    EXPECT_THAT(not_serving(serving_three(), moment), IsEmpty());
    moment.patroni.members[0].state = "start failed";
    moment.patroni.members[2].timeline = 2;
    EXPECT_THAT(not_serving(serving_three(), moment),
                ElementsAre("pg-test-1 postgresql: does not stream from the leader",
                            "pg-test-10 postgresql: does not stream from the leader"));
}

TEST(Serving, a_leader_that_takes_no_connections_or_none_at_all_is_said_without_its_name) {
    Moment moment = whole();
    moment.streaming.reset();
    EXPECT_THAT(not_serving(serving_three(), moment),
                ElementsAre("pg-test postgresql: the leader takes no connections"));
    moment.patroni.members[1].role = "replica";
    EXPECT_THAT(not_serving(serving_three(), moment), ElementsAre("pg-test postgresql: no member leads"));
    // Somebody works on it.
    moment.patroni.paused = true;
    EXPECT_THAT(not_serving(serving_three(), moment), IsEmpty());
}

TEST(Serving, knows_its_own_sentences) {
    const PgCluster cluster = serving_three();
    EXPECT_FALSE(is_about_serving(cluster, {"pg-test-1 /pg/conf/pg_hba.conf: content differs", "pg-test dcs: ttl is 1",
                                            "pg-test-11 postgresql: does not stream from the leader"}));
    EXPECT_TRUE(is_about_serving(cluster, {"pg-test-10 postgresql: does not stream from the leader"}));
    EXPECT_TRUE(is_about_serving(cluster, {"pg-test-2 /pg/data: no PostgreSQL data there"}));
    EXPECT_TRUE(is_about_serving(cluster, {"pg-test postgresql: no member leads"}));
    EXPECT_TRUE(is_about_serving(cluster, {"pg-test patroni: no member answers"}));
}

TEST(Serving, names_the_folder_whose_data_are_gone) {
    const converge::Member member{.number = "3", .name = "pg-test-3", .address = {}};
    node::Observation seen;
    seen.set(data_folder_probe(), node::raw_answer(node::PathState{}));
    EXPECT_EQ(data_folder_drift(member, seen), "pg-test-3 /pg/data: no PostgreSQL data there");
    seen.set(data_folder_probe(), node::raw_answer(node::PathState{.type = node::PathType::file}));
    EXPECT_EQ(data_folder_drift(member, seen), std::nullopt);
}

using ServingOfACluster = LiveCluster;

TEST_F(ServingOfACluster, is_whole_where_the_leader_answers) {
    const auto members = session->members(cancel);
    ASSERT_TRUE(members) << summary(members.error());
    const auto seen = look_at_serving(*session, *members, {}, cancel);
    ASSERT_TRUE(seen) << summary(seen.error());
    EXPECT_THAT(seen->sentences, IsEmpty());
    EXPECT_FALSE(seen->leader_silent);
    EXPECT_EQ(seen->moment.streaming, std::set<std::string>());
}

TEST_F(ServingOfACluster, what_was_said_before_needs_no_second_look) {
    cluster.instances["2"] = {.node = {.address = "127.0.0.1"}};
    session = fresh();
    const auto members = session->members(cancel);
    ASSERT_TRUE(members) << summary(members.error());
    const auto seen =
        look_at_serving(*session, *members, {"pg-test-2 postgresql: does not stream from the leader"}, cancel);
    ASSERT_TRUE(seen) << summary(seen.error());
    EXPECT_THAT(seen->sentences, ElementsAre("pg-test-2 postgresql: does not stream from the leader"));
    const auto by_name = look_at_serving(*session, *members, {"pg-test-2"}, cancel);
    ASSERT_TRUE(by_name);
    EXPECT_EQ(by_name->sentences, seen->sentences);
    // Neither waited for what passes by itself.
    EXPECT_EQ(session->counters().patroni_gets, 2U);
}

}  // namespace
}  // namespace pigsty::module::pgsql
