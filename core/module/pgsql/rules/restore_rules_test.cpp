#include <gmock/gmock.h>

#include "core/base/unknown.h"
#include "core/module/pgsql/rules/testing/checked.h"

namespace pigsty::module::pgsql {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

RestoreFrom of_source() {
    return {.repository = minio::Access{.id = "one",
                                        .name = "minio",
                                        .endpoints = {"https://10.10.10.10:9000"},
                                        .domain = "sss.pigsty",
                                        .region = "us-east-1",
                                        .ca_fingerprint = "ff",
                                        .members = {{"1", {.address = "10.10.10.10"}}}},
            .cluster = "pg-src"};
}

std::vector<std::string> made_from(const std::function<void(RestoreFrom&)>& change) {
    return after([&](PgCluster& cluster) {
        cluster.restore_from = of_source();
        change(*cluster.restore_from);
    });
}
std::vector<std::string> up_to(const RestoreTarget& target) {
    return made_from([&](RestoreFrom& restore) { restore.target = target; });
}

TEST(RestoreRules, take_what_works) {
    EXPECT_THAT(made_from([](RestoreFrom&) {}), IsEmpty());
    EXPECT_THAT(up_to({.time = "2026-11-28 18:11:06+00", .exclusive = true}), IsEmpty());
    EXPECT_THAT(up_to({.time = unknown_marker("x")}), IsEmpty());
    EXPECT_THAT(up_to({.immediate = true}), IsEmpty());
}

TEST(RestoreRules, want_one_kind_of_target) {
    EXPECT_THAT(up_to({}), ElementsAre(HasSubstr("restore_from.target: expected exactly one of")));
    EXPECT_THAT(up_to({.immediate = false}), ElementsAre(HasSubstr("found 0")));
    EXPECT_THAT(up_to({.xid = "700", .name = "x"}), ElementsAre(HasSubstr("found 2")));
    EXPECT_THAT(up_to({.name = "x", .exclusive = true}), ElementsAre(HasSubstr("restore_from.target.exclusive: ")));
    EXPECT_THAT(up_to({.time = "yesterday"}), ElementsAre(HasSubstr("restore_from.target.time: expected a time")));
    EXPECT_THAT(up_to({.xid = "x"}), ElementsAre(HasSubstr("restore_from.target.xid: ")));
}

TEST(RestoreRules, want_one_way_to_the_key) {
    EXPECT_THAT(made_from([](RestoreFrom& restore) { restore.cipher_pass_wo_version = 1; }),
                ElementsAre(HasSubstr("restore_from.cipher_pass_wo: ")));
    EXPECT_THAT(made_from([](RestoreFrom& restore) {
                    restore.cipher_pass_wo = Secret("key");
                    restore.cipher_pass_wo_version = 1;
                    restore.source = Connection{.id = "one", .name = "pg-src", .members = {}};
                }),
                ElementsAre("restore_from.cipher_pass_wo: the key comes with `source`"));
    EXPECT_THAT(made_from([](RestoreFrom& restore) {
                    restore.source = Connection{.id = "one", .name = "pg-other", .members = {}};
                }),
                ElementsAre(HasSubstr("restore_from.source: ")));
}

TEST(RestoreRules, leave_the_source_its_stanza) {
    const auto under_the_same_name = [](const std::optional<std::string>& path) {
        return after([&](PgCluster& cluster) {
            cluster.restore_from = of_source();
            cluster.restore_from->cluster = cluster.name;
            cluster.backup = Backup{.repository = of_source().repository, .path = path};
        });
    };
    EXPECT_THAT(under_the_same_name(std::nullopt), ElementsAre(HasSubstr("backup.path: the source's own backups")));
    EXPECT_THAT(under_the_same_name("/again"), IsEmpty());
}

TEST(RestoreRules, want_a_repository) {
    EXPECT_THAT(made_from([](RestoreFrom& restore) { restore.repository.reset(); }),
                ElementsAre(HasSubstr("restore_from.repository: ")));
    EXPECT_THAT(made_from([](RestoreFrom& restore) { restore.repository->ca_fingerprint.clear(); }),
                ElementsAre(HasSubstr("restore_from.repository: pgBackRest speaks")));
}

}  // namespace
}  // namespace pigsty::module::pgsql
