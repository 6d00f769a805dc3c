#include "core/module/pgsql/object/database.h"

#include <thread>

#include "core/module/pgsql/object/default_objects.h"
#include "core/module/pgsql/object/testing/database_fixture.h"
#include "core/render/pgbouncer.h"

namespace pigsty::module::pgsql {
namespace {

TEST_F(DatabaseTest, is_made_with_all_it_shall_hold) {
    sql("CREATE ROLE dbrole_admin; CREATE ROLE dbrole_readonly; CREATE ROLE \"own er\"");
    session = fresh();
    PgDatabase database = wish("odd \"name\" $(id); '\n");
    database.owner = "own er";
    database.schemas = {"app", "odd \"schema\""};
    database.schema_owners = {{"odd \"schema\"", "dbrole_admin"}};
    database.extensions = {{.name = "plpgsql"}};
    database.comment = "it's \\ here\n";
    database.connection_limit = 5;
    database.revoke_public = true;
    database.baseline =
        "CREATE TABLE notes (text text);\nINSERT INTO notes VALUES ('it''s $$'); SET work_mem = '99MB';";
    const std::string id = created(database);
    expect_as_wished(database, id);
    EXPECT_EQ(sql("SELECT text FROM public.notes", database.name), "it's $$\n");
    EXPECT_EQ(sql("SELECT state, spec->>'baseline' LIKE 'sha256:%' FROM pigsty.claim"), "ready|t\n");
    EXPECT_EQ(sql("SELECT count(*) FROM pg_db_role_setting WHERE setdatabase <> 0"), "0\n");
    EXPECT_EQ(sql("SELECT count(*) FROM pg_default_acl WHERE defaclrole = '\"own er\"'::regrole", database.name),
              "4\n");

    PgDatabase next = database;
    next.schemas.emplace_back("more");
    next.connection_limit = -1;
    next.revoke_public = false;
    next.baseline = "INSERT INTO public.notes VALUES ('again')";
    EXPECT_DONE(updated(database, next, id));
    EXPECT_EQ(sql("SELECT count(*) FROM public.notes", database.name), "1\n") << "another text alone is not run";
    PgDatabase again = next;
    again.baseline_version = 2;
    EXPECT_DONE(updated(next, again, id));
    EXPECT_EQ(sql("SELECT count(*) FROM public.notes", database.name), "2\n");
    expect_as_wished(again, id);

    EXPECT_DONE(dropped(again, id));
    EXPECT_EQ(sql("SELECT count(*) FROM pg_database"), "3\n");
    EXPECT_EQ(sql("SELECT count(*) FROM pigsty.claim"), "0\n");
    sql("DROP ROLE \"own er\"");
}

TEST_F(DatabaseTest, a_baseline_is_committed_as_the_server_is_configured) {
    PgDatabase database = wish("durable");
    database.baseline = "CREATE TABLE public.level AS SELECT current_setting('synchronous_commit') AS is";
    const std::string id = created(database);
    EXPECT_EQ(sql("TABLE level", "durable"), "on\n");
    EXPECT_DONE(dropped(database, id));
}

TEST_F(DatabaseTest, default_objects_do_not_wait_for_a_standby) {
    PgCluster bare = session->cluster();
    bare.default_roles = {{.name = "dbrole_early"}};
    bare.default_privileges.emplace();
    bare.default_schemas.emplace();
    bare.default_extensions.emplace();
    sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    sql("SELECT pg_reload_conf()");
    EXPECT_DONE(session->change(
        [&](ClusterSession::Work& work) -> Status {
            TRY(const bool changed, ensure_default_objects(bare, nullptr, work));
            EXPECT_TRUE(changed);
            return {};
        },
        cancel));
    EXPECT_THAT(machine->read("/tmp/pg.log"), HasSubstr("SET LOCAL synchronous_commit = local"));
    sql("ALTER SYSTEM RESET synchronous_standby_names");
    sql("SELECT pg_reload_conf()");
    sql("SET synchronous_commit = local; DROP ROLE dbrole_early");
}

TEST_F(DatabaseTest, a_running_statement_ends_when_it_is_stopped) {
    const Cancel stop = cancel.within_at_most(std::chrono::minutes(1));
    std::jthread stopper([&] {
        // The turn to write is asked for in the same text.
        while (sql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '% SELECT pg_sleep(50)' AND pid <> "
                   "pg_backend_pid()") != "1\n" &&
               cancel.pause(std::chrono::milliseconds(50)));
        stop.request_stop();
    });
    const auto begin = Cancel::Clock::now();
    const Status status = session->change(
        [](ClusterSession::Work& work) -> Status { return work.run("postgres", {{.text = "SELECT pg_sleep(50)"}}); },
        stop);
    EXPECT_LT(Cancel::Clock::now() - begin, std::chrono::seconds(30));
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::cancelled);
    EXPECT_THAT(summary(status.error()), HasSubstr("stopped while PostgreSQL ran a statement (database postgres)"));
}

TEST_F(DatabaseTest, a_running_statement_ends_when_its_time_is_over) {
    const Status status = session->change(
        [](ClusterSession::Work& work) -> Status {
            EXPECT_EQ(work.ask("postgres", "SHOW lock_timeout"), "30s");
            return work.run_alone({.text = "SELECT pg_sleep(50)"});
        },
        Cancel::within(std::chrono::seconds(3)));
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ErrorCode::stalled) << summary(status.error());
}

TEST_F(DatabaseTest, resumes_without_running_the_baseline_twice) {
    PgDatabase database = wish("resumed");
    database.baseline = "CREATE TABLE once ()";
    const std::string id = created(database);
    // As after a kill between the contents and the claim.
    sql("UPDATE pigsty.claim SET state = 'creating'");
    sql("ALTER DATABASE resumed SET pigsty.baseline = 'sha256:" +
        machine->run("printf 'CREATE TABLE once ()' | sha256sum | cut -d' ' -f1 | tr -d '\\n'").value_or("") + " 0'");
    session = fresh();
    EXPECT_EQ(created(database), id);
    EXPECT_EQ(sql("SELECT state FROM pigsty.claim"), "ready\n");
    EXPECT_EQ(sql("SELECT count(*) FROM pg_db_role_setting WHERE setdatabase <> 0"), "0\n");
    EXPECT_DONE(dropped(database, id));
}

TEST_F(DatabaseTest, a_baseline_that_fails_leaves_an_unfinished_create_that_goes_on) {
    PgDatabase database = wish("failing");
    database.schemas = {"app"};
    database.baseline = "CREATE TABLE half (); SELECT 1/0";
    const auto failed = create_database(*session, database, {.name = "create"}, cancel);
    ASSERT_FALSE(failed);
    EXPECT_THAT(summary(failed.error()), HasSubstr("division by zero"));
    database.baseline = "CREATE TABLE half ()";
    const std::string id = created(database);
    expect_as_wished(database, id);
    database.baseline = "COMMIT; CREATE TABLE public.more ()";
    PgDatabase next = database;
    next.baseline_version = 1;
    const Status status = updated(database, next, id);
    ASSERT_FALSE(status);
    EXPECT_THAT(summary(status.error()), HasSubstr("ends the transaction"));
    EXPECT_DONE(dropped(database, id));
}

TEST_F(DatabaseTest, is_not_dropped_under_its_users) {
    PgDatabase database = wish("busy");
    const std::string id = created(database);
    ASSERT_TRUE(
        machine->run("PGAPPNAME=shop runuser -u postgres -- psql -X -d busy -c 'SELECT pg_sleep(600)' "
                     "</dev/null >/dev/null 2>&1 &"));
    while (sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'shop'") != "1\n")
        ASSERT_FALSE(cancel.expired());
    const Cancel soon = Cancel::within(std::chrono::seconds(30));
    const Status status = drop_database(*session, database, id, {.name = "destroy"}, soon);
    ASSERT_FALSE(status);
    EXPECT_EQ(summary(status.error()),
              "the database \"busy\" cannot be dropped while others are connected: postgres from this node (shop)");
    database.force_disconnect = true;
    EXPECT_DONE(dropped(database, id));
    EXPECT_EQ(sql("SELECT count(*) FROM pg_database WHERE datname = 'busy'"), "0\n");
}

TEST_F(DatabaseTest, shows_privileges_as_drift_and_closed_ones_as_they_are) {
    PgDatabase database = wish("closed");
    database.allow_connections = false;
    database.schemas = {"app"};
    const std::string id = created(database);
    expect_as_wished(database, id);
    sql("GRANT CREATE ON DATABASE closed TO PUBLIC");
    session = fresh();
    const auto live = read_database(*session, database, id, cancel);
    ASSERT_TRUE(live && *live);
    EXPECT_THAT((*live)->drift, ElementsAre("privileges: REVOKE CREATE ON DATABASE \"closed\" FROM PUBLIC"));
    PgDatabase open = database;
    open.allow_connections = true;
    open.schemas = {"app", "more"};
    EXPECT_DONE(updated(database, open, id));
    expect_as_wished(open, id);
    EXPECT_DONE(dropped(open, id));
}

TEST_F(DatabaseTest, stands_in_pgbouncers_list) {
    PgDatabase database = wish("pooled-db");
    database.pgbouncer = true;
    database.pool_mode = "session";
    database.pool_size = 20;
    database.pool_auth_user = "app";
    const std::string id = created(database);
    EXPECT_EQ(machine->read(render::kPgbouncerDatabases),
              "pooled-db = host=/var/run/postgresql port=5432 auth_user=postgres pool_mode=session pool_size=20\n");
    EXPECT_EQ(sql("SELECT count(*) FROM pg_proc WHERE proname = 'pgbouncer_auth'", "pooled-db"), "1\n");
    expect_as_wished(database, id);
    EXPECT_DONE(dropped(database, id));
    EXPECT_EQ(machine->read(render::kPgbouncerDatabases), "");
}

TEST_F(DatabaseTest, text_is_stored_as_text_in_any_encoding) {
    PgDatabase database = wish("latin");
    database.encoding = "iso-8859-1";
    database.locale = "POSIX";
    database.schemas = {"caf\u00e9"};
    database.baseline = "CREATE TABLE public.notes AS SELECT 'na\u00efve'::text AS text";
    const std::string id = created(database);
    EXPECT_EQ(sql("SELECT length(text), octet_length(text) FROM public.notes", "latin"), "5|5\n");
    expect_as_wished(database, id);
    EXPECT_DONE(dropped(database, id));
}

TEST_F(DatabaseTest, is_not_copied_from_a_template_of_another_locale) {
    sql("CREATE DATABASE model TEMPLATE template0 LOCALE 'C'");
    session = fresh();
    PgDatabase database = wish("copied");
    database.template_name = "model";
    database.lc_collate = "C.utf8";
    const auto refused = create_database(*session, database, {.name = "create"}, cancel);
    ASSERT_FALSE(refused);
    EXPECT_THAT(summary(refused.error()),
                HasSubstr("`lc_collate`: expected that of the template \"model\", C, found C.utf8"));
    EXPECT_EQ(sql("SELECT count(*) FROM pg_database WHERE datname = 'copied'"), "0\n");
    database.lc_collate = "POSIX";
    const std::string id = created(database);
    expect_as_wished(database, id);
    EXPECT_DONE(dropped(database, id));
    sql("DROP DATABASE model");
}

TEST_F(DatabaseTest, an_icu_database_is_made_and_imported) {
    PgDatabase database = wish("icu");
    database.locale_provider = "icu";
    database.locale = "de_DE";
    const std::string id = created(database);
    expect_as_wished(database, id);
    sql("DELETE FROM pigsty.claim");
    const auto imported = import_database(*fresh(), "icu", cancel);
    ASSERT_TRUE(imported) << summary(imported.error());
    EXPECT_EQ(imported->object.locale_provider, "icu");
    const auto live = read_database(*fresh(), imported->object, imported->id, cancel);
    ASSERT_TRUE(live && *live);
    EXPECT_EQ(to_json((*live)->object), to_json(imported->object));
    session = fresh();
    EXPECT_DONE(dropped(imported->object, imported->id));
    EXPECT_EQ(sql("SELECT count(*) FROM pg_database WHERE datname = 'icu'"), "0\n");
}

}  // namespace
}  // namespace pigsty::module::pgsql
