// Update and read on real root ends: what is written, and what stops it.
#include <sys/wait.h>
#include <unistd.h>

#include "core/converge/fault.h"
#include "core/converge/testing/run_fixture.h"

namespace pigsty::converge {
namespace {

TEST_F(RunTest, an_update_without_a_difference_writes_nothing) {
    const std::string id = created();
    auto again = run(id);
    const auto before = sh(1, "find /etc/pigtest /var/lib/pigsty -printf '%p %T@ %C@\\n' | sort");
    const auto status = again->update(table({}), planned({}));
    ASSERT_TRUE(status) << summary(status.error());
    EXPECT_EQ(sh(1, "find /etc/pigtest /var/lib/pigsty -printf '%p %T@ %C@\\n' | sort"), before);
    EXPECT_EQ(requests(1), 2U);
    EXPECT_EQ(writes(1), 0U);
    EXPECT_EQ(sh(1, "cat /var/tmp/acts"), "learned\nonce\n");
}

TEST_F(RunTest, one_changed_file_is_three_requests_one_write_and_one_reload) {
    const std::string id = created();
    sh(1, "rm -f /run/systemctl.log");
    Table without_act = table({.text = "two\n"});
    without_act.pop_back();
    auto update = run(id, {{"text", "two"}});
    const auto status = update->update(without_act, planned({.text = "two\n"}));
    ASSERT_TRUE(status) << summary(status.error()) << detail(status.error());
    EXPECT_EQ(sh(1, "cat /etc/pigtest/main.conf"), "t-1 two\n");
    EXPECT_EQ(requests(1), 3U);
    EXPECT_EQ(requests(2), 3U);
    EXPECT_EQ(sh(1, "grep -Ev '^(is-active|--version)' /run/systemctl.log"), "reload -- pigtest.service\n");
    const auto claim = nodes.at("10.10.10.11")->claim("test", "t");
    EXPECT_EQ(claim->spec.at("text"), "two");
    EXPECT_EQ(claim->items.at("/etc/pigtest/main.conf").fingerprint, fingerprint("t-1 two\n"));
}

TEST_F(RunTest, steps_after_the_change_are_seen_with_it) {
    const std::string id = created();
    Table steps = table({.text = "two\n"});
    steps.pop_back();
    // Parts the configuration from what follows, as bootstrap steps do.
    steps.insert(steps.begin() + 2, {.name = "bootstrap", .act = [](Site&, StepContext&) -> Status { return {}; }});
    auto update = run(id, {{"text", "two"}});
    const auto status = update->update(steps, planned({.text = "two\n"}));
    ASSERT_TRUE(status) << summary(status.error()) << detail(status.error());
    EXPECT_EQ(sh(1, "cat /etc/pigtest/main.conf"), "t-1 two\n");
    EXPECT_EQ(requests(1), 3U);
    EXPECT_EQ(requests(2), 3U);
}

TEST_F(RunTest, what_watches_a_changed_step_acts_and_nothing_else) {
    const std::string id = created();
    auto update = run(id, {{"text", "two"}});
    ASSERT_TRUE(update->update(table({.text = "two\n"}), planned({.text = "two\n"})));
    EXPECT_EQ(sh(1, "cat /var/tmp/acts"), "learned\nonce\nonce\n");
    EXPECT_EQ(sh(2, "cat /var/tmp/acts"), "learned\n");
}

TEST_F(RunTest, a_node_that_changed_since_the_plan_stops_everything) {
    const std::string id = created();
    sh(2, "echo theirs >> /etc/pigtest/second.conf");
    auto update = run(id, {{"text", "two"}});
    const auto status = update->update(table({.text = "two\n"}), planned({.text = "two\n"}));
    ASSERT_FALSE(status);
    EXPECT_EQ(summary(status.error()), "t-2 /etc/pigtest/second.conf changed since this plan was made: plan again");
    EXPECT_EQ(sh(1, "cat /etc/pigtest/main.conf"), "t-1 one\n");
    EXPECT_EQ(writes(1), 0U);
    EXPECT_EQ(writes(2), 0U);
}

// Its own check says no: the file is as before, and the next change need not be to the text that was refused.
TEST_F(RunTest, after_a_text_that_was_refused_a_third_one_is_taken) {
    const auto steps = [](const std::string& text) -> Table {
        return {{.name = "checked", .items = [text](const Site&) -> std::vector<ItemPtr> {
                     return {std::make_shared<FileItem>(FileSpec{.path = "/etc/checked.conf",
                                                                 .content = text,
                                                                 .check = "grep -q good \"$FILE\"",
                                                                 .check_where = item::CheckWhere::placed})};
                 }}};
    };
    auto first = run();
    ASSERT_TRUE(first->create(steps("good one\n")));
    const std::string id = first->identity().id;
    state = managed(desired(steps("good one\n"), members));
    const auto to = [&](const std::string& text) {
        return run(id)->update(steps(text),
                               {.managed = managed(desired(steps(text), members)), .prior = state, .observed = {}});
    };
    EXPECT_FALSE(to("bad\n"));
    EXPECT_EQ(sh(1, "cat /etc/checked.conf"), "good one\n");
    const auto status = to("good two\n");
    EXPECT_TRUE(status) << summary(status.error());
    EXPECT_EQ(sh(1, "cat /etc/checked.conf"), "good two\n");
}

TEST_F(RunTest, drift_that_the_plan_named_is_repaired) {
    const std::string id = created();
    sh(2, "echo theirs >> /etc/pigtest/second.conf; chmod 0644 /etc/pigtest/main.conf");
    auto reader = run(id);
    const auto drift = reader->read(table({}));
    ASSERT_TRUE(drift);
    EXPECT_THAT(drift->sentences, ElementsAre("t-2 /etc/pigtest/main.conf: mode 0644, expected 0600",
                                              "t-2 /etc/pigtest/second.conf: content differs"));
    auto update = run(id);
    const auto status = update->update(table({}), planned({}, *drift));
    ASSERT_TRUE(status) << summary(status.error());
    EXPECT_EQ(sh(2, "cat /etc/pigtest/second.conf; stat -c %a /etc/pigtest/main.conf"), "second\n600\n");
    // Changed once more after the plan: not what the plan named.
    sh(2, "echo again >> /etc/pigtest/second.conf");
    auto late = run(id);
    EXPECT_FALSE(late->update(table({}), planned({}, *drift)));
}

TEST_F(RunTest, tolerated_drift_is_left_alone) {
    const std::string id = created();
    sh(2, "echo theirs >> /etc/pigtest/second.conf");
    auto update = run(id, {{"text", "two"}});
    Planned plan = planned({.text = "two\n"});
    plan.ignore = {"t-2 /etc/pigtest/second*"};
    const auto status = update->update(table({.text = "two\n"}), plan);
    ASSERT_TRUE(status) << summary(status.error());
    EXPECT_EQ(sh(2, "cat /etc/pigtest/main.conf /etc/pigtest/second.conf"), "t-2 two\nsecond\ntheirs\n");
}

TEST_F(RunTest, an_item_that_is_no_longer_wanted_goes_in_the_same_request) {
    const std::string id = created();
    sh(1, "rm -f /run/systemctl.log");
    Table fewer = table({.second_file = false});
    fewer.pop_back();
    auto update = run(id, {{"text", "none"}});
    const auto status = update->update(fewer, planned({.second_file = false}));
    ASSERT_TRUE(status) << summary(status.error()) << detail(status.error());
    EXPECT_EQ(sh(1, "ls /etc/pigtest; grep -Ev '^(is-active|--version)' /run/systemctl.log"),
              "main.conf\nreload -- pigtest.service\n");
    EXPECT_EQ(requests(1), 3U);
    EXPECT_FALSE(nodes.at("10.10.10.11")->claim("test", "t")->items.contains("/etc/pigtest/second.conf"));
}

TEST_F(RunTest, a_file_that_breaks_its_service_is_put_back) {
    const std::string id = created({.breaks_service = true});
    auto update = run(id, {{"text", "broken"}});
    const Wish broken{.text = "broken\n", .breaks_service = true};
    const auto status = update->update(table(broken), planned(broken));
    ASSERT_FALSE(status);
    EXPECT_THAT(detail(status.error()), HasSubstr("put back as it was before: /etc/pigtest/main.conf"));
    EXPECT_EQ(sh(1, "cat /etc/pigtest/main.conf"), "t-1 one\n");
    EXPECT_FALSE(update->done().contains("t-1 /etc/pigtest/main.conf"));
    // The claim tells the truth: the next look finds nothing.
    auto reader = run(id);
    const auto drift = reader->read(table({.breaks_service = true}));
    ASSERT_TRUE(drift);
    EXPECT_TRUE(drift->sentences.empty()) << drift->sentences[0];
}

// What stopped after the file and before the reload would otherwise never be reloaded: the file looks as it should.
TEST_F(RunTest, a_reload_that_a_later_failure_kept_back_is_owed) {
    const std::string id = created();
    sh(1, "rm -f /run/systemctl.log");
    const auto steps = [&](const std::string& check) {
        Table all = table({.text = "two\n"});
        all.pop_back();
        all.insert(all.begin() + 2, {.name = "checked", .items = [check](const Site&) -> std::vector<ItemPtr> {
                                         return {std::make_shared<FileItem>(
                                             FileSpec{.path = "/etc/checked", .content = "", .check = check})};
                                     }});
        return all;
    };
    const auto what = [&](const Table& all, const Drift& drift) {
        return Planned{.managed = managed(desired(all, members)), .prior = state, .observed = drift.observed};
    };
    const auto broken = run(id)->update(steps("false"), what(steps("false"), {}));
    ASSERT_FALSE(broken);
    EXPECT_EQ(sh(1, "cat /etc/pigtest/main.conf; cat /run/systemctl.log 2>/dev/null | grep -c reload"), "t-1 two\n0\n");
    const auto drift = run(id)->read(table({.text = "two\n"}));
    ASSERT_TRUE(drift);
    EXPECT_THAT(drift->sentences,
                testing::Contains("t-1 /etc/pigtest/main.conf: written, and what reads it does not know yet"));
    const auto status = run(id)->update(steps("true"), what(steps("true"), *drift));
    ASSERT_TRUE(status) << summary(status.error()) << detail(status.error());
    EXPECT_EQ(sh(1, "cat /run/systemctl.log 2>/dev/null | grep -c reload"), "1\n");
    EXPECT_TRUE(run(id)->read(steps("true"))->sentences.empty());
}

// After a kill at any point the next create finishes the work, and everything is as if nothing had happened.

TEST_F(RunTest, one_member_at_a_time_ends_with_the_first_that_is_not_well) {
    const auto serial = [](const std::string& text) -> Table {
        return {{.name = "configuration", .items = [text](const Site&) -> std::vector<ItemPtr> {
                     Handler restart = Handler::restart("pigtest.service", true);
                     restart.health = "! grep -q broken /etc/main.conf";
                     restart.health_within = std::chrono::seconds(1);
                     return {std::make_shared<FileItem>(
                                 FileSpec{.path = "/etc/main.conf", .content = text, .handlers = {restart}}),
                             std::make_shared<item::ServiceItem>(
                                 item::ServiceSpec{.unit = "pigtest.service", .running = true})};
                 }}};
    };
    auto first = run();
    ASSERT_TRUE(first->create(serial("good\n")));
    Planned plan{.managed = managed(desired(serial("broken\n"), members)),
                 .prior = managed(desired(serial("good\n"), members)),
                 .observed = {}};
    const auto status = run(first->identity().id)->update(serial("broken\n"), plan);
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().host, "t-1 (10.10.10.11)");
    EXPECT_EQ(sh(1, "cat /etc/main.conf"), "good\n");
    EXPECT_EQ(sh(2, "cat /etc/main.conf; grep -c restart /run/systemctl.log"), "good\n0\n");
}

// What a certificate is to the engine: made by talking with the node.
class Conversation : public item::Item {
  public:
    [[nodiscard]] std::string kind() const override { return "file"; }
    [[nodiscard]] std::string label() const override { return "/etc/said"; }
    [[nodiscard]] std::string desired() const override { return "said"; }
    [[nodiscard]] node::Probes probes() const override { return {{node::ProbeKind::path, "/etc/said"}}; }
    [[nodiscard]] std::optional<item::Change> compare(const node::Observation& seen,
                                                      const node::ClaimedItem* claimed) const override {
        if (claimed != nullptr && !claimed->digest.empty() && claimed->digest == state(seen)) return std::nullopt;
        return item::Change{item::Verb::update, "not ours"};
    }
    [[nodiscard]] std::vector<node::Operation> operations(const item::Change&) const override { return {}; }
    [[nodiscard]] bool is_conversation() const override { return true; }
    Status converse(node::Node& node, const item::Change&, const Cancel& cancel) const override {
        TRY(const auto heard, node.request({node::RunScript{.text = "echo word"}}, cancel));
        TRY_VOID(node.request({node::PutFile{.path = "/etc/said", .content = heard.at(0).out}}, cancel));
        return {};
    }
    [[nodiscard]] node::ClaimedItem claimed(const node::Observation& seen) const override {
        return {.kind = kind(), .fingerprint = fingerprint(desired()), .digest = state(seen)};
    }
    [[nodiscard]] std::string state(const node::Observation& seen) const override {
        return seen.path("/etc/said").digest;
    }
    [[nodiscard]] std::vector<Handler> handlers() const override { return {Handler::reload("pigtest.service")}; }
};

TEST_F(RunTest, a_conversation_is_over_before_later_steps_begin) {
    const Table table{{.name = "certificates",
                       .items = [](const Site&) -> std::vector<ItemPtr> { return {std::make_shared<Conversation>()}; }},
                      {.name = "start", .items = [](const Site&) -> std::vector<ItemPtr> {
                           return {std::make_shared<FileItem>(
                                       FileSpec{.path = "/etc/later", .content = "", .check = "test -e /etc/said"}),
                                   std::make_shared<item::ServiceItem>(
                                       item::ServiceSpec{.unit = "pigtest.service", .running = true})};
                       }}};
    auto first = run();
    const auto status = first->create(table);
    ASSERT_TRUE(status) << summary(status.error()) << detail(status.error());
    EXPECT_EQ(sh(1, "cat /etc/said; cat /run/systemctl.log 2>/dev/null | grep -c reload"), "word\n0\n");
    auto reader = run(first->identity().id);
    auto drift = reader->read(table);
    ASSERT_TRUE(drift);
    EXPECT_TRUE(drift->sentences.empty());
    sh(1, "echo other > /etc/said");
    drift = run(first->identity().id)->read(table);
    EXPECT_THAT(drift->sentences, ElementsAre("t-1 /etc/said: not ours"));
    const Managed all = managed(desired(table, members));
    const auto repaired =
        run(first->identity().id)->update(table, {.managed = all, .prior = all, .observed = drift->observed});
    ASSERT_TRUE(repaired) << summary(repaired.error());
    EXPECT_EQ(sh(1, "cat /etc/said; cat /run/systemctl.log 2>/dev/null | grep -c reload"), "word\n1\n");
    EXPECT_TRUE(run(first->identity().id)->read(table)->sentences.empty());
}

// What a certificate near its end is to the engine: as desired, and yet to be made anew. Counts how often it was made.
class Perishable : public Conversation {
  public:
    explicit Perishable(bool is_due) : is_due_(is_due) {}
    [[nodiscard]] std::optional<item::Change> due(const node::Observation&) const override {
        return is_due_ ? std::optional(item::Change{item::Verb::update, "due for renewal"}) : std::nullopt;
    }
    Status converse(node::Node& node, const item::Change&, const Cancel& cancel) const override {
        TRY_VOID(node.request({node::RunScript{.text = "echo made >> /etc/said"}}, cancel));
        return {};
    }

  private:
    bool is_due_;
};

TEST_F(RunTest, what_is_due_is_decided_by_read_and_by_nobody_else) {
    const auto table = [](bool is_due) -> Table {
        return {{.name = "certificates", .items = [is_due](const Site&) -> std::vector<ItemPtr> {
                     return {std::make_shared<Perishable>(is_due),
                             std::make_shared<item::ServiceItem>(
                                 item::ServiceSpec{.unit = "pigtest.service", .running = true})};
                 }}};
    };
    auto first = run();
    ASSERT_TRUE(first->create(table(false)));
    const std::string id = first->identity().id;
    const auto drift = run(id)->read(table(true));
    ASSERT_TRUE(drift);
    EXPECT_THAT(drift->sentences, ElementsAre("t-1 /etc/said: due for renewal", "t-2 /etc/said: due for renewal"));
    EXPECT_THAT(drift->due, ElementsAre("t-1 /etc/said", "t-2 /etc/said"));

    // It became due between plan and apply: the plan did not show it.
    const Managed all = managed(desired(table(true), members));
    ASSERT_TRUE(run(id)->update(table(true), {.managed = all, .prior = all, .observed = {}}));
    EXPECT_EQ(writes(1), 0U);

    // The plan showed it: renewed, whatever the clock says at the apply.
    const Planned plan{.managed = all, .prior = all, .observed = drift->observed, .due = drift->due};
    const auto renewed = run(id)->update(table(false), plan);
    ASSERT_TRUE(renewed) << summary(renewed.error());
    EXPECT_EQ(sh(1, "cat /etc/said; cat /run/systemctl.log 2>/dev/null | grep -c reload"), "made\nmade\n1\n");
    EXPECT_TRUE(run(id)->read(table(false))->sentences.empty());

    // The same plan once more: what it found due is gone.
    ASSERT_TRUE(run(id)->update(table(false), plan));
    EXPECT_EQ(sh(1, "cat /etc/said"), "made\nmade\n");
}

TEST_F(RunTest, what_is_due_right_after_it_was_made_is_said) {
    const Table table{{.name = "certificates", .items = [](const Site&) -> std::vector<ItemPtr> {
                           return {std::make_shared<Perishable>(true)};
                       }}};
    auto first = run();
    ASSERT_TRUE(first->create(table));
    EXPECT_THAT(first->warnings(),
                testing::Contains("t-1 /etc/said: due for renewal right after it was made: is the clock of this node "
                                  "right?"));
}

// After a kill the next look tells the truth, and the next apply finishes the work.
TEST_F(RunTest, an_update_killed_at_any_point_is_finished_by_the_next) {
#ifndef PIGSTY_FAULT_POINTS
    GTEST_SKIP() << "built without fault points";
#endif
    const Wish wish{.text = "two\n", .second_file = false};
    for (const std::string point :
         {"configuration:before", "configuration:written", "configuration:after", "once:after"}) {
        const std::string id = created();
        nodes.clear();  // their threads would not be in the child
        const pid_t child = fork();
        if (child == 0) {
            setenv("PIGSTY_FAULT", point.c_str(), 1);
            (void)run(id, {{"text", "two"}})->update(table(wish), planned(wish));
            _exit(0);
        }
        int ended = 0;
        waitpid(child, &ended, 0);
        EXPECT_TRUE(WIFSIGNALED(ended)) << point;
        const auto drift = run(id)->read(table({}));
        ASSERT_TRUE(drift);
        const auto status = run(id, {{"text", "two"}})->update(table(wish), planned(wish, *drift));
        ASSERT_TRUE(status) << point << ": " << summary(status.error());
        EXPECT_EQ(sh(1, "cat /etc/pigtest/*"), "t-1 two\n") << point;
        EXPECT_EQ(sh(2, "cat /etc/pigtest/*"), "t-2 two\n") << point;
        const auto after = run(id)->read(table(wish));
        EXPECT_TRUE(after->sentences.empty()) << point;
        ASSERT_TRUE(run(id)->destroy({})) << point;
    }
}

}  // namespace
}  // namespace pigsty::converge
