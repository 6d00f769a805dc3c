#include "core/module/pgsql/user.h"

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
