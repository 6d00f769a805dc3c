#include "core/module/pgsql/spec/restore_from.h"

#include <gmock/gmock.h>

#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {
namespace {

TEST(RestoreFrom, times_have_an_offset) {
    EXPECT_EQ(seconds_of("1970-01-02 00:00:01+00"), 86401);
    EXPECT_EQ(seconds_of("2026-11-28T18:11:06.96Z"), seconds_of("2026-11-28 18:11:06+00"));
    EXPECT_EQ(seconds_of("2026-11-28 18:11:06+02:30"), seconds_of("2026-11-28 15:41:06Z"));
    EXPECT_EQ(seconds_of("2026-11-28 18:11:06-0800"), seconds_of("2026-11-29 02:11:06+00"));
    for (const char* wrong :
         {"", "2026-11-28", "2026-11-28 18:11:06", "2026-02-30 10:00:00+00", "2026-11-28 24:00:00+00",
          "2026-11-28 18:11:06.+00", "2026-11-28 18:11:06+2", "2026-11-28 18:11:06+00 --x"})
        EXPECT_FALSE(seconds_of(wrong)) << wrong;
}

TEST(RestoreFrom, tells_places_and_labels) {
    EXPECT_TRUE(kTargetLsn.holds("0/5000148"));
    for (const char* wrong : {"5000148", "0/", "0/123456789", "x/1"}) EXPECT_FALSE(kTargetLsn.holds(wrong)) << wrong;
    EXPECT_TRUE(kBackupLabel.holds("20261130-022842F"));
    EXPECT_TRUE(kBackupLabel.holds("20261130-022842F_20261130-032842I"));
    for (const char* wrong :
         {"", "latest", "20261130-022842I", "20261130-022842F_", "20261130-022842F_20261130-032842F"})
        EXPECT_FALSE(kBackupLabel.holds(wrong)) << wrong;
    EXPECT_TRUE(kTargetTimeline.holds("latest"));
    EXPECT_FALSE(kTargetTimeline.holds("0"));
}

TEST(RestoreFrom, options_of_pgbackrest) {
    RestoreFrom restore{.cluster = "pg-src"};
    EXPECT_EQ(restore_options(restore), "");
    restore.target = {.time = "2026-11-28T18:11:06Z", .exclusive = true};
    EXPECT_EQ(restore_options(restore),
              " '--type=time' '--target=2026-11-28 18:11:06+00' '--target-action=promote' --target-exclusive");
    restore.target = {.name = "it's"};
    restore.set = "20261130-022842F";
    restore.timeline = "2";
    EXPECT_EQ(restore_options(restore),
              " '--type=name' '--target=it'\\''s' '--target-action=promote' "
              "'--set=20261130-022842F' '--target-timeline=2'");
    restore = {.cluster = "pg-src", .target = RestoreTarget{.immediate = true}};
    EXPECT_EQ(restore_options(restore), " '--type=immediate' '--target-action=promote'");
}

TEST(RestoreFrom, no_key_is_kept) {
    PgCluster cluster;
    cluster.restore_from =
        RestoreFrom{.cluster = "pg-src", .cipher_pass_wo = Secret("key"), .cipher_pass_wo_version = 1};
    const std::string kept = to_json(cluster).dump();
    EXPECT_THAT(kept, testing::Not(testing::HasSubstr("\"key\"")));
    const auto again = pg_cluster_from_json(nlohmann::json::parse(kept));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->restore_from->cluster, "pg-src");
    EXPECT_FALSE(again->restore_from->cipher_pass_wo);
}

}  // namespace
}  // namespace pigsty::module::pgsql
