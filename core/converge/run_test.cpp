// Run on real root ends: create, resume, update, read, destroy, over machines that are thrown away.
#include "core/converge/run.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/hash.h"
#include "core/converge/fault.h"
#include "core/item/directory.h"
#include "core/item/file.h"
#include "core/item/reservation.h"
#include "core/item/service.h"
#include "core/node/testing/local_machine.h"

namespace pigsty::converge {
namespace {

using item::FileItem;
using item::FileSpec;
using item::Handler;
using item::ItemPtr;
using testing::ElementsAre;
using testing::HasSubstr;

class Lines : public ProgressSink {
  public:
    void event(const ProgressEvent& event) noexcept override {
        const std::lock_guard lock(mutex_);
        lines.push_back(event.member + " " + event.what + (event.state == ProgressState::failed ? " failed" : ""));
    }
    std::vector<std::string> lines;

  private:
    std::mutex mutex_;
};

struct Wish {
    std::string text = "one\n";
    bool second_file = true;
    bool breaks_service = false;
};

class RunTest : public testing::Test {
  protected:
    void SetUp() override {
        for (int i = 1; i <= 2; ++i) {
            auto started = node::LocalMachine::start();
            if (!started) GTEST_SKIP() << summary(started.error()) << detail(started.error());
            machines.push_back(*started);
            members.push_back({.number = std::to_string(i),
                               .name = "t-" + std::to_string(i),
                               .address = {.address = "10.10.10.1" + std::to_string(i)}});
            sh(i,
               "mkdir -p /etc/systemd/system; printf '[Service]\\nExecStart=/bin/true\\n' > "
               "/etc/systemd/system/pigtest.service");
        }
    }

    // Each Run is a process of its own to the nodes.
    std::unique_ptr<converge::Run> run(const std::string& id = "", nlohmann::json spec = {{"text", "one"}}) {
        nodes.clear();
        sink = std::make_shared<Lines>();
        return std::make_unique<converge::Run>(
            RunOptions{
                .identity = {"test", "t", id},
                .members = members,
                .spec = std::move(spec),
                .connect = [this](const node::NodeAddress& address, const Cancel& cancel) -> Result<node::NodePtr> {
                    const auto index = static_cast<std::size_t>(address.address.back() - '1');
                    if (down == static_cast<int>(index) + 1)
                        return fail(ErrorCode::unreachable, "SSH port did not answer");
                    TRY(const auto node, machines.at(index)->connect(cancel, {}, address.address));
                    const std::lock_guard lock(mutex);
                    nodes[address.address] = node;
                    return node;
                },
                .progress = sink,
                .lock_timeout = std::chrono::seconds(5)},
            Cancel::within(std::chrono::seconds(60)));
    }

    Table table(const Wish& wish) {
        return {
            {.name = "folders",
             .items = [](const Site&) -> std::vector<ItemPtr> {
                 return {std::make_shared<item::ReservationItem>("port 999"),
                         std::make_shared<item::DirectoryItem>(item::DirectorySpec{.path = "/etc/pigtest"})};
             }},
            {.name = "configuration",
             .items = [wish](const Site& site) -> std::vector<ItemPtr> {
                 Handler reload = Handler::reload("pigtest.service");
                 if (wish.breaks_service) {
                     reload.health = "! grep -q broken /etc/pigtest/main.conf";
                     reload.health_within = std::chrono::seconds(1);
                 }
                 std::vector<ItemPtr> items = {
                     std::make_shared<FileItem>(FileSpec{.path = "/etc/pigtest/main.conf",
                                                         .content = site.member.name + " " + wish.text,
                                                         .mode = 0600,
                                                         .handlers = {reload}})};
                 if (wish.second_file) {
                     items.push_back(std::make_shared<FileItem>(
                         FileSpec{.path = "/etc/pigtest/second.conf", .content = "second\n", .handlers = {reload}}));
                 }
                 return items;
             }},
            {.name = "start",
             .items = [](const Site&) -> std::vector<ItemPtr> {
                 return {std::make_shared<item::ServiceItem>(
                     item::ServiceSpec{.unit = "pigtest.service", .enabled = true, .running = true})};
             }},
            {.name = "learn",
             .act = [](Site& site, StepContext& context) -> Status {
                 TRY_VOID(context.request(site, {node::RunScript{.text = "echo learned >> /var/tmp/acts"}}));
                 site.claim->facts["system"] = "42";
                 return {};
             }},
            {.name = "once",
             .spread = Spread::once,
             .act = [](Site& site, StepContext& context) -> Status {
                 TRY_VOID(context.request(site, {node::RunScript{.text = "echo once >> /var/tmp/acts"}}));
                 context.changed_something(site);
                 return {};
             },
             .act_when = When::when_changed,
             .watches = {"configuration"}},
        };
    }

    std::string sh(int machine, const std::string& script) {
        return machines.at(static_cast<std::size_t>(machine - 1))->run(script).value_or("could not run");
    }
    std::uint64_t requests(int machine) {
        return nodes.at("10.10.10.1" + std::to_string(machine))->counters().requests;
    }
    std::uint64_t writes(int machine) { return nodes.at("10.10.10.1" + std::to_string(machine))->counters().writes; }
    std::string claim_text(int machine) { return sh(machine, "cat /var/lib/pigsty/claims/test-t.json 2>/dev/null"); }

    // Creates and answers the id.
    std::string created(const Wish& wish = {}) {
        auto first = run();
        const auto status = first->create(table(wish));
        EXPECT_TRUE(status) << summary(status.error()) << "\n" << detail(status.error());
        state = managed(desired(table(wish), members));
        return first->identity().id;
    }
    Planned planned(const Wish& wish, const Drift& drift = {}) {
        return {.managed = managed(desired(table(wish), members)), .prior = state, .observed = drift.observed};
    }

    std::vector<std::shared_ptr<node::LocalMachine>> machines;
    std::vector<Member> members;
    std::map<std::string, std::shared_ptr<node::RemoteNode>> nodes;
    std::shared_ptr<Lines> sink;
    std::mutex mutex;
    Managed state;
    int down = 0;
};

TEST_F(RunTest, creates_and_a_second_look_finds_nothing) {
    auto first = run();
    const auto status = first->create(table({}));
    ASSERT_TRUE(status) << summary(status.error()) << "\n" << detail(status.error());
    EXPECT_EQ(sh(1, "cat /etc/pigtest/main.conf"), "t-1 one\n");
    EXPECT_EQ(sh(2, "cat /etc/pigtest/main.conf"), "t-2 one\n");
    EXPECT_EQ(sh(1, "cat /var/tmp/acts"), "learned\nonce\n");
    EXPECT_EQ(sh(2, "cat /var/tmp/acts"), "learned\n");
    // The start reads the files: no reload on top.
    EXPECT_EQ(sh(1, "grep -Ev '^(is-active|--version)' /run/systemctl.log"),
              "enable --quiet -- pigtest.service\nreset-failed -- pigtest.service\nstart -- pigtest.service\n");
    EXPECT_EQ(first->done(), managed(desired(table({}), members)));
    const auto claim = nodes.at("10.10.10.11")->claim("test", "t");
    ASSERT_TRUE(claim);
    EXPECT_EQ(claim->state, node::ClaimState::ready);
    EXPECT_EQ(claim->facts.at("system"), "42");
    EXPECT_EQ(claim->member, "t-1");
    EXPECT_THAT(claim->items.at("/etc/pigtest/main.conf").digest, HasSubstr(sha256_hex("t-1 one\n")));
    EXPECT_THAT(sink->lines, testing::Contains("t-2 /etc/pigtest/main.conf"));
    EXPECT_THAT(sink->lines, testing::Contains("t-1 service pigtest.service"));
    EXPECT_THAT(sink->lines, testing::Contains("t step once"));
    EXPECT_EQ(sh(1, "ls /run/pigsty/lease.json /run/pigsty/put-back/* 2>/dev/null"), "");

    auto second = run(first->identity().id);
    const auto drift = second->read(table({}));
    ASSERT_TRUE(drift) << summary(drift.error());
    EXPECT_TRUE(drift->sentences.empty()) << drift->sentences[0];
    EXPECT_FALSE(drift->gone);
    EXPECT_EQ(requests(1), 2U);
    EXPECT_EQ(writes(1), 0U);
}

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

TEST_F(RunTest, what_exists_is_not_created_again) {
    const std::string id = created();
    auto again = run();
    const auto status = again->create(table({}));
    ASSERT_FALSE(status);
    EXPECT_EQ(summary(status.error()), "t-1: test \"t\" exists already on this node (id " + id + ")");
    EXPECT_THAT(detail(status.error()),
                HasSubstr("import it instead of creating it, with the import id t@10.10.10.11"));
}

TEST_F(RunTest, a_failed_create_goes_on_where_it_was) {
    sh(2, "rm /etc/systemd/system/pigtest.service");
    auto first = run();
    const auto status = first->create(table({}));
    ASSERT_FALSE(status);
    EXPECT_EQ(summary(status.error()),
              "t-2: step 3 of 5: start: service pigtest.service: Unit pigtest.service not found.");
    EXPECT_THAT(detail(status.error()), HasSubstr("apply again to continue"));
    EXPECT_THAT(claim_text(2), HasSubstr("creating"));
    sh(2, "printf '[Service]\\nExecStart=/bin/true\\n' > /etc/systemd/system/pigtest.service");
    auto again = run();
    const auto resumed = again->create(table({}));
    ASSERT_TRUE(resumed) << summary(resumed.error()) << detail(resumed.error());
    EXPECT_TRUE(again->resuming());
    EXPECT_EQ(again->identity().id, first->identity().id);
    EXPECT_THAT(claim_text(2), HasSubstr("ready"));
    EXPECT_FALSE(nodes.at("10.10.10.12")->claim("test", "t")->items.at("/etc/pigtest/main.conf").existed_before);
}

TEST_F(RunTest, an_unfinished_create_with_other_members_is_not_ours) {
    sh(2, "rm /etc/systemd/system/pigtest.service");
    ASSERT_FALSE(run()->create(table({})));
    members.pop_back();
    const auto status = run()->create(table({}));
    ASSERT_FALSE(status);
    EXPECT_THAT(summary(status.error()),
                HasSubstr("t-1: an unfinished create of test \"t\" with other members is on this node"));
}

TEST_F(RunTest, destroy_needs_no_specification_and_leaves_what_was_there_before) {
    sh(1, "mkdir -p /etc/pigtest; echo before > /etc/pigtest/main.conf; chmod 0640 /etc/pigtest/main.conf");
    const std::string id = created();
    sh(1, "echo foreign > /etc/pigtest/foreign.conf");
    auto destroy = run(id);
    const auto status = destroy->destroy({});
    ASSERT_TRUE(status) << summary(status.error()) << detail(status.error());
    EXPECT_EQ(sh(1, "cat /etc/pigtest/main.conf; stat -c %a /etc/pigtest/main.conf; ls /etc/pigtest"),
              "before\n640\nforeign.conf\nmain.conf\n");
    EXPECT_EQ(sh(2, "ls /etc/pigtest 2>/dev/null; ls /var/lib/pigsty/claims"), "");
    EXPECT_EQ(sh(2, "ls /run/units"), "");
    const auto gone = run(id)->read(table({}));
    ASSERT_TRUE(gone);
    EXPECT_TRUE(gone->gone);
    EXPECT_TRUE(run(id)->destroy({}));
}

TEST_F(RunTest, a_shared_item_goes_with_the_last_that_holds_it) {
    const std::string id = created();
    auto other = std::make_unique<converge::Run>(
        RunOptions{.identity = {"other", "o", ""},
                   .members = {members[0]},
                   .connect = [&](const auto& address, const auto& cancel) -> Result<node::NodePtr> {
                       TRY(const auto node, machines[0]->connect(cancel, {}, address.address));
                       return node;
                   }},
        Cancel::within(std::chrono::seconds(60)));
    const Table shares{{.name = "folder", .items = [](const Site&) -> std::vector<ItemPtr> {
                            return {std::make_shared<item::DirectoryItem>(item::DirectorySpec{.path = "/etc/pigtest"})};
                        }}};
    ASSERT_TRUE(other->create(shares));
    ASSERT_TRUE(run(id)->destroy({}));
    EXPECT_EQ(sh(1, "ls -d /etc/pigtest"), "/etc/pigtest\n");
    ASSERT_TRUE(other->destroy({}));
    EXPECT_EQ(sh(1, "ls -d /etc/pigtest 2>/dev/null"), "");
}

TEST_F(RunTest, a_second_owner_of_a_port_is_refused_before_anything_is_written) {
    const std::string id = created();
    converge::Run other(RunOptions{.identity = {"other", "o", ""},
                                   .members = {members[0]},
                                   .connect = [&](const auto& address, const auto& cancel) -> Result<node::NodePtr> {
                                       TRY(const auto node, machines[0]->connect(cancel, {}, address.address));
                                       return node;
                                   }},
                        Cancel::within(std::chrono::seconds(60)));
    const Table takes{{.name = "port", .items = [](const Site&) -> std::vector<ItemPtr> {
                           return {std::make_shared<item::ReservationItem>("port 999")};
                       }}};
    const auto status = other.create(takes);
    ASSERT_FALSE(status);
    EXPECT_EQ(summary(status.error()), "t-1: port 999 belongs to test \"t\" (id " + id + ")");
    EXPECT_EQ(sh(1, "ls /var/lib/pigsty/claims"), "test-t.json\n");
}

TEST_F(RunTest, members_that_are_down_are_skipped_named_and_fatal_only_to_all) {
    const std::string id = created();
    down = 2;
    const auto drift = run(id)->read(table({}));
    ASSERT_TRUE(drift);
    EXPECT_THAT(drift->unreachable, ElementsAre("t-2"));
    auto update = run(id, {{"text", "two"}});
    const auto status = update->update(table({.text = "two\n"}), planned({.text = "two\n"}));
    ASSERT_FALSE(status);
    EXPECT_EQ(summary(status.error()), "t-2: not applied on t-2, which did not answer: SSH port did not answer");
    EXPECT_EQ(sh(1, "cat /etc/pigtest/main.conf"), "t-1 two\n");
    EXPECT_FALSE(update->done().contains("t-2 /etc/pigtest/main.conf"));
    EXPECT_TRUE(update->done().contains("t-1 /etc/pigtest/main.conf"));
    const auto destroy = run(id)->destroy({});
    ASSERT_FALSE(destroy);
    EXPECT_THAT(detail(destroy.error()), HasSubstr("forget_unreachable = true"));
    auto forgetful = run(id);
    ASSERT_TRUE(forgetful->destroy({}, true));
    EXPECT_THAT(forgetful->warnings(), ElementsAre("t-2 did not answer: what test \"t\" left on it stays there"));
}

// After a kill at any point the next create finishes the work, and everything is as if nothing had happened.
TEST_F(RunTest, a_create_killed_at_any_point_is_finished_by_the_next) {
#ifndef PIGSTY_FAULT_POINTS
    GTEST_SKIP() << "built without fault points";
#endif
    for (const std::string& point : fault_points(table({}))) {
        nodes.clear();  // their threads would not be in the child
        const pid_t child = fork();
        if (child == 0) {
            setenv("PIGSTY_FAULT", point.c_str(), 1);
            (void)run()->create(table({}));
            _exit(0);
        }
        int status = 0;
        waitpid(child, &status, 0);
        EXPECT_TRUE(WIFSIGNALED(status)) << point;
        auto again = run();
        const auto finished = again->create(table({}));
        ASSERT_TRUE(finished) << point << ": " << summary(finished.error()) << detail(finished.error());
        const auto drift = run(again->identity().id)->read(table({}));
        ASSERT_TRUE(drift);
        EXPECT_TRUE(drift->sentences.empty()) << point << ": " << drift->sentences[0];
        const auto claim = nodes.at("10.10.10.11")->claim("test", "t");
        ASSERT_TRUE(claim) << point;
        EXPECT_FALSE(claim->items.at("/etc/pigtest/main.conf").existed_before) << point;
        EXPECT_EQ(claim->state, node::ClaimState::ready) << point;
        ASSERT_TRUE(run(again->identity().id)->destroy({})) << point;
        EXPECT_EQ(sh(1, "ls /etc/pigtest 2>/dev/null; ls /var/lib/pigsty/claims"), "") << point;
    }
}

}  // namespace
}  // namespace pigsty::converge
