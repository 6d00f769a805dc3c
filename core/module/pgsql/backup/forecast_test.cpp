#include "core/module/pgsql/backup/forecast.h"

#include <gmock/gmock.h>

#include "core/module/pgsql/backup/look.h"

namespace pigsty::module::pgsql {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

PgCluster with(std::optional<Backup> backup) {
    PgCluster cluster;
    cluster.name = "pg-test";
    cluster.instances["1"] = {.node = {.address = "10.10.10.11"}, .role = "primary"};
    cluster.backup = std::move(backup);
    return cluster;
}

Backup in_minio() { return {.repository = minio::Access{.id = "one", .name = "minio"}, .full_schedule = "@daily"}; }

std::vector<std::string> forecast(const PgCluster& before, const PgCluster& after) {
    return backup_forecast(before, after, backup_change(before, after, {}));
}

TEST(BackupForecast, says_where_wal_goes_and_what_stays) {
    EXPECT_THAT(forecast(with({}), with({})), IsEmpty());
    EXPECT_THAT(forecast(with({}), with(Backup{})),
                ElementsAre("archive WAL of pg-test to /pg/backup of each member, no restart; a full backup"));
    EXPECT_THAT(forecast(with(Backup{}), with(in_minio())),
                ElementsAre("archive WAL of pg-test to bucket pgsql of MinIO cluster minio, below /pgbackrest, no "
                            "restart; a full backup",
                            "backups so far stay in /pg/backup of each member"));
    EXPECT_THAT(forecast(with(in_minio()), with({})),
                ElementsAre("stop archiving WAL of pg-test; its backups stay in bucket pgsql of MinIO cluster minio, "
                            "below /pgbackrest"));
    Backup kept = in_minio();
    kept.retention.full = 7;
    EXPECT_THAT(
        forecast(with(in_minio()), with(kept)),
        ElementsAre("check that WAL of pg-test gets to bucket pgsql of MinIO cluster minio, below /pgbackrest"));
}

TEST(BackupForecast, takes_a_key_for_no_change_and_its_version_for_one) {
    Backup given = in_minio();
    given.cipher_pass_wo = Secret("mine");
    EXPECT_EQ(backup_change(with(in_minio()), with(given), {}), BackupChange{}) << "no state has it";
    given.cipher_pass_wo_version = 1;
    EXPECT_THAT(
        forecast(with(in_minio()), with(given)),
        ElementsAre("compare the key in cipher_pass_wo with the one that pg-test has, if any",
                    "check that WAL of pg-test gets to bucket pgsql of MinIO cluster minio, below /pgbackrest"));
    Backup moved = given;
    moved.cipher_pass_wo_version = 2;
    moved.path = "/elsewhere";
    EXPECT_THAT(forecast(with(given), with(moved)),
                testing::Contains("encrypt backups of pg-test with the key in cipher_pass_wo"));
}

TEST(BackupForecast, says_what_a_destroy_does_first) {
    PgCluster cluster = with(in_minio());
    EXPECT_THAT(destroy_forecast(cluster), IsEmpty());
    cluster.final_backup = true;
    EXPECT_THAT(
        destroy_forecast(cluster),
        ElementsAre(testing::HasSubstr("a full backup of pg-test is made in bucket pgsql of MinIO cluster minio"),
                    testing::HasSubstr("final_backup = false")));
}

TEST(BackupForecast, follows_what_was_seen) {
    const auto change = [](const std::string& drift) {
        return backup_change(with(in_minio()), with(in_minio()), {drift});
    };
    EXPECT_EQ(change("pg-test dcs: ttl is 60, expected 30"), BackupChange{});
    EXPECT_EQ(change("pg-test backup: the repository holds no stanza"), (BackupChange{.prove = true}));
    EXPECT_EQ(change("pg-test backup: the repository refuses the key of pgbackrest"),
              (BackupChange{.prove = true, .renew_key = true}));
    // WAL went nowhere meanwhile: what is older leads no further than to that gap.
    EXPECT_EQ(change("pg-test dcs: postgresql.parameters.archive_command is /bin/true, expected pgbackrest"),
              (BackupChange{.prove = true, .anew = true}));
    // … and an update that ended before its full backup has left that to the next.
    EXPECT_EQ(change(gap_sentence(with(in_minio()))), (BackupChange{.prove = true, .anew = true}));
    EXPECT_EQ(backup_change(with(in_minio()), with({}), {"pg-test backup: the repository holds no stanza"}),
              BackupChange{});
}

TEST(BackupAdvice, warns_of_histories_that_end_with_a_machine_and_of_wal_that_never_goes) {
    PgCluster cluster = with(in_minio());
    EXPECT_THAT(backup_advice(cluster), IsEmpty());
    EXPECT_THAT(backup_advice(with({})), IsEmpty());
    EXPECT_EQ(backup_advice(with(Backup{})).size(), 1U) << "no schedule";
    EXPECT_EQ(backup_advice(with(Backup{.incr_schedule = "@hourly"})).size(), 1U) << "nothing expires";
    cluster.backup = Backup{.full_schedule = "@daily"};
    EXPECT_THAT(backup_advice(cluster), IsEmpty());
    cluster.instances["2"] = {.node = {.address = "10.10.10.12"}};
    EXPECT_EQ(backup_advice(cluster).size(), 1U) << "a failover begins a new history";
}

}  // namespace
}  // namespace pigsty::module::pgsql
