// Whose a database is: claims, numbers, names, and whoever else works in the cluster.
#include "core/module/pgsql/object/database.h"
#include "core/module/pgsql/object/testing/database_fixture.h"

namespace pigsty::module::pgsql {
namespace {

TEST_F(DatabaseTest, keeps_in_its_claim_what_its_manager_wants_to_find_again) {
    PgDatabase database = wish("kept");
    database.resource = {{"deletion_protection", false}};
    const std::string id = created(database);
    EXPECT_EQ(import_database(*fresh(), "kept", cancel)->object.resource, database.resource);
    PgDatabase next = database;
    next.resource = nullptr;
    EXPECT_DONE(updated(database, next, id));
    EXPECT_TRUE(import_database(*fresh(), "kept", cancel)->object.resource.is_null());
    EXPECT_DONE(dropped(next, id));
}

TEST_F(DatabaseTest, a_stranger_with_its_name_is_never_dropped) {
    const PgDatabase database = wish("app");
    const std::string id = created(database);
    session = fresh();  // whose connection would keep the name
    sql("CREATE DATABASE other");
    sql("ALTER DATABASE app RENAME TO app_old");
    session = fresh();
    auto live = read_database(*session, database, id, cancel);
    ASSERT_TRUE(live && *live);
    EXPECT_THAT((*live)->drift, ElementsAre("name: is \"app_old\" on the server"));
    EXPECT_DONE(updated(database, database, id));
    expect_as_wished(database, id);
    session = fresh();
    sql("ALTER DATABASE app RENAME TO app_old");
    sql("ALTER DATABASE other RENAME TO app");
    const std::string stranger = sql("SELECT oid FROM pg_database WHERE datname = 'app'");
    session = fresh();
    live = read_database(*session, database, id, cancel);
    ASSERT_TRUE(live && *live);
    EXPECT_THAT((*live)->drift,
                ElementsAre("name: is \"app_old\" on the server, where another database is called \"app\""));
    EXPECT_FALSE(updated(database, database, id));
    session = fresh();
    EXPECT_DONE(dropped(database, id));
    EXPECT_EQ(sql("SELECT datname, oid FROM pg_database WHERE datname LIKE '%app%'"), "app|" + stranger);
    EXPECT_EQ(sql("SELECT count(*) FROM pigsty.claim"), "0\n");
    sql("DROP DATABASE app");
}

TEST_F(DatabaseTest, one_that_was_made_anew_by_hand_is_another_one) {
    const PgDatabase database = wish("anew");
    const std::string id = created(database);
    session = fresh();
    sql("DROP DATABASE anew");
    sql("CREATE DATABASE anew");
    std::vector<std::string> warnings;
    const auto live = read_database(*fresh(), database, id, cancel, &warnings);
    ASSERT_TRUE(live);
    EXPECT_FALSE(*live);
    EXPECT_THAT(warnings, ElementsAre(HasSubstr("import it with the id pg-test/anew@127.0.0.1")));
    session = fresh();
    EXPECT_DONE(dropped(database, id));
    EXPECT_EQ(sql("SELECT count(*) FROM pg_database WHERE datname = 'anew'"), "1\n");
    EXPECT_EQ(sql("SELECT count(*) FROM pigsty.claim"), "0\n");
    sql("DROP DATABASE anew");
}

TEST_F(DatabaseTest, what_an_older_version_claimed_is_dropped_where_it_looks_so) {
    PgDatabase database = wish("older");
    const std::string id = created(database);
    sql("ALTER TABLE pigsty.claim DROP COLUMN object_oid, DROP COLUMN system_identifier");
    sql("CREATE ROLE stranger");
    sql("ALTER DATABASE older OWNER TO stranger");
    session = fresh();
    const Status refused = dropped(database, id);
    ASSERT_FALSE(refused);
    EXPECT_THAT(summary(refused.error()), HasSubstr("does not look like the one that this resource made"));
    sql("ALTER DATABASE older OWNER TO postgres");
    session = fresh();
    EXPECT_DONE(dropped(database, id));
    EXPECT_EQ(sql("SELECT count(*) FROM pg_database WHERE datname = 'older'"), "0\n");
    sql("DROP ROLE stranger");
}

TEST_F(DatabaseTest, an_interrupted_drop_is_told_and_finished) {
    PgDatabase database = wish("half");
    database.schemas = {"app"};
    database.baseline = "CREATE TABLE app.t ()";
    const std::string id = created(database);
    const std::string before = sql("SELECT oid FROM pg_database WHERE datname = 'half'");
    const std::string interrupt = "UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'half'";
    sql(interrupt);
    session = fresh();
    const auto live = read_database(*session, database, id, cancel);
    ASSERT_TRUE(live && *live) << summary(live.error());
    EXPECT_EQ(to_json((*live)->object), to_json(database));
    EXPECT_THAT((*live)->drift, ElementsAre(HasSubstr("an interrupted DROP DATABASE left it behind")));
    EXPECT_DONE(updated(database, database, id));
    EXPECT_NE(sql("SELECT oid FROM pg_database WHERE datname = 'half'"), before);
    EXPECT_EQ(sql("SELECT count(*) FROM app.t", "half"), "0\n");
    expect_as_wished(database, id);
    sql(interrupt);
    session = fresh();
    EXPECT_DONE(dropped(database, id));
    EXPECT_EQ(sql("SELECT count(*) FROM pg_database WHERE datname = 'half'"), "0\n");

    sql("CREATE DATABASE half");
    sql(interrupt);
    session = fresh();
    const auto refused = create_database(*session, database, {.name = "create"}, cancel);
    ASSERT_FALSE(refused);
    EXPECT_THAT(detail(refused.error()), HasSubstr("DROP DATABASE \"half\""));
    sql("DROP DATABASE half");
}

TEST_F(DatabaseTest, an_owner_that_left_in_this_run_is_no_change_of_somebody_else) {
    sql("CREATE ROLE before; CREATE ROLE after");
    session = fresh();
    PgDatabase database = wish("owned");
    database.owner = "before";
    database.schemas = {"s"};
    database.schema_owners = {{"s", "before"}};
    const std::string id = created(database);
    sql("REASSIGN OWNED BY before TO postgres; DROP OWNED BY before", "owned");
    sql("DROP ROLE before");
    session = fresh();
    PgDatabase next = database;
    next.owner = "after";
    next.schema_owners = {{"s", "after"}};
    EXPECT_DONE(updated(database, next, id));
    expect_as_wished(next, id);
    EXPECT_DONE(dropped(next, id));
    sql("DROP ROLE after");
}

TEST_F(DatabaseTest, waits_its_turn_to_create_and_names_who_has_it) {
    ASSERT_TRUE(
        machine->run("PGAPPNAME='terraform-provider-pigsty ann@ops 7' runuser -u postgres -- psql -X -c \"SELECT "
                     "pg_advisory_lock(1885955955, 29817), pg_sleep(600)\" </dev/null >/dev/null 2>&1 &"));
    while (sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted") != "1\n")
        ASSERT_FALSE(cancel.expired());
    const Status status = session->change(
        [](ClusterSession::Work& work) -> Status { return work.run_alone({.text = "CREATE DATABASE never"}); },
        Cancel::within(std::chrono::seconds(7)));
    ASSERT_FALSE(status);
    EXPECT_THAT(summary(status.error()), HasSubstr("which terraform-provider-pigsty ann@ops 7 (process "));
    EXPECT_EQ(sql("SELECT count(*) FROM pg_database WHERE datname = 'never'"), "0\n");
    sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'");
}

TEST_F(DatabaseTest, imports_what_another_made) {
    sql("CREATE DATABASE theirs CONNECTION LIMIT 4");
    session = fresh();
    const auto refused = create_database(*session, wish("theirs"), {.name = "create"}, cancel);
    ASSERT_FALSE(refused);
    EXPECT_THAT(detail(refused.error()), HasSubstr("pg-test/theirs@127.0.0.1"));
    const auto imported = import_database(*session, "theirs", cancel);
    ASSERT_TRUE(imported);
    const auto live = read_database(*session, imported->object, imported->id, cancel);
    ASSERT_TRUE(live && *live);
    EXPECT_EQ((*live)->object.connection_limit, 4);
    EXPECT_EQ((*live)->object.encoding, std::nullopt);
    EXPECT_DONE(dropped((*live)->object, imported->id));
}

}  // namespace
}  // namespace pigsty::module::pgsql
