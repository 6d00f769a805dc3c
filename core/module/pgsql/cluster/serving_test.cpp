#include "core/module/pgsql/cluster/serving.h"

#include "core/module/pgsql/session/testing/live_cluster.h"

namespace pigsty::module::pgsql {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

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

TEST(Serving, a_failover_that_ended_is_no_drift) { EXPECT_THAT(not_serving(three_members(), whole()), IsEmpty()); }

TEST(Serving, a_member_serves_when_the_leader_says_so_whatever_it_says_itself) {
    Moment moment = whole();
    moment.streaming = {"pg-test-10"};
    EXPECT_THAT(not_serving(three_members(), moment),
                ElementsAre("pg-test-1 postgresql: does not stream from the leader"));
    // One that Patroni lost from sight, as one that starts again and again: the same words, so that they do not flap.
    moment.patroni.members.erase(moment.patroni.members.begin());
    EXPECT_THAT(not_serving(three_members(), moment),
                ElementsAre("pg-test-1 postgresql: does not stream from the leader"));
}

TEST(Serving, a_machine_that_does_not_answer_may_serve_all_the_same) {
    Moment moment = whole();
    moment.streaming = std::set<std::string>();
    moment.reached = {"pg-test-2", "pg-test-10"};
    EXPECT_THAT(not_serving(three_members(), moment),
                ElementsAre("pg-test-10 postgresql: does not stream from the leader"));
}

TEST(Serving, who_streams_from_another_member_speaks_for_itself) {
    PgCluster cluster = three_members();
    cluster.instances["10"].upstream = "1";
    Moment moment = whole();
    moment.streaming = {"pg-test-1"};
    EXPECT_THAT(not_serving(cluster, moment), IsEmpty());
    moment.patroni.members[2].state = "running";
    EXPECT_THAT(not_serving(cluster, moment), ElementsAre("pg-test-10 postgresql: does not stream from pg-test-1"));
    moment.patroni.members[0].state = "running";  // an older Patroni, which has no word for it
    EXPECT_THAT(not_serving(cluster, moment), IsEmpty());
    moment.patroni.members[2].timeline = 2;
    EXPECT_THAT(not_serving(cluster, moment), ElementsAre("pg-test-10 postgresql: does not stream from pg-test-1"));
}

TEST(Serving, who_lags_behind_follows_a_new_leader_in_its_own_time) {
    PgCluster cluster = three_members();
    cluster.instances["10"].role = "delayed";
    Moment moment = whole();
    moment.streaming = {"pg-test-1"};
    moment.patroni.members[2].state = "running";
    moment.patroni.members[2].timeline = 2;
    EXPECT_THAT(not_serving(cluster, moment), IsEmpty());
    moment.patroni.members[2].state = "start failed";
    EXPECT_THAT(not_serving(cluster, moment), ElementsAre("pg-test-10 postgresql: does not stream from the leader"));
}

TEST(Serving, without_the_leaders_word_the_members_own_has_to_do) {
    Moment moment = whole();
    moment.streaming.reset();
    moment.reached = {"pg-test-1", "pg-test-10"};
    EXPECT_THAT(not_serving(three_members(), moment), IsEmpty());
    moment.patroni.members[0].state = "start failed";
    moment.patroni.members[2].timeline = 2;
    EXPECT_THAT(not_serving(three_members(), moment),
                ElementsAre("pg-test-1 postgresql: does not stream from the leader",
                            "pg-test-10 postgresql: does not stream from the leader"));
}

TEST(Serving, a_leader_that_takes_no_connections_or_none_at_all_is_said_without_its_name) {
    Moment moment = whole();
    moment.streaming.reset();
    EXPECT_THAT(not_serving(three_members(), moment),
                ElementsAre("pg-test postgresql: the leader takes no connections"));
    moment.patroni.members[1].role = "replica";
    EXPECT_THAT(not_serving(three_members(), moment), ElementsAre("pg-test postgresql: no member leads"));
    // Somebody works on it.
    moment.patroni.paused = true;
    EXPECT_THAT(not_serving(three_members(), moment), IsEmpty());
}

TEST(Serving, knows_its_own_sentences) {
    const PgCluster cluster = three_members();
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

// Without a quorum of etcd.
// A restart has 20 s (two of the leader's loops, two tries to stream), a failover 40 (the lease, a loop, a margin).
TEST(Patience, standbys_have_their_time_from_when_a_leader_is_there) {
    using std::chrono::seconds;
    const Patience::Time begun{};
    Patience led(begun);
    EXPECT_TRUE(led.lasts(true, begun + seconds(19)));
    EXPECT_FALSE(led.lasts(true, begun + seconds(20)));
    Patience leaderless(begun);
    EXPECT_TRUE(leaderless.lasts(false, begun + seconds(39)));
    EXPECT_FALSE(leaderless.lasts(false, begun + seconds(40)));
    // The new leader comes after 30 s: its standbys need a moment.
    Patience failover(begun);
    EXPECT_TRUE(failover.lasts(false, begun + seconds(29)));
    EXPECT_TRUE(failover.lasts(true, begun + seconds(30)));
    EXPECT_TRUE(failover.lasts(true, begun + seconds(49)));
    EXPECT_FALSE(failover.lasts(true, begun + seconds(50)));
}

TEST(Patience, lasts_as_long_as_the_plan_says) {
    const Patience::Time begun{};
    Patience wide(begun, render::failover_plan("wide"));
    EXPECT_TRUE(wide.lasts(false, begun + std::chrono::seconds(120)));
    EXPECT_FALSE(wide.lasts(false, begun + std::chrono::seconds(160)));
}

TEST(Patience, ends_where_leaders_come_and_go) {
    using std::chrono::seconds;
    const Patience::Time begun{};
    Patience patience(begun);
    int at = 0;
    while (at < 1000 && patience.lasts(at % 2 == 0, begun + seconds(at))) ++at;
    EXPECT_EQ(at, 60);
}

class ServingWithoutEtcd : public LiveCluster {
  protected:
    void TearDown() override {
        if (machine) patroni_says_as_before();
    }
    std::vector<std::string> sentences(const std::string& expected) {
        const auto members = session->members(cancel);
        if (!members) return {summary(members.error())};
        const auto seen = look_at_serving(*session, *members, {expected}, cancel);
        if (!seen) return {summary(seen.error())};
        return seen->sentences;
    }
};

TEST_F(ServingWithoutEtcd, nobody_leads_whoever_of_the_members_is_asked) {
    const std::string nobody = "pg-test postgresql: no member leads";
    cluster.port = 5999;  // nobody takes connections there
    session = fresh();
    // One shows who led last.
    patroni_says("patroni", R"({"state":"running","role":"replica","timeline":1})");
    EXPECT_THAT(sentences(nobody), ElementsAre(nobody));
    patroni_says("patroni", R"({"state":"starting","role":"demoted"})");
    EXPECT_THAT(sentences(nobody), ElementsAre(nobody));
    // Another one does not answer.
    patroni_says("cluster", "");
    EXPECT_THAT(sentences(nobody), ElementsAre(nobody));
}

TEST_F(ServingWithoutEtcd, a_leader_that_says_so_itself_leads) {
    patroni_says("cluster", "");
    patroni_says("patroni", R"({"state":"running","role":"primary","timeline":1})");
    EXPECT_THAT(sentences(""), IsEmpty());
    cluster.port = 5999;
    session = fresh();
    const std::string silent = "pg-test postgresql: the leader takes no connections";
    EXPECT_THAT(sentences(silent), ElementsAre(silent));
}

TEST_F(ServingWithoutEtcd, where_no_patroni_answers_nothing_is_said_of_postgresql) {
    patroni_says("cluster", "");
    patroni_says("patroni", "");
    const auto members = session->members(cancel);
    ASSERT_TRUE(members) << summary(members.error());
    EXPECT_FALSE(look_at_serving(*session, *members, {}, cancel));
}

}  // namespace
}  // namespace pigsty::module::pgsql
