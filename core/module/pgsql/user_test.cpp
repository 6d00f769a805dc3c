#include "core/module/pgsql/user.h"

#include <thread>

#include "core/module/pgsql/password.h"
#include "core/module/pgsql/testing/live_cluster.h"
#include "core/render/pgbouncer.h"

namespace pigsty::module::pgsql {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

#define EXPECT_DONE(result) \
    if (const auto& done = (result); !done) ADD_FAILURE() << summary(done.error()) << "\n" << detail(done.error())

class UserTest : public LiveCluster {
  protected:
    PgUser wish(std::string name) {
        PgUser user;
        user.cluster = connection_of(cluster, session->id());
        user.name = std::move(name);
        return user;
    }
    std::string created(const PgUser& user) {
        auto id = create_user(*session, user, {.name = "create pg_user"}, cancel);
        EXPECT_TRUE(id) << summary(id.error()) << "\n" << detail(id.error());
        return id.value_or("");
    }
    Live<PgUser> read(const PgUser& user, const std::string& id, ClusterSession& with) {
        auto live = read_user(with, user, id, cancel);
        EXPECT_TRUE(live) << summary(live.error()) << "\n" << detail(live.error());
        EXPECT_TRUE(live && *live) << "gone";
        return live && *live ? **live : Live<PgUser>{};
    }
    // Another process sees exactly what was asked for.
    void expect_as_wished(const PgUser& user, const std::string& id) {
        const Live<PgUser> live = read(user, id, *fresh());
        EXPECT_EQ(to_json(live.object), to_json(user));
        EXPECT_THAT(live.drift, IsEmpty());
    }
    Status updated(const PgUser& prior, const PgUser& planned, const std::string& id) {
        return update_user(*session, {.prior = prior, .planned = planned, .id = id}, {.name = "update pg_user"},
                           cancel);
    }
    Status dropped(const PgUser& user, const std::string& id) {
        return drop_user(*session, user, id, {.name = "destroy pg_user"}, cancel);
    }
};

TEST_F(UserTest, is_stored_exactly_whatever_it_is_called) {
    sql("CREATE ROLE \"odd \"\"group\"");
    PgUser user = wish("a \"b\" $(touch /tmp/x); 'c' \\ ü\n");
    user.password = Secret(std::string("it's $(id) \\ \"q\"\n ü"));
    user.comment = "it's \\ a \"comment\"\nwith a line";
    user.connection_limit = 7;
    user.valid_until = "2031-05-01";
    user.roles = {"odd \"group"};
    user.parameters = {
        {"search_path", "\"$user\", \"Odd schema\", public"}, {"application_name", "x'y\\z"}, {"work_mem", "64MB"}};
    const std::string id = created(user);
    expect_as_wished(user, id);
    EXPECT_EQ(login(user.name, std::string(user.password->reveal())), user.name + "\n");
    EXPECT_THAT(sql("SELECT rolpassword FROM pg_authid WHERE rolconnlimit = 7"),
                testing::StartsWith("SCRAM-SHA-256$4096:"));
    EXPECT_EQ(machine->read("/tmp/x"), "");
    EXPECT_DONE(dropped(user, id));
    EXPECT_EQ(sql("SELECT count(*) FROM pg_roles WHERE rolconnlimit = 7"), "0\n");
    EXPECT_EQ(sql("SELECT count(*) FROM pigsty.claim"), "0\n");
}

TEST_F(UserTest, sends_nothing_where_it_already_holds) {
    PgUser user = wish("quiet");
    user.password = Secret("one");
    user.roles = {"pg_monitor"};
    const std::string id = created(user);
    const std::string before = sql("SELECT max(xmin::text::bigint) FROM pg_authid");
    EXPECT_DONE(updated(user, user, id));
    EXPECT_EQ(sql("SELECT max(xmin::text::bigint) FROM pg_authid"), before);
    const auto other = fresh();
    expect_as_wished(user, id);
    read(user, id, *other);
    const auto counters = other->counters();
    for (int i = 0; i < 100; ++i) read(user, id, *other);
    EXPECT_EQ(other->counters().statements, counters.statements);
    EXPECT_EQ(other->counters().connections, 1U);
    EXPECT_DONE(dropped(user, id));
}

TEST_F(UserTest, changes_only_what_differs) {
    PgUser user = wish("changing");
    user.parameters = {{"work_mem", "64MB"}, {"statement_timeout", "30s"}};
    user.roles = {"pg_monitor", "pg_read_all_data"};
    const std::string id = created(user);
    PgUser next = user;
    next.login = false;
    next.createdb = true;
    next.connection_limit = 3;
    next.parameters = {{"work_mem", "32MB"}};
    next.roles = {"pg_monitor"};
    next.comment = "now with a comment";
    EXPECT_DONE(updated(user, next, id));
    expect_as_wished(next, id);
    EXPECT_DONE(updated(next, user, id));
    PgUser back = user;
    expect_as_wished(back, id);
    EXPECT_DONE(dropped(user, id));
}

TEST_F(UserTest, settings_keep_the_spelling_they_were_given) {
    PgUser user = wish("speller");
    user.parameters = {{"timezone", "UTC"}, {"Search_Path", "a,public"}};
    const std::string id = created(user);
    EXPECT_THAT(sql("SELECT setconfig FROM pg_db_role_setting WHERE setrole = 'speller'::regrole"),
                HasSubstr("TimeZone=UTC"));
    expect_as_wished(user, id);
    session = fresh();
    const std::string before = sql("SELECT xmin FROM pg_db_role_setting WHERE setrole = 'speller'::regrole");
    EXPECT_DONE(updated(user, user, id));
    EXPECT_EQ(sql("SELECT xmin FROM pg_db_role_setting WHERE setrole = 'speller'::regrole"), before);
    EXPECT_DONE(dropped(user, id));
}

TEST_F(UserTest, leaves_roles_that_another_granted) {
    PgUser user = wish("member");
    user.roles = {"pg_monitor"};
    const std::string id = created(user);
    sql("CREATE ROLE dba SUPERUSER; SET ROLE dba; GRANT pg_read_all_data TO member");
    session = fresh();
    PgUser seen = user;
    seen.roles = {"pg_monitor", "pg_read_all_data"};
    EXPECT_DONE(updated(seen, user, id));
    expect_as_wished(user, id);
    EXPECT_DONE(dropped(user, id));
    sql("DROP ROLE dba");
}

TEST_F(UserTest, stops_where_somebody_else_changed_what_the_plan_was_made_from) {
    const PgUser user = wish("contested");
    const std::string id = created(user);
    sql("ALTER ROLE contested CONNECTION LIMIT 5");
    session = fresh();
    PgUser next = user;
    next.connection_limit = 9;
    const Status status = updated(user, next, id);
    ASSERT_FALSE(status);
    EXPECT_EQ(summary(status.error()),
              "pg-test role \"contested\": `connection_limit` changed since this plan was made: plan again");
    EXPECT_EQ(read(user, id, *fresh()).object.connection_limit, 5);
    EXPECT_DONE(dropped(user, id));
}

TEST_F(UserTest, is_not_taken_over_where_another_made_it) {
    sql("CREATE ROLE \"for eign\"");
    const auto id = create_user(*session, wish("for eign"), {.name = "create"}, cancel);
    ASSERT_FALSE(id);
    EXPECT_EQ(id.error().code, ErrorCode::conflict);
    EXPECT_THAT(detail(id.error()), HasSubstr("pg-test/for%20eign@127.0.0.1"));
    const auto imported = import_user(*session, "for eign", cancel);
    ASSERT_TRUE(imported);
    const PgUser seen = read(imported->object, imported->id, *session).object;
    EXPECT_FALSE(seen.login);
    PgUser next = seen;
    next.comment = "ours now";
    EXPECT_DONE(updated(seen, next, imported->id));
    expect_as_wished(next, imported->id);
    EXPECT_DONE(dropped(next, imported->id));
}

TEST_F(UserTest, is_followed_by_its_number_whatever_it_is_called) {
    const PgUser user = wish("numbered");
    const std::string id = created(user);
    sql("ALTER ROLE numbered RENAME TO numbered_old");
    session = fresh();
    EXPECT_THAT(read(user, id, *session).drift, ElementsAre("name: is \"numbered_old\" on the server"));
    EXPECT_DONE(updated(user, user, id));
    expect_as_wished(user, id);

    sql("ALTER ROLE numbered RENAME TO numbered_old; CREATE ROLE numbered CONNECTION LIMIT 3");
    session = fresh();
    EXPECT_THAT(read(user, id, *session).drift,
                ElementsAre("name: is \"numbered_old\" on the server, where another role is called \"numbered\""));
    const Status refused = updated(user, user, id);
    ASSERT_FALSE(refused);
    EXPECT_EQ(
        summary(refused.error()),
        "pg-test: the role of this resource is called \"numbered_old\" now, and another role is called \"numbered\"");
    const auto second = create_user(*session, user, {.name = "create"}, cancel);
    ASSERT_FALSE(second);
    EXPECT_THAT(summary(second.error()), HasSubstr("is claimed by the resource of the role that is called"));
    std::vector<std::string> warnings;
    session = fresh();
    EXPECT_DONE(drop_user(*session, user, id, {.name = "destroy", .warnings = &warnings}, cancel));
    EXPECT_THAT(warnings, ElementsAre(HasSubstr("was called \"numbered_old\" on the server")));
    EXPECT_EQ(sql("SELECT rolname, rolconnlimit FROM pg_roles WHERE rolname LIKE 'numbered%'"), "numbered|3\n");
    EXPECT_EQ(sql("SELECT count(*) FROM pigsty.claim"), "0\n");
    sql("DROP ROLE numbered");
}

TEST_F(UserTest, one_that_was_made_anew_by_hand_is_another_one) {
    const PgUser user = wish("anew");
    const std::string id = created(user);
    sql("DROP ROLE anew; CREATE ROLE anew");
    std::vector<std::string> warnings;
    const auto live = read_user(*fresh(), user, id, cancel, &warnings);
    ASSERT_TRUE(live);
    EXPECT_FALSE(*live);
    EXPECT_THAT(warnings, ElementsAre(HasSubstr("import it with the id pg-test/anew@127.0.0.1")));
    session = fresh();
    EXPECT_FALSE(updated(user, user, id));
    session = fresh();
    EXPECT_DONE(dropped(user, id));
    EXPECT_EQ(sql("SELECT count(*) FROM pg_roles WHERE rolname = 'anew'"), "1\n") << "left alone";
    // It can be taken over, and is ours then.
    const auto imported = import_user(*fresh(), "anew", cancel);
    ASSERT_TRUE(imported) << summary(imported.error());
    session = fresh();
    const PgUser seen = read(imported->object, imported->id, *session).object;
    PgUser next = seen;
    next.comment = "ours";
    EXPECT_DONE(updated(seen, next, imported->id));
    session = fresh();
    EXPECT_DONE(dropped(next, imported->id));
    EXPECT_EQ(sql("SELECT count(*) FROM pg_roles WHERE rolname = 'anew'"), "0\n");
}

TEST_F(UserTest, claims_of_an_older_version_get_their_numbers) {
    const PgUser user = wish("older");
    const std::string id = created(user);
    PgUser other = wish("changed");
    other.password = Secret("x");
    const std::string other_id = created(other);
    sql("ALTER TABLE pigsty.claim DROP COLUMN object_oid, DROP COLUMN system_identifier; ALTER ROLE changed PASSWORD "
        "'y'");
    session = fresh();
    expect_as_wished(user, id);
    const Status refused = dropped(other, other_id);
    ASSERT_FALSE(refused);
    EXPECT_THAT(summary(refused.error()), HasSubstr("does not look like the one that this resource made"));
    EXPECT_EQ(sql("SELECT name, object_oid = coalesce(to_regrole(name)::oid::bigint, 0) FROM pigsty.claim ORDER BY 1"),
              "changed|f\nolder|t\n");
    session = fresh();
    EXPECT_DONE(updated(other, other, other_id));
    EXPECT_EQ(sql("SELECT count(*) FROM pigsty.claim WHERE object_oid = to_regrole(name)::oid::bigint"), "2\n");
    EXPECT_DONE(dropped(other, other_id));
    EXPECT_DONE(dropped(user, id));
}

TEST_F(UserTest, one_odd_name_is_told_and_the_rest_goes_on) {
    sql("CREATE DATABASE latin ENCODING LATIN1 TEMPLATE template0 LOCALE 'C'");
    const auto with_odd_role = [](const std::string& form) {
        return sql(
            "DO $$BEGIN EXECUTE format('" + form +
                "', 'caf' || convert_from('\\xe9', 'LATIN1'), (SELECT rolname FROM pg_authid WHERE oid = (SELECT "
                "max(oid) FROM pg_authid))); END$$",
            "latin");
    };
    EXPECT_EQ(with_odd_role("CREATE ROLE %I"), "");
    const PgUser user = wish("caf\u00e9");
    const std::string id = created(user);
    EXPECT_EQ(with_odd_role("GRANT %I TO %I"), "");
    const auto other = fresh();
    std::vector<std::string> warnings;
    const auto live = read_user(*other, user, id, cancel, &warnings);
    ASSERT_TRUE(live) << summary(live.error());
    ASSERT_TRUE(*live);
    EXPECT_EQ(to_json((*live)->object), to_json(user));
    EXPECT_THAT(warnings, ElementsAre(HasSubstr("the role \"caf\\xE9\", whose name is not UTF-8")));
    ASSERT_TRUE(read_user(*other, user, id, cancel, &warnings));
    EXPECT_THAT(warnings, IsEmpty()) << "once is enough";
    // Ours owns something where its name would be written in other bytes.
    sql("CREATE SCHEMA theirs", "latin");
    EXPECT_EQ(with_odd_role("ALTER SCHEMA theirs OWNER TO %2$I"), "");
    EXPECT_DONE(dropped(user, id));
    EXPECT_EQ(sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'theirs' AND nspowner = 10", "latin"), "1\n");
    EXPECT_EQ(with_odd_role("DROP ROLE %I"), "");
    sql("DROP DATABASE latin");
}

TEST_F(UserTest, lists_of_settings_settle) {
    PgUser user = wish("lister");
    user.parameters = {
        {"search_path", ""}, {"temp_tablespaces", ""}, {"sort_mem", "64MB"}, {"session_preload_libraries", "MyLib"}};
    const std::string id = created(user);
    EXPECT_THAT(sql("SELECT setconfig FROM pg_db_role_setting WHERE setrole = 'lister'::regrole"), HasSubstr("MyLib"));
    expect_as_wished(user, id);
    EXPECT_DONE(dropped(user, id));
}

TEST_F(UserTest, a_role_that_left_in_this_run_is_no_change_of_somebody_else) {
    const PgUser group = wish("group1");
    const std::string group_id = created(group);
    PgUser member = wish("in_group");
    member.roles = {"group1"};
    const std::string id = created(member);
    EXPECT_DONE(dropped(group, group_id));
    const PgUser group2 = wish("group2");
    const std::string group2_id = created(group2);
    PgUser next = member;
    next.roles = {"group2"};
    EXPECT_DONE(updated(member, next, id));
    expect_as_wished(next, id);
    EXPECT_DONE(dropped(next, id));
    EXPECT_DONE(dropped(group2, group2_id));
}

TEST_F(UserTest, writers_of_two_processes_take_turns) {
    // The second has a snapshot of before the first wrote, and both make the table of claims and the same role.
    sql("DROP SCHEMA IF EXISTS pigsty CASCADE");
    const auto one = fresh();
    const auto two = fresh();
    ASSERT_TRUE(read_user(*one, wish("raced"), "", cancel));
    ASSERT_TRUE(read_user(*two, wish("raced"), "", cancel));
    std::vector<std::optional<Result<std::string>>> results(2);
    {
        std::jthread first([&] { results[0] = create_user(*one, wish("raced"), {.name = "create"}, cancel); });
        std::jthread second([&] { results[1] = create_user(*two, wish("raced"), {.name = "create"}, cancel); });
    }
    const auto& winner = results[0]->has_value() ? *results[0] : *results[1];
    const auto& loser = results[0]->has_value() ? *results[1] : *results[0];
    ASSERT_TRUE(winner) << summary(winner.error());
    ASSERT_FALSE(loser);
    EXPECT_EQ(summary(loser.error()),
              "expected no role \"raced\" in pg-test, found one that this configuration did not make");
    // Many of both, side by side: none meets another's half-written row.
    const auto many = [&](ClusterSession& with, const char* name) {
        for (int i = 0; i < 10; ++i) {
            PgUser user = wish(name + std::to_string(i));
            user.roles = {"raced"};
            const auto id = create_user(with, user, {.name = "create"}, cancel);
            EXPECT_TRUE(id) << summary(id.error()) << detail(id.error());
            if (id) EXPECT_DONE(drop_user(with, user, *id, {.name = "destroy"}, cancel));
        }
    };
    {
        std::jthread first([&] { many(*one, "a"); });
        std::jthread second([&] { many(*two, "b"); });
    }
    session = fresh();
    EXPECT_DONE(dropped(wish("raced"), *winner));
}

TEST_F(UserTest, waits_for_another_writer_no_longer_than_told_and_names_it) {
    ASSERT_TRUE(
        machine->run("PGAPPNAME='terraform-provider-pigsty ann@ops 7' runuser -u postgres -- psql -X -c \"SELECT "
                     "pg_advisory_lock(1885955955, 29817), pg_sleep(600)\" </dev/null >/dev/null 2>&1 &"));
    while (sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted") != "1\n")
        ASSERT_FALSE(cancel.expired());
    const auto id = create_user(*session, wish("waiting"), {.name = "create"}, Cancel::within(std::chrono::seconds(7)));
    ASSERT_FALSE(id);
    EXPECT_EQ(id.error().code, ErrorCode::stalled);
    EXPECT_THAT(
        summary(id.error()),
        HasSubstr(
            "waiting for the turn to write in this cluster, which terraform-provider-pigsty ann@ops 7 (process "));
    sql("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'");
    session = fresh();
    EXPECT_DONE(dropped(wish("waiting"), created(wish("waiting"))));
}

TEST_F(UserTest, a_cluster_whose_identity_is_not_known_or_another_is_not_touched) {
    const auto with = [&](const std::string& identifier) {
        return std::make_shared<ClusterSession>(
            cluster, identifier, connection_of(cluster, session->id()),
            [](const node::NodeAddress&, const Cancel&, node::Reach) -> Result<node::NodePtr> {
                return node::NodePtr(node_);
            });
    };
    const auto unknown = create_user(*with(""), wish("nobody"), {.name = "create"}, cancel);
    ASSERT_FALSE(unknown);
    EXPECT_THAT(summary(unknown.error()), HasSubstr("expected the system identifier in the claim"));
    const auto another = create_user(*with("7"), wish("nobody"), {.name = "create"}, cancel);
    ASSERT_FALSE(another);
    EXPECT_THAT(summary(another.error()), HasSubstr("expected the PostgreSQL cluster with system identifier 7, found"));
}

TEST_F(UserTest, keeps_in_its_claim_what_its_manager_wants_to_find_again) {
    PgUser user = wish("kept");
    const std::string id = created(user);
    EXPECT_EQ(sql("SELECT spec ? 'resource' FROM pigsty.claim WHERE name = 'kept'"), "f\n") << "nothing to keep";
    PgUser next = user;
    next.resource = {{"drift_policy", "report"}};
    EXPECT_DONE(updated(user, next, id));
    const auto imported = import_user(*fresh(), "kept", cancel);
    ASSERT_TRUE(imported);
    EXPECT_EQ(imported->object.resource, next.resource);
    EXPECT_DONE(updated(next, user, id));
    EXPECT_TRUE(import_user(*fresh(), "kept", cancel)->object.resource.is_null());
    EXPECT_DONE(dropped(user, id));
}

TEST_F(UserTest, goes_on_with_an_unfinished_create) {
    const PgUser user = wish("unfinished");
    const std::string id = created(user);
    sql("UPDATE pigsty.claim SET state = 'creating' WHERE name = 'unfinished'");
    session = fresh();
    EXPECT_EQ(created(user), id);
    EXPECT_EQ(sql("SELECT state FROM pigsty.claim WHERE name = 'unfinished'"), "ready\n");
    EXPECT_DONE(dropped(user, id));
}

TEST_F(UserTest, write_only_passwords_count_by_version_and_are_repaired) {
    PgUser user = wish("secretive");
    user.password = Secret("first");
    user.password_write_only = true;
    user.password_wo_version = 1;
    const std::string id = created(user);
    PgUser state = user;
    state.password.reset();
    EXPECT_THAT(read(state, id, *fresh()).drift, IsEmpty());

    PgUser next = user;
    next.password = Secret("second");
    EXPECT_DONE(updated(state, next, id));
    EXPECT_EQ(login("secretive", "first"), "secretive\n") << "a new value without a new version";
    next.password_wo_version = 2;
    EXPECT_DONE(updated(state, next, id));
    EXPECT_EQ(login("secretive", "second"), "secretive\n");

    sql("ALTER ROLE secretive PASSWORD 'other'");
    state.password_wo_version = 2;
    session = fresh();
    EXPECT_THAT(read(state, id, *session).drift, ElementsAre("password: was changed on the server"));
    EXPECT_DONE(updated(state, next, id));
    EXPECT_EQ(login("secretive", "second"), "secretive\n");
    EXPECT_THAT(read(state, id, *fresh()).drift, IsEmpty());
    EXPECT_THAT(machine->read("/tmp/pg.log"), Not(HasSubstr("second")));
    EXPECT_THAT(sql("SELECT password_digest, spec FROM pigsty.claim"), Not(HasSubstr("SCRAM")));

    PgUser without = state;
    without.password_wo_version.reset();
    without.password_write_only = false;
    EXPECT_DONE(updated(state, without, id));
    EXPECT_EQ(sql("SELECT rolpassword IS NULL FROM pg_authid WHERE rolname = 'secretive'"), "t\n");
    EXPECT_DONE(dropped(user, id));
}

TEST_F(UserTest, hands_over_what_it_owns_before_it_goes) {
    const PgUser user = wish("owner");
    const std::string id = created(user);
    sql("CREATE DATABASE elsewhere OWNER owner");
    sql("CREATE SCHEMA s AUTHORIZATION owner; CREATE TABLE s.t (); ALTER TABLE s.t OWNER TO owner; GRANT SELECT ON s.t "
        "TO pg_monitor; "
        "ALTER DEFAULT PRIVILEGES FOR ROLE owner GRANT SELECT ON TABLES TO pg_monitor",
        "elsewhere");
    sql("CREATE TABLE public.mine (); GRANT SELECT ON public.mine TO owner; GRANT owner TO pg_monitor");
    EXPECT_DONE(dropped(user, id));
    EXPECT_EQ(sql("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'elsewhere'"), "postgres\n");
    EXPECT_EQ(sql("SELECT tableowner FROM pg_tables WHERE schemaname = 's'", "elsewhere"), "postgres\n");
    EXPECT_DONE(dropped(user, id)) << "again: nothing to do";
    sql("DROP DATABASE elsewhere");
    sql("DROP TABLE public.mine");
}

TEST_F(UserTest, stands_in_pgbouncers_lists_with_the_servers_verifier) {
    PgUser user = wish("pooled");
    user.password = Secret("water");
    user.pgbouncer = true;
    user.pool_mode = "session";
    user.pool_connlimit = -1;
    const std::string id = created(user);
    std::string verifier = sql("SELECT rolpassword FROM pg_authid WHERE rolname = 'pooled'");
    verifier.pop_back();
    EXPECT_EQ(machine->read(render::kPgbouncerUserlist), "\"postgres\" \"\"\n\"pooled\" \"" + verifier + "\"\n");
    EXPECT_EQ(machine->read(render::kPgbouncerUserOptions), "pooled = pool_mode=session max_user_connections=0\n");
    expect_as_wished(user, id);

    ASSERT_TRUE(machine->run(
        "echo x >> /etc/pgbouncer/fragments/userlist.d/pooled; rm /etc/pgbouncer/fragments/useropts.d/pooled"));
    ASSERT_TRUE(
        node_->request({node::RunScript{.text = ":"}}, cancel, {}));  // a write: what was seen before counts no more
    EXPECT_THAT(read(user, id, *fresh()).drift, ElementsAre("pgbouncer pg-test-1: userlist.d/pooled differs",
                                                            "pgbouncer pg-test-1: useropts.d/pooled is missing"));
    EXPECT_DONE(updated(user, user, id));
    expect_as_wished(user, id);

    PgUser next = user;
    next.pgbouncer = false;
    next.pool_mode.reset();
    next.pool_connlimit.reset();
    EXPECT_DONE(updated(user, next, id));
    EXPECT_EQ(machine->read(render::kPgbouncerUserlist), "\"postgres\" \"\"\n");
    EXPECT_DONE(updated(next, user, id));
    EXPECT_DONE(dropped(user, id));
    EXPECT_EQ(machine->read(render::kPgbouncerUserlist), "\"postgres\" \"\"\n");
    EXPECT_EQ(machine->read(render::kPgbouncerUserOptions), "");
}

TEST(Password, is_prepared_as_the_server_does) {
    // RFC 4013: a soft hyphen goes, a Roman numeral becomes letters, a non-breaking space a space.
    const Secret stored = verifier_of(Secret("I\xC2\xADX \xE2\x85\xA8"), 4096);
    EXPECT_TRUE(holds_password(stored, Secret("IX IX")));
    EXPECT_FALSE(holds_password(stored, Secret("ix ix")));
    EXPECT_TRUE(holds_password(stored, stored));
    EXPECT_FALSE(holds_password(std::nullopt, Secret("x")));
}

}  // namespace
}  // namespace pigsty::module::pgsql
