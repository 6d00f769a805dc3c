#include "core/module/pgsql/object/user.h"

#include "core/module/pgsql/object/password.h"
#include "core/module/pgsql/object/testing/user_fixture.h"

namespace pigsty::module::pgsql {
namespace {

TEST_F(UserTest, is_stored_exactly_whatever_it_is_called) {
    sql("CREATE ROLE \"odd \"\"group\"");
    PgUser user = wish("a \"b\" $(touch /tmp/x); 'c' \\ ü\n");
    user.password = Secret(std::string("it's $(id) \\ \"q\"\n ü"));
    user.comment = "it's \\ a \"comment\"\nwith a line";
    user.attributes.connection_limit = 7;
    user.attributes.valid_until = "2031-05-01";
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
    next.attributes.login = false;
    next.attributes.createdb = true;
    next.attributes.connection_limit = 3;
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
    next.attributes.connection_limit = 9;
    const Status status = updated(user, next, id);
    ASSERT_FALSE(status);
    EXPECT_EQ(summary(status.error()),
              "pg-test role \"contested\": `connection_limit` changed since this plan was made: plan again");
    EXPECT_EQ(read(user, id, *fresh()).object.attributes.connection_limit, 5);
    EXPECT_DONE(dropped(user, id));
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
