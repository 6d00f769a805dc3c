#include <gmock/gmock.h>

#include "core/base/unknown.h"
#include "core/module/pgsql/rules/testing/checked.h"

namespace pigsty::module::pgsql {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

minio::Access of_minio() {
    return {.id = "one",
            .name = "minio",
            .endpoints = {"https://10.10.10.10:9000"},
            .domain = "sss.pigsty",
            .region = "us-east-1",
            .ca_fingerprint = "ff",
            .members = {{"1", {.address = "10.10.10.10"}}}};
}

std::vector<std::string> with(const Backup& backup) {
    return after([&](PgCluster& cluster) { cluster.backup = backup; });
}

TEST(BackupRules, take_what_works) {
    EXPECT_THAT(with({}), IsEmpty());
    EXPECT_THAT(with({.path = "/data/backups", .full_schedule = "00 01 * * *", .encryption = true}), IsEmpty());
    EXPECT_THAT(with({.repository = of_minio(),
                      .bucket = "pgsql",
                      .incr_schedule = "@hourly",
                      .options = {{"process-max", "2"}}}),
                IsEmpty());
    EXPECT_THAT(with({.full_schedule = unknown_marker("x"), .compression = unknown_marker("y")}), IsEmpty());
}

TEST(BackupRules, want_of_a_store_of_others_what_nobody_can_guess) {
    const ForeignS3 store{.endpoint = "s3.example.com", .key = "AK"};
    EXPECT_THAT(with({.s3 = store, .bucket = "backups"}), IsEmpty());
    EXPECT_THAT(with({.s3 = store}),
                ElementsAre(HasSubstr("backup.bucket: expected the bucket of s3.example.com, found none")));
    EXPECT_THAT(with({.repository = of_minio(), .s3 = store, .bucket = "backups"}),
                ElementsAre(HasSubstr("backup.s3: expected `repository` or `s3`, found both")));
    EXPECT_THAT(with({.s3 = store, .bucket = "backups", .user = "pgbackrest"}),
                ElementsAre(HasSubstr("backup.user: ")));
    ForeignS3 wrong = store;
    wrong.endpoint = "https://s3.example.com";
    wrong.uri_style = "virtual";
    wrong.key_secret_wo = Secret("two\nlines");
    EXPECT_THAT(with({.s3 = wrong, .bucket = "backups"}),
                ElementsAre(HasSubstr("backup.s3.endpoint: "), HasSubstr("backup.s3.uri_style: "),
                            HasSubstr("backup.s3.key_secret_wo: ")));
}

TEST(BackupRules, refuse_schedules_that_cron_does_not_know) {
    EXPECT_THAT(with({.full_schedule = "25 01 * *"}),
                ElementsAre(HasSubstr("backup.full_schedule: expected five fields")));
    EXPECT_THAT(with({.incr_schedule = "0 1 * * * root true"}), ElementsAre(HasSubstr("backup.incr_schedule: ")));
}

TEST(BackupRules, refuse_to_keep_nothing) {
    EXPECT_THAT(with({.retention = {.full = 0}}), ElementsAre(HasSubstr("backup.retention.full: ")));
    EXPECT_THAT(with({.retention = {.type = "days"}}), ElementsAre(HasSubstr("backup.retention.type: ")));
    EXPECT_THAT(with({.retention = {.full = 2, .archive = 3}}),
                ElementsAre("backup.retention.archive: expected at most backup.retention.full (2), found 3"));
    EXPECT_THAT(with({.retention = {.full = 14, .type = "time", .archive = 30}}), IsEmpty());
}

TEST(BackupRules, want_a_repository_that_can_be_reached_and_trusted) {
    EXPECT_THAT(with({.repository = minio::Access{.name = "minio"}}),
                ElementsAre(HasSubstr("backup.repository: expected `access` of a pigsty_minio_cluster")));
    Backup plain{.repository = of_minio()};
    plain.repository->ca_fingerprint.clear();
    EXPECT_THAT(with(plain), ElementsAre(HasSubstr("over TLS alone")));
    EXPECT_THAT(after([](PgCluster& cluster) {
                    cluster.ca.fingerprint = "ee";
                    cluster.backup = Backup{.repository = of_minio()};
                }),
                ElementsAre(HasSubstr("found one of another")));
    EXPECT_THAT(with({.bucket = "pgsql"}), ElementsAre("backup.bucket: bucket says nothing without a repository"));
    EXPECT_THAT(with({.repository = of_minio(), .bucket = "Not_A_Bucket"}), ElementsAre(HasSubstr("backup.bucket: ")));
    EXPECT_THAT(with({.path = "/pg/data"}), ElementsAre(HasSubstr("outside the cluster's own")));
    EXPECT_THAT(with({.path = "backups"}), ElementsAre(HasSubstr("backup.path: ")));
    EXPECT_THAT(with({.clone_above = "much"}), ElementsAre(HasSubstr("backup.clone_above: ")));
}

TEST(BackupRules, keep_options_that_belong_to_an_attribute_there) {
    const auto option = [](const std::string& name, const std::string& value = "1") {
        return with({.options = {{name, value}}});
    };
    EXPECT_THAT(option("repo1-cipher-pass"),
                ElementsAre("backup.options[\"repo1-cipher-pass\"]: repo1-cipher-pass is set by backup.encryption"));
    EXPECT_THAT(option("repo1-s3-bucket"), ElementsAre(HasSubstr("is set by backup.bucket")));
    EXPECT_THAT(option("repo2-path"), ElementsAre(HasSubstr("expected one repository")));
    EXPECT_THAT(option("pg1-path"), ElementsAre(HasSubstr("is set by the provider")));
    EXPECT_THAT(option("Process Max"), ElementsAre(HasSubstr("the name of an option")));
    EXPECT_THAT(option("process-max", "2\n[global]"), ElementsAre(HasSubstr("a value on one line")));
    EXPECT_THAT(option("process-max", "{{root:1}}"), ElementsAre(HasSubstr("without `{{`")));
    EXPECT_THAT(option("repo1-block", "y"), IsEmpty());
}

TEST(BackupRules, want_a_key_together_with_its_version) {
    EXPECT_THAT(with({.repository = of_minio(), .cipher_pass_wo = Secret("mine"), .cipher_pass_wo_version = 1}),
                IsEmpty());
    EXPECT_THAT(with({.repository = of_minio(), .cipher_pass_wo = Secret("mine")}),
                ElementsAre(HasSubstr("backup.cipher_pass_wo_version: expected `cipher_pass_wo` and")));
    EXPECT_THAT(with({.repository = of_minio(), .cipher_pass_wo = Secret("two\nlines"), .cipher_pass_wo_version = 1}),
                ElementsAre("backup.cipher_pass_wo: expected a key on one line, found something else"));
    EXPECT_THAT(with({.cipher_pass_wo = Secret("mine"), .cipher_pass_wo_version = 1}),
                ElementsAre("backup.cipher_pass_wo_version: a key says nothing without encryption"));
}

TEST(BackupRules, refuse_a_final_backup_that_nobody_could_read) {
    const auto final_backup = [](const std::optional<Backup>& backup) {
        return after([&](PgCluster& cluster) {
            cluster.backup = backup;
            cluster.final_backup = true;
        });
    };
    EXPECT_THAT(final_backup({}), ElementsAre(HasSubstr("final_backup: expected `backup`")));
    EXPECT_THAT(final_backup(Backup{}), ElementsAre(HasSubstr("final_backup: a destroy removes the repositories")));
    EXPECT_THAT(final_backup(Backup{.path = "/data/backups"}),
                ElementsAre(HasSubstr("final_backup: a destroy removes the repositories")));
    EXPECT_THAT(
        final_backup(Backup{.repository = of_minio()}),
        ElementsAre(HasSubstr("final_backup: the backups are encrypted with a key that the members alone have")));
    EXPECT_THAT(final_backup(Backup{.repository = of_minio(), .encryption = false}), IsEmpty());
    EXPECT_THAT(
        final_backup(Backup{.repository = of_minio(), .cipher_pass_wo = Secret("mine"), .cipher_pass_wo_version = 1}),
        IsEmpty());
}

TEST(BackupRules, own_the_command_that_archives) {
    EXPECT_THAT(after([](PgCluster& cluster) {
                    cluster.backup.emplace();
                    cluster.parameters["Archive_Command"] = "true";
                }),
                ElementsAre("parameters[\"Archive_Command\"]: archive_command is set by backup"));
}

}  // namespace
}  // namespace pigsty::module::pgsql
