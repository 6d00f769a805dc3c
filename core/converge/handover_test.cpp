// Creates that nobody wrote down: what is finished and in no state, on real root ends.
#include "core/converge/handover.h"

#include "core/converge/testing/run_fixture.h"

namespace pigsty::converge {
namespace {

class HandoverTest : public RunTest {
  protected:
    void SetUp() override {
        RunTest::SetUp();
        handover = std::make_shared<Handover>();
    }
    // The CLI and the provider are gone; another one starts.
    void killed() {
        nodes.clear();
        handover = std::make_shared<Handover>();
    }
    std::string create_error() {
        const auto status = run()->create(table({}));
        return status ? "no error" : summary(status.error());
    }
};

TEST_F(HandoverTest, what_a_killed_run_had_finished_is_taken_over_and_follows_the_configuration) {
    const std::string id = created();
    EXPECT_THAT(claim_text(1), HasSubstr("\"handover\": \"" + handover->run_id()));
    killed();
    auto next = run("", {{"text", "two"}});
    const auto status = next->create(table({.text = "two\n"}));
    ASSERT_TRUE(status) << summary(status.error()) << detail(status.error());
    EXPECT_EQ(next->identity().id, id);
    EXPECT_THAT(next->warnings(),
                ElementsAre("takes over test \"t\": the run that made it was killed before any state knew of it"));
    EXPECT_EQ(sh(1, "cat /etc/pigtest/main.conf"), "t-1 two\n");
    EXPECT_THAT(claim_text(2), HasSubstr("\"handover\": \"" + handover->run_id()));
    // It is this run's now, and handed over with it.
    next->note_made();
    EXPECT_TRUE(handover->confirm(Cancel::within(std::chrono::seconds(10))).empty());
    EXPECT_THAT(claim_text(1) + claim_text(2), testing::Not(HasSubstr("handover")));
    EXPECT_THAT(claim_text(1), HasSubstr("\"state\": \"ready\""));
    // What the killed run wrote is not what was there before us.
    ASSERT_TRUE(run(id)->destroy({}));
    EXPECT_EQ(sh(1, "ls /etc/pigtest 2>/dev/null; ls /var/lib/pigsty/claims"), "");
}

TEST_F(HandoverTest, a_run_that_ends_in_order_confirms_with_one_request_a_node_and_then_it_exists) {
    auto first = run();
    ASSERT_TRUE(first->create(table({})));
    first->note_made();
    const auto before = requests(1);
    EXPECT_TRUE(handover->confirm(Cancel::within(std::chrono::seconds(10))).empty());
    EXPECT_EQ(requests(1), before + 1);
    EXPECT_TRUE(handover->confirm(Cancel::within(std::chrono::seconds(10))).empty());
    EXPECT_EQ(requests(1), before + 1);
    killed();
    EXPECT_THAT(create_error(), HasSubstr("test \"t\" exists already on this node"));
    const auto drift = run(first->identity().id)->read(table({}));
    ASSERT_TRUE(drift);
    EXPECT_TRUE(drift->sentences.empty());
}

TEST_F(HandoverTest, nothing_is_taken_over_while_the_run_that_made_it_lives) {
    created();
    const auto alive = nodes;
    handover = std::make_shared<Handover>();
    lock_timeout = std::chrono::milliseconds(500);
    EXPECT_THAT(create_error(), HasSubstr("was made by another run"));
    EXPECT_THAT(claim_text(1), testing::Not(HasSubstr(handover->run_id())));
}

TEST_F(HandoverTest, the_same_run_does_not_make_it_twice) {
    created();
    EXPECT_THAT(create_error(), HasSubstr("test \"t\" exists already on this node"));
}

TEST_F(HandoverTest, one_node_that_is_confirmed_speaks_for_all) {
    created();
    sh(2, "sed -i '/\"handover\"/d' /var/lib/pigsty/claims/test-t.json");
    killed();
    EXPECT_THAT(create_error(), HasSubstr("test \"t\" exists already on this node"));
}

TEST_F(HandoverTest, a_state_that_knows_of_it_says_so_with_its_next_apply) {
    const std::string id = created();
    killed();
    const auto drift = run(id)->read(table({}));
    ASSERT_TRUE(drift);
    EXPECT_THAT(drift->sentences, ElementsAre(HasSubstr("t claim: the run that made it was killed")));
    EXPECT_EQ(writes(1), 0U);
    EXPECT_THAT(claim_text(1), HasSubstr("handover"));
    const auto updated = run(id)->update(table({}), planned({}, *drift));
    ASSERT_TRUE(updated) << summary(updated.error());
    EXPECT_THAT(claim_text(1) + claim_text(2), testing::Not(HasSubstr("handover")));
    const auto after = run(id)->read(table({}));
    ASSERT_TRUE(after);
    EXPECT_TRUE(after->sentences.empty());
    // And once more: nothing to write.
    ASSERT_TRUE(run(id)->update(table({}), planned({})));
    EXPECT_EQ(writes(1), 0U);
}

TEST(Handover, a_place_that_fails_holds_up_no_other_and_each_is_asked_once) {
    Handover handover("1-2");
    std::vector<std::string> confirmed;
    const auto good = [&](const std::vector<Handover::Made>& made, const Cancel&) -> Status {
        for (const auto& what : made) confirmed.push_back(what.kind + " " + what.name);
        return {};
    };
    handover.made("a", {"role", "x"}, [](const auto&, const Cancel&) -> Status { throw std::runtime_error("gone"); });
    handover.made("b", {"role", "y"}, good);
    handover.made("b", {"role", "z"}, good);
    const auto errors = handover.confirm(Cancel());
    ASSERT_EQ(errors.size(), 1U);
    EXPECT_THAT(errors[0].message, HasSubstr("gone"));
    EXPECT_THAT(confirmed, ElementsAre("role y", "role z"));
    EXPECT_TRUE(handover.confirm(Cancel()).empty());
}

}  // namespace
}  // namespace pigsty::converge
