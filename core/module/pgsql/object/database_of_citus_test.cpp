// The distributed database of a Citus group: there before any resource, taken over, given back.
#include "core/module/pgsql/object/database.h"
#include "core/module/pgsql/object/default_objects.h"
#include "core/module/pgsql/object/testing/database_fixture.h"

namespace pigsty::module::pgsql {
namespace {

class DatabaseOfCitusTest : public DatabaseTest {
  protected:
    void SetUp() override {
        DatabaseTest::SetUp();
        if (IsSkipped()) return;
        cluster.mode = kCitus;
        cluster.citus = Citus{.shard = "pg-citus", .group = 0, .database = "meta"};
        sql("CREATE DATABASE meta");  // as Patroni does at the bootstrap
        session = fresh();
    }
    void TearDown() override {
        if (!IsSkipped()) sql("DROP DATABASE IF EXISTS meta WITH (FORCE)");
    }
};

TEST_F(DatabaseOfCitusTest, is_taken_over_and_given_back) {
    sql("CREATE TABLE public.kept (n int)", "meta");
    PgDatabase database = wish("meta");
    database.schemas = {"app"};
    database.baseline = "INSERT INTO public.kept VALUES (1)";
    std::vector<std::string> warnings;
    const auto id = create_database(*session, database, {.name = "create pg_database", .warnings = &warnings}, cancel);
    ASSERT_TRUE(id) << summary(id.error());
    EXPECT_THAT(warnings, ElementsAre("takes over the database \"meta\", which Patroni made for Citus in pg-test"));
    expect_as_wished(database, *id);
    EXPECT_EQ(sql("SELECT count(*) FROM public.kept", "meta"), "1\n");
    // A second one is somebody else's.
    EXPECT_FALSE(create_database(*fresh(), database, {.name = "create pg_database"}, cancel));

    EXPECT_DONE(dropped(database, *id));
    EXPECT_EQ(sql("SELECT count(*) FROM public.kept", "meta"), "1\n") << "Citus goes on in it";
    EXPECT_EQ(sql("SELECT count(*) FROM pigsty.claim"), "0\n");
    session = fresh();
    const std::string again = created(database);
    EXPECT_EQ(sql("SELECT count(*) FROM public.kept", "meta"), "2\n") << "a new resource runs its baseline";
    EXPECT_DONE(dropped(database, again));
}

TEST_F(DatabaseOfCitusTest, is_the_only_one_that_is) {
    sql("CREATE DATABASE other");
    session = fresh();
    EXPECT_FALSE(create_database(*session, wish("other"), {.name = "create pg_database"}, cancel));
    sql("DROP DATABASE other");
}

TEST_F(DatabaseOfCitusTest, has_the_default_objects_too) {
    PgCluster bare = session->cluster();
    bare.default_roles.emplace();
    bare.default_privileges.emplace();
    bare.default_schemas = {"monitor"};
    bare.default_extensions.emplace();
    EXPECT_DONE(session->change(
        [&](ClusterSession::Work& work) -> Status {
            TRY(const bool changed, ensure_default_objects(bare, nullptr, work));
            EXPECT_TRUE(changed);
            return {};
        },
        cancel));
    EXPECT_EQ(sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'monitor'", "meta"), "1\n");
    for (const char* name : {"postgres", "template1"}) sql("DROP SCHEMA IF EXISTS monitor CASCADE", name);
}

}  // namespace
}  // namespace pigsty::module::pgsql
