#include "core/module/pgsql/database_sql.h"

#include <gtest/gtest.h>

namespace pigsty::module::pgsql {
namespace {

using Texts = std::vector<std::string>;

Texts texts(const Statements& statements) {
    Texts result;
    for (const Statement& statement : statements) result.push_back(statement.text);
    return result;
}

Catalog with_default_roles() {
    Catalog catalog;
    for (const char* name : {"postgres", "dbrole_admin", "dbrole_readonly", "app"})
        catalog.roles[name] = {.name = name};
    return catalog;
}

PgDatabase app() { return {.name = "app", .owner = "app", .extensions = {{.name = "pg_trgm"}}}; }

TEST(DatabaseSql, creates_from_template0_only_where_the_locale_differs) {
    EXPECT_EQ(create_database_statement(app(), with_default_roles()).text, R"(CREATE DATABASE "app" OWNER "app")");
    PgDatabase wanted = app();
    Catalog catalog = with_default_roles();
    catalog.server_version = 170000;
    catalog.databases["template1"] = {
        .name = "template1", .encoding = "UTF8", .lc_collate = "C.UTF-8", .lc_ctype = "C.UTF-8"};
    wanted.encoding = "utf-8";
    wanted.locale = "C.utf8";
    EXPECT_EQ(create_database_statement(wanted, catalog).text, R"(CREATE DATABASE "app" OWNER "app" ENCODING 'utf-8')");
    wanted.encoding = "LATIN1";
    wanted.locale = "C";
    EXPECT_EQ(
        create_database_statement(wanted, catalog).text,
        R"(CREATE DATABASE "app" OWNER "app" TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' LOCALE_PROVIDER libc)");
}

TEST(DatabaseSql, says_nothing_where_it_already_holds) {
    const DatabaseState live{.name = "app", .owner = "app", .admin_create = true};
    EXPECT_TRUE(database_statements(app(), live, with_default_roles()).empty());
    const DatabaseContents contents{.schemas = {{"public", {"pg_database_owner"}}},
                                    .extensions = {{"pg_trgm", {"public", "1.6"}}},
                                    .admin_schema_create = true,
                                    .default_privileges = {"app|TABLES|dbrole_readonly|SELECT"}};
    EXPECT_TRUE(
        contents_statements(app(), contents, with_default_roles(), {"GRANT SELECT ON TABLES TO dbrole_readonly"})
            .empty());
}

TEST(DatabaseSql, closes_the_gap) {
    const DatabaseState live{
        .name = "app", .owner = "postgres", .connection_limit = 5, .public_connect = false, .public_create = true};
    EXPECT_EQ(
        texts(database_statements(app(), live, with_default_roles())),
        (Texts{R"(ALTER DATABASE "app" OWNER TO "app")", R"(ALTER DATABASE "app" CONNECTION LIMIT -1)",
               R"(REVOKE CREATE ON DATABASE "app" FROM PUBLIC)", R"(GRANT CREATE ON DATABASE "app" TO dbrole_admin)",
               R"(GRANT CONNECT ON DATABASE "app" TO PUBLIC)"}));
    PgDatabase wanted = app();
    wanted.schemas = {"sales"};
    const DatabaseContents contents{.schemas = {{"public", {"pg_database_owner"}}}};
    EXPECT_EQ(texts(contents_statements(
                  wanted, contents, with_default_roles(),
                  {"GRANT SELECT ON TABLES TO dbrole_readonly", "GRANT ALL ON SEQUENCES TO dbrole_nobody"})),
              (Texts{R"(GRANT CREATE ON SCHEMA public TO dbrole_admin)",
                     R"(ALTER DEFAULT PRIVILEGES FOR ROLE "app" GRANT SELECT ON TABLES TO "dbrole_readonly")",
                     R"(CREATE SCHEMA "sales" AUTHORIZATION "app")", R"(CREATE EXTENSION "pg_trgm" CASCADE)"}));
}

TEST(DatabaseSql, grants_again_what_went_over_to_the_new_owner) {
    const DatabaseState live{.name = "app", .owner = "dbrole_admin", .admin_create = true};
    EXPECT_EQ(texts(database_statements(app(), live, with_default_roles())),
              (Texts{R"(ALTER DATABASE "app" OWNER TO "app")", R"(GRANT CREATE ON DATABASE "app" TO dbrole_admin)"}));
}

TEST(DefaultPrivileges, texts_are_checked) {
    EXPECT_TRUE(valid_default_privilege("GRANT INSERT, UPDATE ON TABLES TO dbrole_readwrite"));
    EXPECT_TRUE(valid_default_privilege("grant usage on schemas to \"odd role\""));
    EXPECT_FALSE(valid_default_privilege("GRANT SELECT ON TABLES TO a; DROP TABLE b"));
    EXPECT_FALSE(valid_default_privilege("REVOKE SELECT ON TABLES FROM a"));
}

}  // namespace
}  // namespace pigsty::module::pgsql
