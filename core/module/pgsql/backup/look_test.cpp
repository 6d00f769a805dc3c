#include "core/module/pgsql/backup/look.h"

#include <gmock/gmock.h>

#include "core/module/pgsql/backup/command.h"

namespace pigsty::module::pgsql {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

PgCluster two_members(bool remote) {
    PgCluster cluster;
    cluster.name = "pg-test";
    cluster.instances["1"] = {.node = {.address = "10.10.10.11"}, .role = "primary"};
    cluster.instances["2"] = {.node = {.address = "10.10.10.12"}};
    cluster.backup.emplace();
    if (remote) cluster.backup->repository = minio::Access{.name = "minio"};
    return cluster;
}

std::string said(const std::string& archiver, const std::string& status) {
    return "now 1796005800\narchiver " + archiver + "\ninformation\n" + R"([{"backup":[],"db":[],"repo":[{"status":)" +
           status + "}]}]\n";
}

constexpr const char* kMissing = R"({"code":1,"message":"missing stanza path"})";
constexpr const char* kWell = R"({"code":0,"message":"ok"})";

TEST(BackupLook, asks_the_repository_once_where_it_is_one_for_all) {
    const PgCluster remote = two_members(true);
    EXPECT_TRUE(asks_repository(remote, "1"));
    EXPECT_FALSE(asks_repository(remote, "2"));
    EXPECT_TRUE(asks_repository(two_members(false), "2"));
    EXPECT_THAT(backup_probe(remote, true).key, HasSubstr("timeout 25 runuser -u postgres -- pgbackrest"));
    EXPECT_THAT(backup_probe(remote, false).key, testing::Not(HasSubstr("--output=json")));
}

TEST(BackupLook, calls_drift_what_an_apply_repairs) {
    const PgCluster remote = two_members(true);
    const auto drift = [](const PgCluster& cluster, const std::string& text) {
        return backup_drift(cluster, {{"pg-test-2", read_look(text, *cluster.backup)}});
    };
    EXPECT_THAT(drift(remote, said("", kWell)), IsEmpty());
    EXPECT_THAT(drift(remote, said("", kMissing)), ElementsAre("pg-test backup: the repository holds no stanza"));
    EXPECT_THAT(drift(two_members(false), said("", kMissing)),
                ElementsAre("pg-test-2 backup: the repository holds no stanza"));
    const auto key = drift(remote, said("", R"({"code":99,"message":"403 SignatureDoesNotMatch"})"));
    EXPECT_THAT(key, ElementsAre("pg-test backup: the repository refuses the key of pgbackrest"));
    EXPECT_TRUE(is_about_key(key.front()));
    EXPECT_TRUE(is_about_backups(key.front()));
    EXPECT_FALSE(is_about_key("pg-test backup: the repository holds no stanza"));
    EXPECT_FALSE(is_about_backups("pg-test-1 /pg/bin/pg-backup: content differs"));
}

TEST(BackupLook, warns_of_what_it_cannot_repair) {
    const PgCluster remote = two_members(true);
    const auto warnings = [&](const std::string& text) {
        return backup_warnings(remote, {{"pg-test-1", read_look(text, *remote.backup)}});
    };
    EXPECT_THAT(warnings(said("", kWell)), IsEmpty());
    EXPECT_THAT(warnings(said("", kMissing)), IsEmpty());
    EXPECT_THAT(warnings(""), IsEmpty()) << "nothing is there to be asked";
    EXPECT_THAT(warnings("now 1\narchiver \ninformation\n"),
                ElementsAre(HasSubstr("pg-test: the repository is not reached")));
    EXPECT_THAT(warnings(said(R"({"failing":true,"waiting":5,"archived":"","restorable":null})", kWell)),
                ElementsAre("pg-test-1 does not get its WAL into the repository: 5 segments wait on its disk"));
}

}  // namespace
}  // namespace pigsty::module::pgsql
