#include <gmock/gmock.h>

#include "core/base/unknown.h"
#include "core/module/pgsql/rules/testing/checked.h"

namespace pigsty::module::pgsql {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using Names = std::vector<std::string>;

void make_group(PgCluster& cluster) {
    cluster.mode = kCitus;
    cluster.citus = Citus{.shard = "pg-citus", .group = 1, .database = "meta"};
    cluster.libs = {"citus", "pg_stat_statements"};
    cluster.dbsu_password = Secret("DBUser.Postgres");
}

std::vector<std::string> of_group(const std::function<void(PgCluster&)>& change) {
    return after([&](PgCluster& cluster) {
        make_group(cluster);
        change(cluster);
    });
}

TEST(CitusRules, a_group_has_a_place_a_library_and_a_password) {
    EXPECT_THAT(of_group([](PgCluster&) {}), IsEmpty());
    EXPECT_THAT(of_group([](PgCluster& c) { c.citus.reset(); }),
                ElementsAre(HasSubstr("citus: expected shard, group")));
    EXPECT_THAT(of_group([](PgCluster& c) { c.mode = "pgsql"; }),
                ElementsAre("citus: says nothing while mode = \"pgsql\""));
    EXPECT_THAT(of_group([](PgCluster& c) { c.mode = "sharded"; }), Not(IsEmpty()));
    EXPECT_THAT(of_group([](PgCluster& c) { c.dbsu_password.reset(); }), ElementsAre(HasSubstr("dbsu_password: ")));
    EXPECT_THAT(of_group([](PgCluster& c) {
                    c.dbsu_password.reset();
                    c.dbsu_password_wo = Secret("word");
                }),
                IsEmpty());
}

TEST(CitusRules, citus_is_the_first_library) {
    const auto with = [](std::optional<Names> libs) {
        return of_group([&](PgCluster& c) { c.libs = std::move(libs); });
    };
    EXPECT_THAT(with(std::nullopt), ElementsAre("libs: expected citus as the first library, found none"));
    EXPECT_THAT(with(Names{"pg_stat_statements"}),
                ElementsAre("libs: expected citus as the first library, found none"));
    EXPECT_THAT(with(Names{"timescaledb", "citus"}),
                ElementsAre("libs: expected citus first, found it behind timescaledb"));
    EXPECT_THAT(with(Names{unknown_marker("libs")}), IsEmpty());
    // Elsewhere it is a library like any other.
    EXPECT_THAT(after([](PgCluster& c) { c.libs = {"pg_stat_statements", "citus"}; }), IsEmpty());
}

TEST(CitusRules, what_patroni_sets_nobody_sets_otherwise) {
    const auto with = [](const std::string& name, const std::string& value) {
        return of_group([&](PgCluster& c) { c.parameters[name] = value; });
    };
    EXPECT_THAT(with("WAL_level", "logical"), IsEmpty());
    EXPECT_THAT(with("wal_level", "replica"),
                ElementsAre("parameters[\"wal_level\"]: expected logical, found replica"));
    EXPECT_THAT(with("max_prepared_transactions", "0"), ElementsAre(HasSubstr("expected more than 0")));
    EXPECT_THAT(with("max_prepared_transactions", "100"), IsEmpty());
    EXPECT_THAT(with("citus.local_hostname", "x"), ElementsAre(HasSubstr("is set by Patroni")));
    EXPECT_THAT(with("citus.node_conninfo", "sslmode=require"), IsEmpty());
}

TEST(CitusRules, a_place_is_a_name_a_number_and_a_database_of_its_own) {
    const auto with = [](Citus citus) { return of_group([&](PgCluster& c) { c.citus = std::move(citus); }); };
    EXPECT_THAT(with({.shard = "PG", .group = 0, .database = "meta"}), ElementsAre(HasSubstr("citus.shard: ")));
    EXPECT_THAT(with({.shard = "pg", .group = -1, .database = "meta"}), ElementsAre(HasSubstr("citus.group: ")));
    EXPECT_THAT(with({.shard = "pg", .group = 0, .database = "postgres"}),
                ElementsAre("citus.database: \"postgres\" is PostgreSQL's own"));
}

TEST(CitusRules, a_group_follows_nobody_and_is_not_restored) {
    EXPECT_THAT(of_group([](PgCluster& c) { c.restore_from.emplace(); }), Contains(HasSubstr("restore_from: ")));
    EXPECT_THAT(
        of_group([](PgCluster& c) { c.standby = Standby{.upstream = {.id = "i", .name = "pg-main", .members = {}}}; }),
        Contains(HasSubstr("standby: ")));
}

TEST(CitusRules, a_password_of_postgres_stands_in_files_as_it_is) {
    const auto with = [](const std::string& word) {
        return after([&](PgCluster& c) { c.dbsu_password = Secret(word); });
    };
    EXPECT_THAT(with("DBUser.Postgres#1"), IsEmpty());
    for (const char* word : {"a b", "a'b", "a\"b", "a\\b", "p\xc3\xa4ss", "a\nb"})
        EXPECT_THAT(with(word), ElementsAre(HasSubstr("dbsu_password: expected visible ASCII")));
    EXPECT_THAT(with("SCRAM-SHA-256$4096:x$y:z"), ElementsAre(HasSubstr("expected the password itself")));
}

}  // namespace
}  // namespace pigsty::module::pgsql
