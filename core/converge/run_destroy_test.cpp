// Destroy and silent members on real root ends.
#include <atomic>
#include <span>

#include "core/converge/fault.h"
#include "core/converge/testing/run_fixture.h"

namespace pigsty::converge {
namespace {

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

TEST_F(RunTest, members_that_are_down_are_skipped_named_and_fatal_only_to_all) {
    const std::string id = created();
    down = 2;
    const auto drift = run(id)->read(table({}));
    ASSERT_TRUE(drift);
    EXPECT_THAT(drift->unreachable, ElementsAre("t-2"));
    auto update = run(id, {{"text", "two"}});
    const auto status = update->update(table({.text = "two\n"}), planned({.text = "two\n"}));
    ASSERT_FALSE(status);
    EXPECT_EQ(summary(status.error()),
              "t-2 (10.10.10.12): not applied on t-2, which did not answer: SSH port did not answer");
    EXPECT_EQ(sh(1, "cat /etc/pigtest/main.conf"), "t-1 two\n");
    EXPECT_FALSE(update->done().contains("t-2 /etc/pigtest/main.conf"));
    EXPECT_TRUE(update->done().contains("t-1 /etc/pigtest/main.conf"));
    const auto destroy = run(id)->destroy({});
    ASSERT_FALSE(destroy);
    EXPECT_THAT(detail(destroy.error()), testing::AllOf(HasSubstr("take the resource out of the state"),
                                                        HasSubstr("`forget_unreachable = true`")));
    auto forgetful = run(id);
    ASSERT_TRUE(forgetful->destroy({}, true));
    EXPECT_THAT(forgetful->warnings(), ElementsAre("t-2 did not answer: what test \"t\" left on it stays there"));
}

// The way to a machine, until it is cut.
struct Way {
    std::shared_ptr<node::Launcher> launcher;
    std::atomic<bool> is_cut = false;
    [[nodiscard]] Status open() const {
        return is_cut ? fail(ErrorCode::unreachable, "the connection broke") : Status{};
    }
};

class CutProcess final : public node::RemoteProcess {
  public:
    CutProcess(std::unique_ptr<node::RemoteProcess> process, std::shared_ptr<Way> way)
        : process_(std::move(process)), way_(std::move(way)) {}
    Result<std::size_t> read(std::span<char> into, const Cancel& cancel) override {
        return process_->read(into, cancel);
    }
    Status write(std::string_view bytes, const Cancel& cancel) override {
        TRY_VOID(way_->open());
        return process_->write(bytes, cancel);
    }
    void close() override { process_->close(); }

  private:
    std::unique_ptr<node::RemoteProcess> process_;
    std::shared_ptr<Way> way_;
};

class CutLauncher final : public node::Launcher {
  public:
    explicit CutLauncher(std::shared_ptr<Way> way) : way_(std::move(way)) {}
    Result<std::unique_ptr<node::RemoteProcess>> start(const std::string& command, const Cancel& cancel) override {
        TRY_VOID(way_->open());
        TRY(auto process, way_->launcher->start(command, cancel));
        return std::make_unique<CutProcess>(std::move(process), way_);
    }
    [[nodiscard]] std::string login_user() const override { return way_->launcher->login_user(); }

  private:
    std::shared_ptr<Way> way_;
};

TEST_F(RunTest, a_member_that_falls_silent_while_it_is_looked_at_is_as_one_that_never_answered) {
    const std::string id = created();
    std::vector<std::shared_ptr<Way>> ways;
    for (const auto& machine : machines) {
        ways.push_back(std::make_shared<Way>());
        ways.back()->launcher = machine->launcher();
    }
    const auto connected = [&] {
        for (const auto& way : ways) way->is_cut = false;
        auto run = std::make_unique<converge::Run>(
            RunOptions{.identity = {"test", "t", id},
                       .members = members,
                       .connect = [&](const auto& address, const auto& stop) -> Result<node::NodePtr> {
                           const auto index = static_cast<std::size_t>(address.address.back() - '1');
                           TRY(node::NodePtr node,
                               node::RemoteNode::connect({.address = address,
                                                          .launcher = std::make_shared<CutLauncher>(ways.at(index)),
                                                          .become = {.enabled = false}},
                                                         stop));
                           return node;
                       }},
            Cancel::within(std::chrono::seconds(60)));
        EXPECT_TRUE(run->connect(true));
        return run;
    };
    auto one = connected();
    ways[1]->is_cut = true;
    const auto drift = one->read(table({}));
    ASSERT_TRUE(drift) << summary(drift.error());
    EXPECT_THAT(drift->unreachable, ElementsAre("t-2"));
    EXPECT_THAT(drift->sentences, ElementsAre());
    EXPECT_FALSE(drift->gone);
    ASSERT_EQ(one->sites().size(), 1U);
    EXPECT_EQ(one->sites().front()->member.name, "t-1");

    auto none = connected();
    for (const auto& way : ways) way->is_cut = true;
    const auto nobody = none->read(table({}));
    ASSERT_FALSE(nobody);
    EXPECT_TRUE(is_silence(nobody.error()));
    EXPECT_THAT(nobody.error().message, HasSubstr("none of the members of test \"t\" answers (t-1, t-2)"));
}

TEST_F(RunTest, a_claim_that_cannot_be_read_stops_its_own_resource_alone) {
    sh(1, "mkdir -p /var/lib/pigsty/claims; echo '{' > /var/lib/pigsty/claims/other-o.json");
    auto first = run();
    ASSERT_TRUE(first->create(table({})));
    EXPECT_THAT(first->warnings(), ElementsAre(HasSubstr("other-o.json is damaged")));
    const std::string id = first->identity().id;
    auto destroy = run(id);
    ASSERT_TRUE(destroy->destroy({}));
    // Shared things stay where nobody knows who else holds them.
    EXPECT_THAT(destroy->warnings(), testing::Contains(HasSubstr("/etc/pigtest stays: other-o.json cannot be read")));
    EXPECT_EQ(sh(1, "ls -d /etc/pigtest; ls /etc/pigtest"), "/etc/pigtest\n");

    sh(1, "echo '{' > /var/lib/pigsty/claims/test-t.json");
    for (const Status& status : {run()->create(table({})), run(id)->destroy({})}) {
        ASSERT_FALSE(status);
        EXPECT_THAT(summary(status.error()), HasSubstr("test-t.json is damaged"));
    }
    EXPECT_EQ(claim_text(1), "{\n");
}

TEST_F(RunTest, what_a_destroy_does_while_all_is_in_use_comes_before_anything_is_touched) {
    const std::string id = created();
    bool works = false;
    int last_wishes = 0;
    const Table before{{.name = "last wish",
                        .spread = Spread::once,
                        .act = [&](Site& site, StepContext&) -> Status {
                            EXPECT_EQ(site.claim->state, node::ClaimState::ready);
                            if (!works) return fail(ErrorCode::failed, "no");
                            ++last_wishes;
                            site.claim->facts["wish"] = "granted";
                            return {};
                        },
                        .while_in_use = true},
                       {.name = "stop", .act = [&](Site& site, StepContext&) -> Status {
                            EXPECT_EQ(site.claim->state, node::ClaimState::removing);
                            return works ? fail(ErrorCode::failed, "it does not stop") : Status{};
                        }}};
    const std::string as_it_was = claim_text(1);
    EXPECT_FALSE(run(id)->destroy(before));
    EXPECT_EQ(claim_text(1), as_it_was);
    works = true;
    EXPECT_FALSE(run(id)->destroy(before));
    EXPECT_THAT(claim_text(1), HasSubstr("granted"));
    // One that goes on has had it: what it was about may be gone.
    EXPECT_FALSE(run(id)->destroy(before));
    EXPECT_EQ(last_wishes, 1);
    ASSERT_TRUE(run(id)->destroy({}));
}

// What a failure at any step leaves is undone, as `release` does it, and then everything can be made.
TEST_F(RunTest, a_create_that_failed_at_any_point_can_be_undone_and_begun_anew) {
#ifndef PIGSTY_FAULT_POINTS
    GTEST_SKIP() << "built without fault points";
#endif
    for (const std::string& point : fault_points(table({}))) {
        setenv("PIGSTY_FAULT", (point + ":error").c_str(), 1);
        const auto failed = run()->create(table({}));
        unsetenv("PIGSTY_FAULT");
        EXPECT_FALSE(failed) << point;
        const auto claim = nodes.at("10.10.10.11")->claim("test", "t");
        if (claim) {
            const auto undone = run(claim->id)->destroy({});
            ASSERT_TRUE(undone) << point << ": " << summary(undone.error()) << detail(undone.error());
        }
        EXPECT_EQ(sh(1, "for d in /etc/pigtest /run/units /var/lib/pigsty/claims; do ls $d 2>/dev/null; done"), "")
            << point;
        const std::string made = created();
        ASSERT_TRUE(run(made)->destroy({})) << point;
    }
}

// The machine was cut off while it wrote: what stands there then is a text of ours, with secrets in it perhaps, and another one
// takes its place.
TEST_F(RunTest, what_a_create_wrote_before_its_answer_was_lost_is_not_from_before_us) {
#ifndef PIGSTY_FAULT_POINTS
    GTEST_SKIP() << "built without fault points";
#endif
    setenv("PIGSTY_FAULT", "configuration:t-1:written:error", 1);
    const auto failed = run()->create(table({}));
    unsetenv("PIGSTY_FAULT");
    ASSERT_FALSE(failed);
    sh(1, "mkdir -p /etc/pigtest; echo earlier > /etc/pigtest/main.conf");
    const std::string made = created();
    ASSERT_TRUE(run(made)->destroy({}));
    EXPECT_EQ(sh(1, "cat /etc/pigtest/main.conf 2>/dev/null; ls /var/lib/pigsty/before 2>/dev/null"), "");
}

TEST_F(RunTest, what_a_step_throws_is_the_error_of_its_member) {
    Table throws = table({});
    throws[3].act = [](Site& site, StepContext&) -> Status {
        if (site.member.number == "2") throw std::runtime_error("an act that throws");
        return {};
    };
    const Table acts{throws[0], throws[3]};
    const auto status = run()->create(acts);
    ASSERT_FALSE(status);
    EXPECT_THAT(summary(status.error()), HasSubstr("t-2 (10.10.10.12)"));
    EXPECT_THAT(summary(status.error()), HasSubstr("a fault of the provider: an act that throws"));
}

}  // namespace
}  // namespace pigsty::converge
