// What a create asks of a node before it writes: the answers as a node sends them, and what is made of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/item/locale.h"
#include "core/item/own_folder.h"
#include "core/item/own_unit.h"
#include "core/item/testing/seen.h"

namespace pigsty::item {
namespace {

using testing::HasSubstr;

// `printed`: of the one script among what the item looks at.
Status check(const Precondition& condition, const Seen& seen, const std::string& printed) {
    node::Observation observation = seen.observation();
    for (const node::Probe& probe : condition.looks())
        if (probe.kind == node::ProbeKind::command) observation.set(probe, printed);
    return condition.check(observation);
}

std::string refusal(const Precondition& condition, const Seen& seen, const std::string& printed) {
    const auto status = check(condition, seen, printed);
    return status ? "" : status.error().message;
}

TEST(OwnFolderItem, is_new_or_empty) {
    const OwnFolderItem folder(OwnFolderSpec{.path = "/data/etcd"});
    EXPECT_EQ(refusal(folder, Seen().absent("/data/etcd"), ""), "");
    EXPECT_EQ(refusal(folder, Seen().directory("/data/etcd"), ""), "");
    EXPECT_EQ(refusal(folder, Seen().directory("/data/etcd", "etcd:etcd 0700"), "member\n"),
              "expected /data/etcd to be empty or not there, found member in it");
    EXPECT_EQ(refusal(folder, Seen().directory("/data/etcd"), "a\nb\nc\nd\ne\nf\ng\n"),
              "expected /data/etcd to be empty or not there, found a, b, c, d, e and 2 more in it");
    EXPECT_EQ(refusal(folder, Seen().file("/data/etcd", "text"), ".\n"),
              "expected /data/etcd to be a folder or not there, found a file");
    EXPECT_EQ(refusal(folder, Seen().link("/data/etcd", "/nowhere"), ".\n"),
              "expected /data/etcd to be a folder or not there, found a link to /nowhere");
    const auto status = check(folder, Seen().directory("/data/etcd"), "member\n");
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::conflict);
    EXPECT_THAT(status.error().hint, HasSubstr("set data_dir to another folder"));
}

TEST(OwnFolderItem, may_hold_others_where_nothing_of_it_changes) {
    const OwnFolderItem folder(OwnFolderSpec{.path = "/data/postgres", .may_hold_others = "postgres:postgres 0755"});
    EXPECT_EQ(refusal(folder, Seen().directory("/data/postgres", "root:root 0755"), ""), "");
    EXPECT_EQ(refusal(folder, Seen().directory("/data/postgres", "postgres:postgres 0755"), "old-16\n"), "");
    EXPECT_EQ(refusal(folder, Seen().link("/data/postgres", "/disk2/postgres"), "old-16\n"), "");
    EXPECT_EQ(refusal(folder, Seen().directory("/data/postgres", "root:root 0700"), "keepsake\n"),
              "expected /data/postgres to be empty, not there or postgres:postgres 0755, found it root:root 0700 with "
              "keepsake in it");
}

TEST(OwnUnitItem, does_not_run_before_us) {
    const OwnUnitItem unit("patroni.service");
    const auto seen = [](const char* active) { return Seen().unit("patroni.service", "loaded", active, "enabled"); };
    EXPECT_EQ(refusal(unit, seen("inactive"), ""), "");
    EXPECT_EQ(refusal(unit, seen("failed"), ""), "");
    EXPECT_EQ(refusal(unit, seen("active"), ""), "expected patroni.service not to run yet, found it active");
    EXPECT_THAT(check(unit, seen("active"), "").error().hint, HasSubstr("use another machine"));
}

TEST(LocaleItem, is_there_or_the_error_lists_those_that_are) {
    const LocaleItem locale("xx_YY.UTF-8");
    EXPECT_EQ(refusal(locale, {}, ""), "");
    EXPECT_EQ(refusal(locale, {}, "C\nC.utf8\nPOSIX\n"),
              "expected the locale xx_YY.UTF-8 on the node, found C, C.utf8, POSIX");
    EXPECT_EQ(refusal(locale, {}, "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n"),
              "expected the locale xx_YY.UTF-8 on the node, found 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more");
    EXPECT_THAT(check(locale, {}, "C\n").error().hint, HasSubstr("a line for xx_YY.UTF-8 in /etc/locale.gen"));
    EXPECT_TRUE(locale.claimed({}).shared);
}

}  // namespace
}  // namespace pigsty::item
