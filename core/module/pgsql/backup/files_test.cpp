#include "core/module/pgsql/backup/files.h"

#include <gmock/gmock.h>

#include "core/base/quote.h"
#include "core/base/unknown.h"
#include "core/module/pgsql/backup/items.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/node/testing/node_test.h"

namespace pigsty::module::pgsql {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

PgCluster with_minio() {
    PgCluster cluster;
    cluster.name = "pg-test";
    cluster.version = 17;
    cluster.instances["1"] = {.node = {.address = "10.10.10.11"}, .role = "primary"};
    cluster.instances["2"] = {.node = {.address = "10.10.10.12"}};
    cluster.backup = Backup{
        .repository = minio::Access{.id = "one",
                                    .name = "minio",
                                    .endpoints = {"https://10.10.10.10:9000"},
                                    .domain = "sss.pigsty",
                                    .region = "us-east-1",
                                    .ca_fingerprint = "ff",
                                    .members = {{"1", {.address = "10.10.10.10"}}, {"2", {.address = "10.10.10.20"}}}},
        .full_schedule = "00 01 * * *",
        .incr_schedule = "@hourly",
        .options = {{"process-max", "2"}}};
    return cluster;
}

TEST(BackrestConf, of_a_bucket) {
    EXPECT_EQ(backrest_conf(with_minio()),
              R"(# Written by terraform-provider-pigsty: a change made here is drift.
[global]
repo1-path=/pgbackrest
repo1-type=s3
repo1-s3-endpoint=sss.pigsty
repo1-storage-port=9000
repo1-storage-ca-file=/pg/cert/ca.crt
repo1-s3-bucket=pgsql
repo1-s3-region=us-east-1
repo1-s3-uri-style=path
repo1-s3-key=pgbackrest
repo1-s3-key-secret={{s3.minio.pgbackrest:1}}
repo1-bundle=y
repo1-cipher-type=aes-256-cbc
repo1-cipher-pass={{backup-cipher:1}}
repo1-retention-full=2
repo1-retention-full-type=count
compress-type=zst
start-fast=y
log-path=/pg/log/pgbackrest
lock-path=/pg/tmp
spool-path=/pg/spool
archive-async=y
process-max=2

[global:archive-push]
io-timeout=10
log-level-file=off

[global:archive-get]
io-timeout=10
log-level-file=off

[pg-test]
pg1-path=/pg/data
pg1-port=5432
pg1-socket-path=/var/run/postgresql
pg1-user=postgres
)");
    EXPECT_THAT(repository_hosts(with_minio()), ElementsAre("10.10.10.10 sss.pigsty", "10.10.10.20 sss.pigsty"));
    EXPECT_THAT(schedule_lines(*with_minio().backup),
                ElementsAre("00 01 * * * postgres /pg/bin/pg-backup full", "@hourly postgres /pg/bin/pg-backup incr"));
}

TEST(BackrestConf, of_a_store_of_others) {
    PgCluster cluster = with_minio();
    cluster.backup->repository.reset();
    cluster.backup->bucket = "backups";
    cluster.backup->s3 = ForeignS3{.endpoint = "s3.example.com", .key = "AK", .ca = "PEM"};
    const std::string text = backrest_conf(cluster);
    EXPECT_THAT(text, HasSubstr("repo1-type=s3\nrepo1-s3-endpoint=s3.example.com\nrepo1-storage-port=443\n"
                                "repo1-storage-ca-file=/etc/pgbackrest/s3-ca.crt\nrepo1-s3-bucket=backups\n"
                                "repo1-s3-region=us-east-1\nrepo1-s3-uri-style=host\nrepo1-s3-key=AK\n"
                                "repo1-s3-key-secret={{s3."));
    EXPECT_THAT(text, HasSubstr("repo1-cipher-type=aes-256-cbc\n")) << "it leaves the machines";
    cluster.backup->s3->ca.reset();
    EXPECT_THAT(backrest_conf(cluster), Not(HasSubstr("ca-file"))) << "the machine's own authorities";
    EXPECT_THAT(repository_hosts(cluster), IsEmpty());
}

TEST(BackrestConf, of_a_disk_holds_no_secret) {
    PgCluster cluster = with_minio();
    cluster.backup = Backup{.retention = {.full = 7, .type = "time", .archive = 1}};
    const std::string text = backrest_conf(cluster);
    EXPECT_THAT(text, HasSubstr("repo1-path=/pg/backup\nrepo1-retention-full=7\nrepo1-retention-full-type=time\n"
                                "repo1-retention-archive=1\n"));
    EXPECT_THAT(text, Not(HasSubstr("{{")));
    EXPECT_THAT(text, Not(HasSubstr("async")));
    EXPECT_THAT(repository_hosts(cluster), IsEmpty());
}

TEST(BackrestConf, is_unknown_while_the_repository_is) {
    PgCluster cluster = with_minio();
    cluster.backup->repository->name = unknown_marker("name");
    EXPECT_TRUE(has_unknown(backrest_conf(cluster)));
}

TEST(BackupItems, are_there_with_backup_alone) {
    PgCluster cluster = with_minio();
    const auto labels = [&] {
        std::vector<std::string> all;
        for (const auto& item : backup_items(cluster, members_of(cluster).front())) all.push_back(item->label());
        return all;
    };
    EXPECT_THAT(labels(),
                ElementsAre("/etc/pgbackrest", "/etc/hosts pg_cluster pg-test",
                            "/data/postgres/pg-test-17/log/pgbackrest", "/etc/pgbackrest/pgbackrest.conf",
                            "/pg/bin/pg-backup", "/pg/bin/pg-clone", "/etc/cron.d/pgbackrest-pg-test", "backups"));
    EXPECT_THAT(backup_packages(cluster), ElementsAre("cron", "pgbackrest"));
    cluster.backup = Backup{};
    EXPECT_THAT(labels(), ElementsAre("/etc/pgbackrest", "/data/postgres/pg-test-17/log/pgbackrest",
                                      "/data/postgres/pg-test-17/backup", "/etc/pgbackrest/pgbackrest.conf",
                                      "/pg/bin/pg-backup", "backups"));
    EXPECT_THAT(backup_packages(cluster), ElementsAre("pgbackrest"));
    cluster.backup.reset();
    EXPECT_THAT(labels(), IsEmpty());
    EXPECT_THAT(backup_packages(cluster), IsEmpty());
}

// The programs themselves, with imitations of what they call.
class ProgramsTest : public node::NodeTest {
  protected:
    void SetUp() override {
        NodeTest::SetUp();
        if (IsSkipped()) return;
        machine
            ->run(R"sh(mkdir -p /pg/bin /usr/local/bin
printf '#!/bin/sh\necho postgres\n' >/usr/local/bin/id
printf '#!/bin/sh\ncat /run/recovers\n' >/usr/local/bin/psql
cat >/usr/local/bin/pgbackrest <<'END'
#!/bin/sh
echo "$@" >>/run/calls
case "$*" in *info*) cat /run/info ;; esac
END
chmod +x /usr/local/bin/*)sh")
            .value();
    }
    void put(const std::string& path, const std::string& text) {
        machine->run("printf %s " + shell_quote(text) + " >" + path).value();
    }
    std::string ran(const std::string& program, const std::string& arguments) {
        put("/pg/bin/program", program);
        return machine
            ->run("rm -f /run/calls; chmod +x /pg/bin/program; PATH=/usr/local/bin:$PATH /pg/bin/program " + arguments +
                  " >/run/said 2>&1; echo \"$? $(cat /run/calls 2>/dev/null)\"")
            .value();
    }
};

TEST_F(ProgramsTest, a_backup_is_made_where_the_member_leads_and_nowhere_else) {
    const std::string program = backup_program(with_minio());
    put("/run/recovers", "f\n");
    EXPECT_EQ(ran(program, "full"), "0 --stanza=pg-test --type=full backup\n");
    EXPECT_EQ(ran(program, ""), "0 --stanza=pg-test --type=incr backup\n");
    EXPECT_EQ(ran(program, "everything"), "2 \n");
    put("/run/recovers", "t\n");
    EXPECT_EQ(ran(program, "full"), "0 \n");
    machine->run("rm /run/recovers").value();
    EXPECT_EQ(ran(program, "full"), "1 \n") << "nobody knows who leads";
}

TEST_F(ProgramsTest, a_member_comes_from_the_repository_where_its_data_are_large) {
    PgCluster cluster = with_minio();
    cluster.backup->clone_above = "1MB";
    const std::string program = clone_program(cluster);
    const std::string question = "--stanza=pg-test --log-level-console=off --output=json info";
    put("/run/info",
        "P00   WARN: something\n"
        R"([{"backup":[{"info":{"delta":9,"repository":{"delta":1,"size":1},"size":9},"label":"1F"},)"
        R"({"info":{"delta":9,"repository":{"delta":1,"size":1},"size":2000000},"label":"2F"}]}])"
        "\n");
    EXPECT_EQ(ran(program, ""), "0 " + question + "\n--stanza=pg-test --delta restore\n");
    put("/run/info",
        R"([{"backup":[{"info":{"delta":9,"repository":{"delta":1,"size":9},"size":1000},"label":"1F"}]}])");
    EXPECT_EQ(ran(program, ""), "1 " + question + "\n");
    put("/run/info", "[]\n");
    EXPECT_EQ(ran(program, ""), "1 " + question + "\n");
    put("/run/info", "");
    EXPECT_EQ(ran(program, ""), "1 " + question + "\n");
}

}  // namespace
}  // namespace pigsty::module::pgsql
