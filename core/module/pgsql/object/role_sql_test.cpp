#include "core/module/pgsql/object/role_sql.h"

#include <gtest/gtest.h>

#include "core/module/pgsql/session/parameters.h"

namespace pigsty::module::pgsql {
namespace {

std::vector<std::string> statement_texts(const Statements& statements) {
    std::vector<std::string> result;
    for (const Statement& statement : statements) result.push_back(statement.text);
    return result;
}

using Texts = std::vector<std::string>;

RoleWanted app_role() { return {.name = "app", .roles = {"dbrole_readwrite"}}; }

RoleState live_app() {
    return {.name = "app",
            .attributes = {.login = true},
            .memberships = {{"dbrole_readwrite", {.inherit = true, .set = true}}}};
}

TEST(RoleSql, creates_with_what_differs_from_postgresql_defaults) {
    RoleWanted wanted = app_role();
    wanted.comment = "the application's login";
    wanted.attributes.connection_limit = 10;
    EXPECT_EQ(
        statement_texts(role_statements(wanted, nullptr, 170000)),
        (Texts{R"(CREATE ROLE "app" LOGIN CONNECTION LIMIT 10)",
               R"(COMMENT ON ROLE "app" IS 'the application''s login')", R"(GRANT "dbrole_readwrite" TO "app")"}));
}

TEST(RoleSql, says_nothing_where_it_already_holds) {
    const RoleState live = live_app();
    EXPECT_TRUE(role_statements(app_role(), &live, 170000).empty());
}

TEST(RoleSql, changes_only_what_differs) {
    RoleState live = live_app();
    live.attributes.superuser = true;
    live.memberships["dbrole_admin"] = {};
    live.parameters = {{"work_mem", "1GB"}};
    EXPECT_EQ(statement_texts(role_statements(app_role(), &live, 170000)),
              (Texts{R"(ALTER ROLE "app" NOSUPERUSER)", R"(ALTER ROLE "app" RESET "work_mem")",
                     R"(REVOKE "dbrole_admin" FROM "app")"}));
}

TEST(RoleSql, default_roles_leave_what_others_granted) {
    RoleWanted wanted = app_role();
    wanted.authoritative = false;
    RoleState live = live_app();
    live.memberships["dbrole_admin"] = {};
    live.parameters = {{"work_mem", "1GB"}};
    EXPECT_TRUE(role_statements(wanted, &live, 170000).empty());
}

TEST(RoleSql, never_shows_a_password) {
    RoleWanted wanted = app_role();
    wanted.password = Secret("hunter2'");
    const Statements statements = role_statements(wanted, nullptr, 170000);
    ASSERT_FALSE(statements.empty());
    EXPECT_EQ(statements[0].text, R"(CREATE ROLE "app" LOGIN PASSWORD 'hunter2''')");
    EXPECT_EQ(statements[0].display(), R"(CREATE ROLE "app" LOGIN PASSWORD ****)");
}

TEST(RoleSql, membership_options_since_16) {
    RoleWanted wanted = app_role();
    wanted.role_options["dbrole_readwrite"] = {.admin = true, .inherit = false};
    const RoleState live = live_app();
    EXPECT_EQ(statement_texts(role_statements(wanted, &live, 160000)),
              (Texts{R"(GRANT "dbrole_readwrite" TO "app" WITH ADMIN TRUE, INHERIT FALSE)"}));
    EXPECT_EQ(statement_texts(role_statements(wanted, &live, 150000)),
              (Texts{R"(GRANT "dbrole_readwrite" TO "app" WITH ADMIN OPTION)"}));
}

TEST(RoleSql, revokes_in_the_name_of_each_grantor_since_16) {
    RoleWanted wanted = app_role();
    wanted.roles.clear();
    RoleState live = live_app();
    live.memberships["dbrole_readwrite"].grantors = {"", "dba", "odd \"one\""};
    EXPECT_EQ(
        statement_texts(role_statements(wanted, &live, 160000)),
        (Texts{R"(REVOKE "dbrole_readwrite" FROM "app")", R"(REVOKE "dbrole_readwrite" FROM "app" GRANTED BY "dba")",
               R"(REVOKE "dbrole_readwrite" FROM "app" GRANTED BY "odd ""one""")"}));
    EXPECT_EQ(statement_texts(role_statements(wanted, &live, 150000)),
              (Texts{R"(REVOKE "dbrole_readwrite" FROM "app")"}));
    live.memberships["dbrole_readwrite"].grantors = {"dba"};
    EXPECT_EQ(statement_texts(role_statements(wanted, &live, 160000)),
              (Texts{R"(REVOKE "dbrole_readwrite" FROM "app" GRANTED BY "dba")"}));
}

TEST(RoleSql, takes_away_options_that_others_granted_since_16) {
    RoleWanted wanted = app_role();
    wanted.role_options["dbrole_readwrite"] = {.admin = true, .inherit = false, .set = true};
    RoleState live = live_app();
    live.memberships["dbrole_readwrite"].grantors = {"", "dba"};
    EXPECT_EQ(statement_texts(role_statements(wanted, &live, 160000)),
              (Texts{R"(GRANT "dbrole_readwrite" TO "app" WITH ADMIN TRUE, INHERIT FALSE, SET TRUE)",
                     R"(REVOKE INHERIT OPTION FOR "dbrole_readwrite" FROM "app" GRANTED BY "dba")"}));
}

TEST(RoleSql, memberships_follow_inherit_since_16) {
    RoleState live = live_app();
    live.attributes.inherit = false;
    live.memberships["dbrole_readwrite"].inherit = false;
    EXPECT_EQ(statement_texts(role_statements(app_role(), &live, 160000)),
              (Texts{R"(ALTER ROLE "app" INHERIT)", R"(GRANT "dbrole_readwrite" TO "app" WITH INHERIT TRUE)"}));
    RoleWanted wanted = app_role();
    wanted.role_options["dbrole_readwrite"] = {.inherit = false};
    EXPECT_EQ(statement_texts(role_statements(wanted, &live, 160000)), (Texts{R"(ALTER ROLE "app" INHERIT)"}));
    wanted = app_role();
    wanted.authoritative = false;
    EXPECT_EQ(statement_texts(role_statements(wanted, &live, 160000)), (Texts{R"(ALTER ROLE "app" INHERIT)"}));
    RoleState before = live_app();
    before.memberships["dbrole_readwrite"].inherit.reset();
    EXPECT_TRUE(role_statements(app_role(), &before, 150000).empty());
    wanted = app_role();
    wanted.attributes.inherit = false;
    EXPECT_EQ(statement_texts(role_statements(wanted, nullptr, 160000)),
              (Texts{R"(CREATE ROLE "app" LOGIN NOINHERIT)", R"(GRANT "dbrole_readwrite" TO "app")"}))
        << "a new grant takes it from the role";
}

TEST(RoleSql, leaves_what_postgresql_granted_a_creator_since_16) {
    RoleState live = live_app();
    live.memberships["made"] = {.admin = true, .inherit = false, .set = false, .is_automatic = true};
    EXPECT_TRUE(role_statements(app_role(), &live, 160000).empty());
    RoleWanted wanted = app_role();
    wanted.roles.insert("made");
    EXPECT_EQ(statement_texts(role_statements(wanted, &live, 160000)),
              (Texts{R"(GRANT "made" TO "app" WITH INHERIT TRUE, SET TRUE)"}));
}

TEST(Catalog, knows_the_grant_that_nobody_asked_for) {
    const auto grants = [](const std::string& list) {
        const auto catalog = parse_catalog(R"({"server_version": 160000, "in_recovery": false,
            "scram_iterations": 4096, "databases": [], "roles": [{"name": "app", "login": true, "superuser": false,
            "createdb": false, "createrole": true, "inherit": true, "replication": false, "bypassrls": false,
            "connection_limit": -1, "memberships": [)" +
                                           list + "]}]}");
        return catalog->role("app")->memberships.at("made");
    };
    const std::string by_itself = R"({"role": "made", "admin": true, "grantor": null, "inherit": false, "set": false})";
    const std::string self = R"({"role": "made", "admin": false, "grantor": "app", "inherit": true, "set": true})";
    const std::string dba = R"({"role": "made", "admin": false, "grantor": "dba", "inherit": true, "set": true})";
    EXPECT_TRUE(grants(by_itself).is_automatic);
    EXPECT_TRUE(grants(by_itself + "," + self).is_automatic) << "createrole_self_grant";
    EXPECT_FALSE(grants(by_itself + "," + dba).is_automatic);
    EXPECT_EQ(grants(by_itself + "," + dba).grantors, std::set<std::string>{"dba"});
    EXPECT_FALSE(grants(self).is_automatic);
}

TEST(Catalog, one_odd_name_does_not_hide_the_others) {
    const std::string role =
        R"(", "login": true, "superuser": false, "createdb": false, "createrole": false, "inherit": true,
        "replication": false, "bypassrls": false, "connection_limit": -1, "comment": "ca)"
        "\xE9"
        R"(", "memberships": null})";
    const auto catalog = parse_catalog(R"({"server_version": 160000, "in_recovery": false, "scram_iterations": 4096,
        "databases": [], "roles": [{"name": "caf)"
                                       "\xE9" +
                                       role + R"(, {"name": "ž)" + role + "]}");
    ASSERT_TRUE(catalog) << summary(catalog.error());
    EXPECT_EQ(catalog->odd_names, (Texts{R"(role "caf\xE9")"}));
    ASSERT_EQ(catalog->roles.size(), 1U);
    EXPECT_EQ(catalog->role("ž")->comment, R"(ca\xE9)");
}

TEST(Catalog, knows_who_granted_a_membership) {
    const auto catalog = parse_catalog(R"({"server_version": 160000, "in_recovery": false, "claim_columns": null,
        "scram_iterations": 4096, "databases": [], "roles": [{"name": "app", "login": true, "superuser": false,
        "createdb": false, "createrole": false, "inherit": true, "replication": false, "bypassrls": false,
        "connection_limit": -1, "memberships": [
            {"role": "a", "admin": false, "grantor": null, "inherit": true, "set": true},
            {"role": "a", "admin": true, "grantor": "dba", "inherit": true, "set": true}]}]})");
    ASSERT_TRUE(catalog) << summary(catalog.error());
    const Membership& membership = catalog->role("app")->memberships.at("a");
    EXPECT_TRUE(membership.admin);
    EXPECT_EQ(membership.grantors, (std::set<std::string>{"", "dba"}));
}

TEST(RoleSql, hostile_names_and_values_stay_values) {
    RoleWanted wanted{
        .name = R"(x"; DROP ROLE y; --)", .comment = R"(a\b'c$(id))", .parameters = {{"app.x", R"(';--\)"}}};
    EXPECT_EQ(statement_texts(role_statements(wanted, nullptr, 170000)),
              (Texts{R"(CREATE ROLE "x""; DROP ROLE y; --" LOGIN)",
                     R"(COMMENT ON ROLE "x""; DROP ROLE y; --" IS E'a\\b''c$(id)')",
                     R"(ALTER ROLE "x""; DROP ROLE y; --" SET "app.x" TO E''';--\\')"}));
}

TEST(Parameters, list_values_are_compared_by_meaning) {
    EXPECT_EQ(list_elements("search_path", R"("$user", Public , "a,b")"), (Texts{"$user", "public", "a,b"}));
    EXPECT_TRUE(same_parameter("search_path", "monitor,public", "monitor, public"));
    EXPECT_FALSE(same_parameter("application_name", "a,b", "a, b"));
    EXPECT_EQ(parameter_value_sql("search_path", "\"$user\",public"), "'$user', 'public'");
}

TEST(Parameters, libraries_keep_their_capitals) {
    EXPECT_EQ(list_elements("session_preload_libraries", R"(MyLib, "Other Lib")"), (Texts{"MyLib", "Other Lib"}));
    EXPECT_EQ(parameter_value_sql("local_preload_libraries", "MyLib,b"), "'MyLib', 'b'");
    EXPECT_FALSE(same_parameter("session_preload_libraries", "MyLib", "mylib"));
    EXPECT_TRUE(same_parameter("temp_tablespaces", "Fast", "fast"));
}

TEST(Parameters, an_empty_list_is_one_empty_name) {
    EXPECT_TRUE(same_parameter("search_path", "", "\"\""));
    EXPECT_EQ(parameter_value_sql("search_path", " "), "''");
    EXPECT_FALSE(list_problem("search_path", ""));
    EXPECT_FALSE(list_problem("temp_tablespaces", "\"\""));
    EXPECT_FALSE(list_problem("work_mem", ",,"));
    EXPECT_TRUE(list_problem("search_path", "a,,b"));
    EXPECT_TRUE(list_problem("session_preload_libraries", ""));
}

TEST(Parameters, older_names_are_those_of_the_same_setting) {
    EXPECT_TRUE(same_setting("sort_mem", "Work_Mem"));
    EXPECT_TRUE(parameter_statements("ROLE x", {{"sort_mem", "64MB"}}, {{"work_mem", "64MB"}}).empty());
    EXPECT_FALSE(same_setting("sort_mem", "maintenance_work_mem"));
}

TEST(Parameters, names_know_no_case) {
    EXPECT_TRUE(is_list_parameter("Search_Path"));
    EXPECT_TRUE(parameter_statements("ROLE x", {{"timezone", "UTC"}}, {{"TimeZone", "UTC"}}).empty());
    EXPECT_EQ(statement_texts(parameter_statements("ROLE x", {{"timezone", "CET"}}, {{"TimeZone", "UTC"}})),
              (Texts{R"(ALTER ROLE x SET "timezone" TO 'CET')"}));
    RoleWanted wanted = app_role();
    wanted.authoritative = false;
    wanted.parameters = {{"timezone", "UTC"}};
    RoleState live = live_app();
    live.parameters = {{"TimeZone", "UTC"}};
    EXPECT_TRUE(role_statements(wanted, &live, 170000).empty());
}

TEST(ValidUntil, of_a_default_role_is_compared_by_meaning) {
    const RoleState live{.name = "app", .attributes = {.login = true, .valid_until = "2027-01-31 00:00:00+00"}};
    EXPECT_TRUE(role_statements({.name = "app", .attributes = {.valid_until = "2027-01-31"}}, &live, 170000).empty());
    EXPECT_EQ(
        statement_texts(role_statements({.name = "app", .attributes = {.valid_until = "2027-02-01"}}, &live, 170000)),
        (Texts{R"(ALTER ROLE "app" VALID UNTIL '2027-02-01 00:00:00+00')"}));
}

TEST(ValidUntil, is_kept_in_utc) {
    EXPECT_EQ(canonical_valid_until("2027-01-31"), "2027-01-31 00:00:00+00");
    EXPECT_EQ(canonical_valid_until("2027-01-31T01:30:00+02:00"), "2027-01-30 23:30:00+00");
    EXPECT_EQ(canonical_valid_until("2027-12-31 23:59:59 UTC"), "2027-12-31 23:59:59+00");
    EXPECT_EQ(canonical_valid_until("infinity"), "infinity");
    EXPECT_EQ(canonical_valid_until("2027-02-30").error().message,
              "expected a date of the calendar, found \"2027-02-30\"");
    EXPECT_FALSE(canonical_valid_until("tomorrow"));
}

}  // namespace
}  // namespace pigsty::module::pgsql
