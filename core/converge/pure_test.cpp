// The pure parts: managed, forecast, diff, patterns, entries, handlers, lines.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "core/base/hash.h"
#include "core/base/unknown.h"
#include "core/converge/diff.h"
#include "core/converge/entries.h"
#include "core/converge/fault.h"
#include "core/converge/handlers.h"
#include "core/converge/plan.h"
#include "core/converge/run_engine.h"
#include "core/item/file.h"
#include "core/item/package.h"
#include "core/item/reservation.h"

namespace pigsty::converge {
namespace {

using item::FileItem;
using item::FileSpec;
using item::Handler;
using item::ItemPtr;
using testing::ElementsAre;

std::vector<Member> members(int count) {
    std::vector<Member> all;
    for (int i = 1; i <= count; ++i) {
        all.push_back({.number = std::to_string(i),
                       .name = "pg-test-" + std::to_string(i),
                       .address = {.address = "10.10.10.1" + std::to_string(i)}});
    }
    return all;
}

ItemPtr file(const std::string& path, const std::string& content, std::vector<Handler> handlers = {}) {
    return std::make_shared<FileItem>(FileSpec{.path = path, .content = content, .handlers = std::move(handlers)});
}

Table one_file(const std::string& content) {
    return {{.name = "configuration", .items = [=](const Site& site) -> std::vector<ItemPtr> {
                 return {file("/etc/x", content, {Handler::daemon_reload(), Handler::reload("haproxy.service")}),
                         file("/etc/me", site.member.address.address),
                         std::make_shared<item::ReservationItem>("port 5432")};
             }}};
}

TEST(Managed, shows_fingerprints_and_leaves_unknown_what_is_unknown) {
    std::vector<Member> two = members(2);
    two[1].address.address = unknown_marker("instances[\"2\"].address");
    const Managed shown = managed(desired(one_file("text"), two));
    EXPECT_EQ(shown, (Managed{{"pg-test-1 /etc/me", fingerprint("10.10.10.11")},
                              {"pg-test-1 /etc/x", fingerprint("text")},
                              {"pg-test-2 /etc/me", std::nullopt},
                              {"pg-test-2 /etc/x", fingerprint("text")}}));
}

TEST(Preview, says_what_is_disturbed_and_what_changes_once_for_equal_members) {
    const Desired prior = desired(one_file("a\nb\nc\n"), members(3));
    const Desired planned = desired(one_file("a\nB\nc\n"), members(3));
    const Preview seen = preview(managed(prior), prior, planned);
    EXPECT_THAT(seen.sentences, ElementsAre("reload haproxy on pg-test-1, pg-test-2, pg-test-3"));
    EXPECT_EQ(seen.diff,
              "--- pg-test-1, pg-test-2, pg-test-3 /etc/x\n+++ pg-test-1, pg-test-2, pg-test-3 /etc/x\n"
              "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n");
}

TEST(Preview, is_silent_where_nothing_changes_and_on_create) {
    const Desired same = desired(one_file("a\n"), members(1));
    EXPECT_TRUE(preview(managed(same), same, same).sentences.empty());
    EXPECT_TRUE(preview(managed(same), same, same).diff.empty());
    EXPECT_TRUE(preview({}, {}, same).sentences.empty());
}

TEST(Preview, counts_repaired_drift) {
    const Desired same = desired(one_file("a\n"), members(2));
    const Preview seen = preview(managed(same), same, same, {"pg-test-2 /etc/x"});
    EXPECT_THAT(seen.sentences, ElementsAre("reload haproxy on pg-test-2"));
    EXPECT_TRUE(seen.diff.empty());
}

TEST(Preview, diffs_are_cut_after_sixty_lines) {
    std::string before;
    std::string after;
    for (int i = 0; i < 100; ++i) {
        before += fmt::format("old {}\n", i);
        after += fmt::format("new {}\n", i);
    }
    const Desired prior = desired(one_file(before), members(1));
    const std::string diff = preview(managed(prior), prior, desired(one_file(after), members(1))).diff;
    EXPECT_EQ(std::ranges::count(diff, '\n'), 60);
    EXPECT_TRUE(diff.ends_with("… 144 more lines\n")) << diff.substr(diff.size() - 40);
}

TEST(Sentences, one_at_a_time_is_said_and_reloading_units_is_not) {
    EXPECT_THAT(sentences({{"etcd-1", Handler::restart("etcd.service", true)},
                           {"etcd-2", Handler::restart("etcd.service", true)},
                           {"etcd-1", Handler::daemon_reload()},
                           {"etcd-1", Handler::run("rebuild the list", "true")}}),
                ElementsAre("rebuild the list on etcd-1", "restart etcd on etcd-1, etcd-2, one at a time"));
}

TEST(Sentences, a_unit_that_is_restarted_is_not_reloaded_as_well) {
    EXPECT_THAT(sentences({{"a", Handler::reload("x.service")},
                           {"a", Handler::restart("x.service")},
                           {"b", Handler::reload("x.service")}}),
                ElementsAre("reload x on b", "restart x on a"));
}

TEST(Diff, keeps_three_lines_around_and_splits_far_changes) {
    const std::string before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n";
    const std::string after = "1\n2\nX\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n";
    EXPECT_EQ(unified_diff("f", before, after),
              "--- f\n+++ f\n@@ -1,6 +1,6 @@\n 1\n 2\n-3\n+X\n 4\n 5\n 6\n@@ -10,3 +10,4 @@\n 10\n 11\n 12\n+13\n");
    EXPECT_EQ(unified_diff("f", "", "1\n2\n"), "--- f\n+++ f\n@@ -0,0 +1,2 @@\n+1\n+2\n");
    EXPECT_EQ(unified_diff("f", "same", "same"), "");
}

TEST(Phases, neighbouring_parallel_item_steps_travel_together) {
    const auto items = [](const Site&) { return std::vector<ItemPtr>(); };
    const auto act = [](Site&, StepContext&) -> Status { return {}; };
    const Table table{{.name = "a", .items = items},
                      {.name = "b", .items = items},
                      {.name = "c", .items = items, .act = act},
                      {.name = "d", .items = items},
                      {.name = "e", .spread = Spread::serial, .items = items},
                      {.name = "f", .items = items}};
    const auto phases = phases_of(table, [](std::size_t) { return false; });
    ASSERT_EQ(phases.size(), 4U);
    EXPECT_THAT(phases[0].item_steps, ElementsAre(0, 1, 2));
    EXPECT_EQ(phases[0].act_step, 2U);
    EXPECT_THAT(phases[1].item_steps, ElementsAre(3));
    EXPECT_TRUE(phases[2].serial);
    EXPECT_THAT(phases[3].item_steps, ElementsAre(5));
    EXPECT_EQ(phases_of(table, [](std::size_t) { return true; }).size(), 6U);
    EXPECT_THAT(fault_points({table[2]}), ElementsAre("c:before", "c:written", "c:after"));
}

TEST(Faults, any_of_several_is_met_at_its_place_and_member) {
#ifndef PIGSTY_FAULT_POINTS
    GTEST_SKIP() << "built without fault points";
#else
    setenv("PIGSTY_FAULT", "start minio:minio-1:after:error;haproxy:error", 1);
    EXPECT_FALSE(fault_point("start minio", "minio-1", FaultPlace::after));
    EXPECT_TRUE(fault_point("start minio", "minio-2", FaultPlace::after));
    EXPECT_TRUE(fault_point("start minio", "minio-1", FaultPlace::before));
    EXPECT_FALSE(fault_point("haproxy", "web-3", FaultPlace::before));
    unsetenv("PIGSTY_FAULT");
    EXPECT_TRUE(fault_point("haproxy", "web-3", FaultPlace::before));
#endif
}

TEST(Entries, what_was_there_before_is_what_the_first_claim_saw) {
    const ItemPtr package = std::make_shared<item::PackageItem>(item::PackageSpec{.name = "haproxy"});
    node::Observation installed;
    installed.set({node::ProbeKind::package, "haproxy"}, "3.0.5-1");
    node::Claim ours{.kind = "pg_cluster", .name = "a", .id = "1", .member = {}, .spec = {}, .items = {}};
    node::Claim other{.kind = "pg_cluster", .name = "b", .id = "2", .member = {}, .spec = {}, .items = {}};
    EXPECT_TRUE(entry_for(*package, installed, ours, {}, 3).existed_before);
    other.items["package haproxy"] = {.kind = "package", .fingerprint = {}, .existed_before = false, .shared = true};
    EXPECT_FALSE(entry_for(*package, installed, ours, {other}, 3).existed_before);
    ours.items["package haproxy"] = {.kind = "package", .fingerprint = {}, .existed_before = true, .shared = true};
    EXPECT_TRUE(entry_for(*package, installed, ours, {other}, 3).existed_before);
    EXPECT_EQ(entry_for(*package, installed, ours, {other}, 3).undo, (nlohmann::json{{"order", 3}, {"remove", false}}));
}

TEST(Entries, exclusive_items_name_who_has_them) {
    const node::Claim ours{.kind = "pg_cluster", .name = "a", .id = "1", .member = {}, .spec = {}, .items = {}};
    node::Claim other{.kind = "pg_cluster", .name = "b", .id = "2", .member = {}, .spec = {}, .items = {}};
    other.items["port 5432"] = {.kind = "reservation", .fingerprint = {}};
    other.items["package haproxy"] = {.kind = "package", .fingerprint = {}, .shared = true};
    const ItemPtr package = std::make_shared<item::PackageItem>(item::PackageSpec{.name = "haproxy"});
    EXPECT_TRUE(check_exclusive({package}, ours, {other}, "pg-test-1"));
    const auto refused =
        check_exclusive({package, std::make_shared<item::ReservationItem>("port 5432")}, ours, {other}, "pg-test-1");
    ASSERT_FALSE(refused);
    EXPECT_EQ(summary(refused.error()), "pg-test-1: port 5432 belongs to pg_cluster \"b\" (id 2)");
}

TEST(Entries, are_undone_last_made_first) {
    node::Claim claim{.kind = "k", .name = "n", .id = {}, .member = {}, .spec = {}, .items = {}};
    claim.items["a"] = {.kind = "file", .fingerprint = {}, .undo = {{"order", 1}}};
    claim.items["b"] = {.kind = "file", .fingerprint = {}, .undo = {{"order", 10}}};
    claim.items["c"] = {.kind = "file", .fingerprint = {}, .undo = {{"order", 2}}};
    EXPECT_THAT(undo_order(claim), ElementsAre("b", "c", "a"));
}

TEST(PendingHandlers, run_once_in_order_and_a_restart_replaces_a_reload) {
    PendingHandlers pending;
    pending.add({Handler::restart("b.service"), Handler::reload("a.service")}, {"/etc/1"});
    pending.add({Handler::reload("a.service"), Handler::daemon_reload(), Handler::reload("b.service")}, {"/etc/2"});
    std::vector<std::string> order;
    for (const auto& handler : pending.in_order())
        order.push_back(handler.handler.sentence() + " " + std::to_string(handler.paths.size()));
    EXPECT_THAT(order, ElementsAre("reload systemd's units 1", "reload a.service 2", "restart b.service 2"));
    pending.drop_unit("a.service");
    EXPECT_EQ(pending.in_order().size(), 2U);
    EXPECT_EQ(handlers_from_json(to_json({Handler::restart("b.service", true)})).at(0),
              Handler::restart("b.service", true));
}

TEST(ProgressEvent, reads_as_a_line) {
    using namespace std::chrono_literals;
    EXPECT_EQ(line({.operation = "create", .member = "pg-test-2", .what = "package postgresql-17", .took = 6100ms}),
              "pg-test-2 package postgresql-17 … 6.1 s");
    EXPECT_EQ(line({.operation = "create",
                    .member = "pg-test-2",
                    .what = "step etcd",
                    .state = ProgressState::failed,
                    .took = 40ms,
                    .detail = "no quorum"}),
              "pg-test-2 step etcd failed after 0.0 s: no quorum");
}

TEST(Gate, fails_with_what_moved_last_and_passes_what_cannot_pass) {
    using namespace std::chrono_literals;
    int looks = 0;
    const Gate gate{.fact = "pg-test-3 streams", .stall_timeout = 30ms, .interval = 1ms};
    const auto stuck = wait_for(
        gate, [&]() -> Result<Look> { return Look{.moved = ++looks < 4 ? std::to_string(looks) : "4"}; }, Cancel());
    ASSERT_FALSE(stuck);
    EXPECT_EQ(stuck.error().code, ErrorCode::stalled);
    EXPECT_THAT(
        stuck.error().message,
        testing::MatchesRegex("expected that pg-test-3 streams; nothing moved for 0.03 s; it came as far as: 4; "
                              "waited since ....-..-..T..:..:..Z"));
    EXPECT_TRUE(wait_for(gate, [&]() -> Result<Look> { return Look{.reached = true}; }, Cancel()));
    const auto denied =
        wait_for(gate, []() -> Result<Look> { return fail(ErrorCode::denied, "wrong password"); }, Cancel());
    EXPECT_EQ(denied.error().message, "wrong password");
    const auto silent =
        wait_for(gate, []() -> Result<Look> { return fail(ErrorCode::unreachable, "no answer"); }, Cancel());
    EXPECT_THAT(silent.error().message,
                testing::StartsWith("expected that pg-test-3 streams; nothing moved for 0.03 s; the last look said: no "
                                    "answer; waited since "));
    Cancel stopped;
    stopped.request_stop();
    EXPECT_EQ(wait_for(gate, [&]() -> Result<Look> { return Look{}; }, stopped).error().code, ErrorCode::cancelled);
}

}  // namespace
}  // namespace pigsty::converge
