#include "core/module/pgsql/object/default_roles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/module/pgsql/object/default_pool.h"
#include "core/module/pgsql/object/password.h"
#include "core/module/pgsql/object/role_sql.h"

namespace pigsty::module::pgsql {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kEnd = "2040-01-01 00:00:00+00";

PgCluster with_role(render::Role role) {
    PgCluster cluster;
    cluster.name = "pg-test";
    cluster.default_roles = {std::move(role)};
    return cluster;
}

Catalog with_auditor(RoleState state = {.name = "auditor"}) {
    Catalog catalog;
    catalog.server_version = 170000;
    catalog.scram_iterations = 4096;
    catalog.now = "2027-01-01 00:00:00+00";
    state.attributes.login = true;
    catalog.roles["auditor"] = std::move(state);
    return catalog;
}

std::vector<std::string> shown(const Statements& statements) {
    std::vector<std::string> texts;
    for (const Statement& statement : statements) texts.push_back(statement.display());
    return texts;
}

TEST(DefaultRoles, count_days_once) {
    const PgCluster cluster = with_role({.name = "auditor", .expire_in = 7300});
    const std::string dated = R"( VALID UNTIL ')" + date_in(7300) + " 00:00:00+00'";
    Catalog bare;
    bare.server_version = 170000;
    EXPECT_THAT(shown(default_role_statements(cluster, nullptr, bare)),
                ElementsAre(R"(CREATE ROLE "auditor" LOGIN)" + dated));
    const Catalog undated = with_auditor();
    EXPECT_THAT(shown(default_role_statements(cluster, nullptr, undated)),
                ElementsAre(R"(ALTER ROLE "auditor")" + dated));
    const Catalog live = with_auditor({.name = "auditor", .attributes = {.valid_until = kEnd}});
    EXPECT_THAT(default_role_statements(cluster, nullptr, live), IsEmpty());
    EXPECT_THAT(default_role_statements(cluster, &cluster, live), IsEmpty());
    const PgCluster before = with_role({.name = "auditor", .expire_in = 30});
    EXPECT_THAT(shown(default_role_statements(cluster, &before, live)), ElementsAre(R"(ALTER ROLE "auditor")" + dated));
    const PgCluster forever = with_role({.name = "auditor"});
    EXPECT_THAT(shown(default_role_statements(forever, &cluster, live)),
                ElementsAre(R"(ALTER ROLE "auditor" VALID UNTIL 'infinity')"));
}

TEST(DefaultRoles, take_back_what_they_said_before_and_nothing_else) {
    const PgCluster before = with_role({.name = "auditor",
                                        .roles = {"pg_monitor", "dbrole_readonly"},
                                        .parameters = {{"search_path", "audit"}, {"work_mem", "8MB"}},
                                        .comment = "audits"});
    const PgCluster cluster =
        with_role({.name = "auditor", .roles = {"pg_monitor"}, .parameters = {{"work_mem", "8MB"}}});
    const Membership granted{.inherit = true, .set = true};
    const Catalog live = with_auditor(
        {.name = "auditor",
         .comment = "audits",
         .parameters = {{"search_path", "audit"}, {"work_mem", "8MB"}, {"lock_timeout", "1s"}},
         .memberships = {{"pg_monitor", granted}, {"dbrole_readonly", granted}, {"by_somebody", granted}}});
    EXPECT_THAT(default_role_statements(cluster, nullptr, live), IsEmpty());
    EXPECT_THAT(shown(default_role_statements(cluster, &before, live)),
                ElementsAre(R"(COMMENT ON ROLE "auditor" IS NULL)", R"(ALTER ROLE "auditor" RESET "search_path")",
                            R"(REVOKE "dbrole_readonly" FROM "auditor")"));
}

TEST(DefaultRoles, get_a_password_when_they_have_none_and_with_a_new_version) {
    PgCluster cluster = with_role({.name = "auditor"});
    cluster.role_passwords = {{"auditor", Secret("hunter2")}};
    cluster.role_passwords_version = 1;
    const auto altered = ElementsAre(quiet_statement().text, R"(ALTER ROLE "auditor" PASSWORD ****)");
    const Catalog bare = with_auditor();
    EXPECT_THAT(shown(default_role_statements(cluster, &cluster, bare)), altered);
    const Catalog other = with_auditor({.name = "auditor", .verifier = verifier_of(Secret("other"), 4096)});
    EXPECT_THAT(default_role_statements(cluster, &cluster, other), IsEmpty()) << "somebody set it since";
    PgCluster before = cluster;
    before.role_passwords_version = 0;
    EXPECT_THAT(shown(default_role_statements(cluster, &before, other)), altered);
    PgCluster restored = cluster;
    restored.restore_from.emplace();
    EXPECT_THAT(shown(default_role_statements(restored, nullptr, other)), altered) << "the source's";
    const Catalog same = with_auditor({.name = "auditor", .verifier = verifier_of(Secret("hunter2"), 4096)});
    EXPECT_THAT(default_role_statements(cluster, &before, same), IsEmpty());
    for (const Statement& statement : default_role_statements(cluster, &before, other))
        EXPECT_EQ(statement.text.find("hunter2"), std::string::npos);
}

TEST(DefaultRoles, stand_in_the_pool_s_lists_as_long_as_they_are_asked_to) {
    const PgCluster pooled = with_role({.name = "auditor", .pgbouncer = true, .pool_connlimit = 8});
    const Catalog live = with_auditor();
    const std::string user = fragment_path("userlist", "auditor");
    const std::string options = fragment_path("useropts", "auditor");
    const auto wanted = default_fragments(pooled, nullptr, live);
    ASSERT_TRUE(wanted);
    EXPECT_EQ(wanted->at(user)->reveal(), "\"auditor\" \"\"\n");
    EXPECT_TRUE(wanted->at(options).has_value());
    const PgCluster plain = with_role({.name = "auditor"});
    EXPECT_THAT(*default_fragments(plain, nullptr, live), IsEmpty()) << "it may be a user's";
    EXPECT_THAT(*default_fragments(plain, &pooled, live),
                testing::UnorderedElementsAre(testing::Pair(user, std::nullopt), testing::Pair(options, std::nullopt)));
    const Catalog expired = with_auditor({.name = "auditor", .attributes = {.valid_until = "2026-01-01 00:00:00+00"}});
    EXPECT_FALSE(default_fragments(pooled, nullptr, expired)->at(user).has_value());
}

}  // namespace
}  // namespace pigsty::module::pgsql
