#include "core/module/pgsql/object/database_sql.h"

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

TEST(DatabaseSql, a_copy_has_the_locale_of_its_template) {
    Catalog catalog = with_default_roles();
    catalog.server_version = 170000;
    catalog.databases["template1"] = {.name = "template1", .encoding = "UTF8", .lc_collate = "C", .lc_ctype = "C"};
    catalog.databases["model"] = {
        .name = "model", .encoding = "UTF8", .lc_collate = "en_US.UTF-8", .lc_ctype = "en_US.UTF-8"};
    catalog.databases["template0"] = {.name = "template0", .encoding = "UTF8", .lc_collate = "C", .lc_ctype = "C"};
    PgDatabase wanted = app();
    wanted.template_name = "model";
    EXPECT_TRUE(check_template(wanted, catalog));
    wanted.lc_collate = "C";
    EXPECT_EQ(summary(check_template(wanted, catalog).error()),
              "`lc_collate`: expected that of the template \"model\", en_US.UTF-8, found C: a copy has what its "
              "template has");
    wanted.lc_collate = "en_US.utf8";
    EXPECT_TRUE(check_template(wanted, catalog));
    EXPECT_EQ(create_database_statement(wanted, catalog).text, R"(CREATE DATABASE "app" OWNER "app" TEMPLATE "model")");
    wanted.template_name = "template0";
    EXPECT_TRUE(check_template(wanted, catalog));
    wanted.template_name = "nothing";
    EXPECT_FALSE(check_template(wanted, catalog));
    wanted.template_name.reset();
    wanted.lc_collate.reset();
    wanted.locale = "POSIX";
    EXPECT_EQ(create_database_statement(wanted, catalog).text, R"(CREATE DATABASE "app" OWNER "app")");
    wanted.locale_provider = "icu";
    wanted.locale = "en-US";
    EXPECT_EQ(create_database_statement(wanted, catalog).text,
              R"(CREATE DATABASE "app" OWNER "app" TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US')");
    wanted.locale_provider = "builtin";
    wanted.locale = "C.utf8";
    EXPECT_EQ(
        create_database_statement(wanted, catalog).text,
        R"(CREATE DATABASE "app" OWNER "app" TEMPLATE template0 LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8')");
}

TEST(DatabaseSql, names_are_compared_as_their_owners_do) {
    EXPECT_TRUE(same_encoding("UTF8", "utf-8"));
    EXPECT_TRUE(same_encoding("unicode", "UTF8"));
    EXPECT_TRUE(same_encoding("ISO 8859-1", "LATIN1"));
    EXPECT_FALSE(same_encoding("LATIN1", "LATIN9"));
    EXPECT_TRUE(same_locale("POSIX", "C"));
    EXPECT_TRUE(same_locale("C.UTF-8", "C.utf8"));
    EXPECT_TRUE(same_locale("de_DE.ISO-8859-15@euro", "de_DE.iso885915@euro"));
    EXPECT_FALSE(same_locale("C", "C.UTF-8"));
    EXPECT_FALSE(same_locale("en_US.UTF-8", "en_GB.UTF-8"));
    EXPECT_TRUE(same_locale_of("icu", "en_US", "en-us"));
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
