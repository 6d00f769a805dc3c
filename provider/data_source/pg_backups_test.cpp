#include "provider/data_source/pg_backups.h"

#include <gmock/gmock.h>

namespace pigsty::provider {
namespace {

using module::pgsql::Archiver;
using module::pgsql::Backup;
using module::pgsql::BackupInformation;
using module::pgsql::BackupLook;
using module::pgsql::BackupSet;
using module::pgsql::PgCluster;
using module::pgsql::trouble_in;

PgCluster with_backup() {
    PgCluster cluster;
    cluster.name = "pg-test";
    cluster.backup = Backup{.encryption = true};
    return cluster;
}

BackupInformation two_sets() {
    return {.sets = {BackupSet{.label = "20261130-022842F", .type = "full", .start = 1796005722, .stop = 1796005726},
                     BackupSet{.label = "20261130-022842F_20261130-030000I",
                               .type = "incr",
                               .prior = "20261130-022842F",
                               .start = 1796007600,
                               .stop = 1796007602}}};
}

TEST(PgBackupsView, shows_how_old_the_newest_is_and_up_to_when_all_is_there) {
    const BackupLook leader{
        .asked = true, .information = two_sets(), .archiver = Archiver{.restorable = 1796007660}, .now = 1796007702};
    const PgBackupsView view = backups_view_of(with_backup(), "the-id", {BackupLook{}, leader});
    EXPECT_TRUE(view.ok);
    EXPECT_EQ(view.status, "ok");
    EXPECT_EQ(view.repository, "/pg/backup of each member");
    EXPECT_TRUE(view.encrypted);
    ASSERT_EQ(view.backups.size(), 2U);
    EXPECT_EQ(view.backups[1].prior, "20261130-022842F");
    EXPECT_EQ(view.backups[0].stop, "2026-11-30T02:28:46Z");
    EXPECT_EQ(view.newest, "20261130-022842F_20261130-030000I");
    EXPECT_EQ(view.newest_full, "20261130-022842F");
    EXPECT_EQ(view.age_seconds, 100);
    EXPECT_EQ(view.newest_restorable_time, utc_text(1796007660));
    EXPECT_EQ(view.archiving, true);
    EXPECT_EQ(view.wal_waiting, 0);
}

TEST(PgBackupsView, takes_the_leaders_word_before_another_members) {
    BackupInformation other = two_sets();
    other.sets.pop_back();
    const BackupLook standby{.asked = true, .information = other, .now = 1796007702};
    const BackupLook leader{.asked = true, .information = two_sets(), .archiver = Archiver{}, .now = 1796007702};
    EXPECT_EQ(backups_view_of(with_backup(), "i", {standby, leader}).backups.size(), 2U);
    EXPECT_EQ(backups_view_of(with_backup(), "i", {standby}).backups.size(), 1U);
    EXPECT_EQ(backups_view_of(with_backup(), "i", {standby}).archiving, std::nullopt);
}

TEST(PgBackupsView, says_what_is_the_matter) {
    BackupLook look{
        .asked = true, .information = BackupInformation{}, .archiver = Archiver{.is_failing = true, .waiting = 3}};
    EXPECT_EQ(backups_view_of(with_backup(), "i", {look}).status, "no backups");
    EXPECT_FALSE(backups_view_of(with_backup(), "i", {look}).ok);
    EXPECT_EQ(backups_view_of(with_backup(), "i", {look}).wal_waiting, 3);
    look.information->trouble = trouble_in("Connection refused", {});
    EXPECT_EQ(backups_view_of(with_backup(), "i", {look}).status, "the repository is not reached");
    look.information = two_sets();
    EXPECT_FALSE(backups_view_of(with_backup(), "i", {look}).ok) << "WAL does not get there";
    EXPECT_EQ(backups_view_of(with_backup(), "i", {}).status, "nobody could be asked");
    PgCluster without = with_backup();
    without.backup.reset();
    EXPECT_EQ(backups_view_of(without, "i", {}).status, "off");
    EXPECT_FALSE(backups_view_of(without, "i", {}).enabled);
}

}  // namespace
}  // namespace pigsty::provider
