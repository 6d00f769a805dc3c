// Create on real root ends: what it makes, refuses, resumes.
#include <sys/wait.h>
#include <unistd.h>

#include "core/converge/fault.h"
#include "core/converge/table.h"
#include "core/converge/testing/run_fixture.h"
#include "core/item/locale.h"
#include "core/item/own_folder.h"

namespace pigsty::converge {
namespace {

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

TEST_F(RunTest, what_exists_is_not_created_again) {
    const std::string id = created();
    auto again = run();
    const auto status = again->create(table({}));
    ASSERT_FALSE(status);
    EXPECT_EQ(summary(status.error()), "t-1 (10.10.10.11): test \"t\" exists already on this node (id " + id + ")");
    EXPECT_THAT(detail(status.error()),
                HasSubstr("import it instead of creating it, with the import id t@10.10.10.11"));
}

TEST_F(RunTest, a_failed_create_goes_on_where_it_was) {
    sh(2, "rm /etc/systemd/system/pigtest.service");
    auto first = run();
    const auto status = first->create(table({}));
    ASSERT_FALSE(status);
    EXPECT_EQ(summary(status.error()),
              "t-2 (10.10.10.12): step 3 of 5: start: service pigtest.service: Unit pigtest.service not found.");
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
                HasSubstr("t-1 (10.10.10.11): an unfinished create of test \"t\" with other members is on this node"));
}

TEST_F(RunTest, a_name_corrected_since_makes_no_other_member) {
    const auto create = [&](const std::string& name, const std::string& unit) {
        converge::Run machine(
            RunOptions{.identity = {"machine", "10.10.10.11", ""},
                       .members = {{.number = "", .name = name, .address = members[0].address}},
                       .connect = [&](const auto& address, const auto& cancel) -> Result<node::NodePtr> {
                           TRY(const auto node, machines[0]->connect(cancel, {}, address.address));
                           return node;
                       }},
            Cancel::within(std::chrono::seconds(60)));
        return machine.create(
            {{.name = "unit", .items = [unit](const Site&) -> std::vector<ItemPtr> {
                  return {std::make_shared<item::ServiceItem>(item::ServiceSpec{.unit = unit, .running = true})};
              }}});
    };
    ASSERT_FALSE(create("10.10.10.11", "nowhere.service"));
    const auto resumed = create("pg-test-1", "pigtest.service");
    ASSERT_TRUE(resumed) << summary(resumed.error()) << detail(resumed.error());
    EXPECT_THAT(sh(1, "cat /var/lib/pigsty/claims/machine-*.json"), HasSubstr("\"member\": \"pg-test-1\""));
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
    EXPECT_EQ(summary(status.error()), "t-1 (10.10.10.11): port 999 belongs to test \"t\" (id " + id + ")");
    EXPECT_EQ(sh(1, "ls /var/lib/pigsty/claims"), "test-t.json\n");
}

TEST_F(RunTest, what_others_put_into_its_folder_is_refused_before_anything_is_written) {
    const auto with_data = [](const std::vector<ItemPtr>& data) {
        return Table{{.name = "data", .items = [data](const Site&) { return data; }}};
    };
    const Table steps = with_data({std::make_shared<item::OwnFolderItem>(item::OwnFolderSpec{.path = "/data/pigtest"}),
                                   std::make_shared<item::DirectoryItem>(
                                       item::DirectorySpec{.path = "/data/pigtest", .mode = 0700, .shared = false})});
    sh(2, "mkdir -p /data/pigtest && echo keep > /data/pigtest/keepsake");
    const auto status = run()->create(steps);
    ASSERT_FALSE(status);
    EXPECT_EQ(summary(status.error()),
              "t-2 (10.10.10.12): expected /data/pigtest to be empty or not there, found keepsake in it");
    EXPECT_EQ(claim_text(1) + claim_text(2), "");
    EXPECT_EQ(sh(1, "ls /data 2>/dev/null"), "");
    EXPECT_EQ(sh(2, "stat -c %a /data/pigtest && cat /data/pigtest/keepsake"), "755\nkeep\n");

    // Once it is ours, what is in it is ours.
    sh(2, "rm /data/pigtest/keepsake");
    const Table breaks =
        with_data({steps[0].items({})[0], steps[0].items({})[1],
                   std::make_shared<item::ServiceItem>(item::ServiceSpec{.unit = "nowhere.service", .running = true})});
    ASSERT_FALSE(run()->create(breaks));
    sh(2, "echo data > /data/pigtest/file");
    const auto resumed = run()->create(steps);
    EXPECT_TRUE(resumed) << summary(resumed.error());
}

TEST_F(RunTest, a_locale_that_a_node_lacks_is_refused) {
    const auto create = [&](const std::string& locale) {
        return run()->create({{.name = "locale", .items = [locale](const Site&) -> std::vector<ItemPtr> {
                                   return {std::make_shared<item::LocaleItem>(locale)};
                               }}});
    };
    const auto status = create("xx_YY.UTF-8");
    ASSERT_FALSE(status);
    EXPECT_THAT(summary(status.error()), HasSubstr("expected the locale xx_YY.UTF-8 on the node, found C"));
    EXPECT_EQ(claim_text(1), "");
    EXPECT_TRUE(create("C.UTF-8"));
}

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

// As the script around apt does while another process holds its lock.
TEST_F(RunTest, what_a_script_waits_for_shows_while_it_runs) {
    TableBuilder builder;
    builder.items("files", {std::make_shared<FileItem>(FileSpec{
                               .path = "/etc/waits.conf",
                               .content = "x\n",
                               .check = "printf '\\036w%s\\n' 'apt is busy: waits for process 7 since 10:00:00'"})});
    ASSERT_TRUE(run()->create(builder.done()));
    EXPECT_THAT(sink->lines, testing::Contains("t-1 /etc/waits.conf: apt is busy: waits for process 7 since 10:00:00"));
}

TEST_F(RunTest, items_are_rendered_once_for_each_site) {
    std::map<std::string, int> times;
    Table counted = table({});
    for (Step& step : counted) {
        if (!step.items) continue;
        step.items = [&times, name = step.name, items = step.items](const Site& site) {
            ++times[name + " of " + site.member.name];
            return items(site);
        };
    }
    ASSERT_TRUE(run()->create(counted));
    EXPECT_EQ(times.size(), 6U);
    for (const auto& [what, count] : times) EXPECT_EQ(count, 1) << what;
}

}  // namespace
}  // namespace pigsty::converge
