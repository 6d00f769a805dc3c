#include "core/module/pgsql/backup/restore_files.h"

#include <gmock/gmock.h>

namespace pigsty::module::pgsql {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::Optional;

PgCluster to_restore() {
    PgCluster cluster;
    cluster.name = "pg-new";
    cluster.version = 17;
    cluster.restore_from = RestoreFrom{.repository = minio::Access{.id = "one",
                                                                   .name = "minio",
                                                                   .endpoints = {"https://10.10.10.10:9000"},
                                                                   .domain = "sss.pigsty",
                                                                   .region = "us-east-1",
                                                                   .ca_fingerprint = "ff"},
                                       .path = "/elsewhere",
                                       .cluster = "pg-src"};
    return cluster;
}

TEST(RestoreConf, is_of_the_source_with_the_data_of_the_new_one) {
    const std::string conf = restore_conf(to_restore(), true);
    EXPECT_THAT(conf, HasSubstr("\nrepo1-path=/elsewhere\n"));
    EXPECT_THAT(conf, HasSubstr("\nrepo1-s3-key-secret={{s3.minio.pgbackrest:1}}\n"));
    EXPECT_THAT(conf, HasSubstr("\nrepo1-cipher-pass={{restore-cipher:1}}\n"));
    EXPECT_THAT(conf, HasSubstr("\n[pg-src]\npg1-path=/pg/tmp/restore\n"));
    // What would expire backups or push WAL.
    EXPECT_THAT(conf, Not(HasSubstr("retention")));
    EXPECT_THAT(restore_conf(to_restore(), false), Not(HasSubstr("cipher")));
}

TEST(Restore, the_password_is_text_in_sql) {
    EXPECT_THAT(own_cluster_sql("it's"), HasSubstr("ALTER ROLE replicator LOGIN REPLICATION PASSWORD 'it''s';"));
    EXPECT_THAT(recover_script(to_restore(), "/usr/lib/postgresql/17/bin"),
                HasSubstr("expected='encoding UTF8, lc_collate C, lc_ctype C, checksum on'\n"));
}

TEST(Restore, says_why_a_backup_does_not_fit) {
    PgCluster cluster = to_restore();
    BackupInformation seen{.version = "17",
                           .sets = {{.label = "20261130-022842F", .type = "full", .stop = 1796005722},
                                    {.label = "20261201-022842F", .type = "full", .stop = 1796092122}}};
    EXPECT_EQ(unfit(cluster, seen), std::nullopt);
    cluster.restore_from->target = RestoreTarget{.time = "2026-12-01 00:00:00+00"};
    EXPECT_EQ(unfit(cluster, seen), std::nullopt);
    cluster.restore_from->set = "20261201-022842F";
    EXPECT_THAT(unfit(cluster, seen),
                Optional(HasSubstr("restore_from.target.time: no backup of pg-src had ended by")));
    cluster.restore_from->set = "20200101-000000F";
    EXPECT_THAT(unfit(cluster, seen), Optional(HasSubstr("restore_from.set: the repository holds no backup 20200101")));
    cluster.restore_from->set.reset();
    cluster.restore_from->target = RestoreTarget{.time = "2026-11-01 00:00:00+00"};
    EXPECT_THAT(unfit(cluster, seen), Optional(HasSubstr("the oldest is 20261130-022842F")));
    seen.version = "16";
    EXPECT_THAT(unfit(cluster, seen), Optional(HasSubstr("are of PostgreSQL 16, and this cluster is of 17")));
    seen = {.version = "17"};
    EXPECT_THAT(unfit(cluster, seen), Optional(HasSubstr("holds no backup of pg-src")));
}

}  // namespace
}  // namespace pigsty::module::pgsql
