#include "core/module/pgsql/spec/backup.h"

#include <gmock/gmock.h>

#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {
namespace {

minio::Access of_minio() {
    return {.id = "one",
            .name = "minio",
            .endpoints = {"https://10.10.10.10:9000"},
            .domain = "sss.pigsty",
            .region = "us-east-1",
            .ca_fingerprint = "ff",
            .members = {{"1", {.address = "10.10.10.10"}}}};
}

TEST(Backup, is_encrypted_where_it_leaves_the_machine) {
    EXPECT_FALSE(is_encrypted({}));
    EXPECT_TRUE(is_encrypted({.encryption = true}));
    EXPECT_TRUE(is_encrypted({.repository = of_minio()}));
    EXPECT_FALSE(is_encrypted({.repository = of_minio(), .encryption = false}));
}

TEST(Backup, says_where_it_goes) {
    EXPECT_EQ(place_of({}), "/pg/backup of each member");
    EXPECT_EQ(place_of({.path = "/data/backups"}), "/data/backups of each member");
    EXPECT_EQ(place_of({.repository = of_minio(), .bucket = "meta"}),
              "bucket meta of MinIO cluster minio, below /pgbackrest");
}

TEST(Backup, is_found_where_place_and_key_are_the_same) {
    const Backup local, remote{.repository = of_minio()};
    EXPECT_TRUE(same_place(local, {.path = "/pg/backup", .retention = {.full = 9}}));
    EXPECT_FALSE(same_place(local, {.encryption = true}));
    EXPECT_FALSE(same_place(local, remote));
    EXPECT_TRUE(same_place(remote, {.repository = of_minio(), .bucket = "pgsql", .user = "another"}));
    Backup another = remote;
    another.repository->id = "two";
    EXPECT_FALSE(same_place(remote, another));
    EXPECT_FALSE(same_place(remote, {.repository = of_minio(), .path = "/elsewhere"}));
}

TEST(Backup, in_a_store_of_others_is_known_by_host_and_bucket) {
    Backup backup{.s3 = ForeignS3{.endpoint = "s3.example.com", .key = "AK", .key_secret_wo = Secret("word")},
                  .bucket = "backups"};
    EXPECT_EQ(place_of(backup), "bucket backups of s3.example.com, below /pgbackrest");
    EXPECT_EQ(user_of(backup), "AK");
    EXPECT_TRUE(is_encrypted(backup));
    Backup other = backup;
    other.s3->key = "another key of the same store";
    other.s3->key_secret_wo.reset();
    EXPECT_TRUE(same_place(backup, other));
    other.s3->port = 9000;
    EXPECT_FALSE(same_place(backup, other));
    const auto json = write_json(backup);
    EXPECT_FALSE(json.dump().contains("word")) << json;
}

TEST(Backup, has_schedules_of_times_alone) {
    for (const char* good : {"00 01 * * *", "*/15 * * * *", "0 1 * * mon-fri", "@daily", "  5   4 * * 0 "})
        EXPECT_TRUE(kSchedule.holds(good)) << good;
    for (const char* bad :
         {"", "daily", "@never", "60 * * * *", "* * * *", "0 1 * * * root rm -rf /", "0 1 * * * postgres",
          "0 1 * * *\n* * * * * root true", "# 0 1 * * *", "A=1 2 3 4 5", "@daily root"})
        EXPECT_FALSE(kSchedule.holds(bad)) << bad;
}

TEST(Backup, survives_the_way_through_a_claim) {
    PgCluster cluster;
    cluster.name = "pg-test";
    cluster.backup = Backup{.repository = of_minio(),
                            .full_schedule = "@daily",
                            .retention = {.full = 14, .type = "time", .archive = 1},
                            .options = {{"process-max", "4"}}};
    const auto back = pg_cluster_from_json(to_json(cluster));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, cluster);
    cluster.backup.reset();
    EXPECT_FALSE(to_json(cluster).contains("backup"));
}

}  // namespace
}  // namespace pigsty::module::pgsql
