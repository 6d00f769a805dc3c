#include "core/module/platform/platform.h"

#include <gmock/gmock.h>

namespace pigsty::module::platform {
namespace {

using testing::ElementsAre;

node::Facts facts(std::string id, std::string version) {
    node::Facts facts;
    facts.os_id = std::move(id);
    facts.os_version = std::move(version);
    return facts;
}

TEST(Version, is_compared_by_the_number_that_upstream_gave) {
    EXPECT_TRUE(at_least("1:4.0.7-3~deb13u1", "4.0.7"));
    EXPECT_FALSE(at_least("1:4.0.7-3~deb13u1", "4.0.8"));
    EXPECT_FALSE(at_least("3.5.28~rc1-1", "3.5.28"));
    EXPECT_FALSE(at_least("3.5.9", "3.5.16"));
    EXPECT_TRUE(at_least("3.10", "3.9"));
}

TEST(Platform, is_found_by_what_the_system_calls_itself) {
    const auto debian = platform_of(facts("debian", "13"));
    ASSERT_TRUE(debian);
    EXPECT_EQ((*debian)->codename, "trixie");
    EXPECT_THAT((*debian)->postgresql, ElementsAre(17));
    EXPECT_THAT((*debian)->packages(Component::postgresql, 17), ElementsAre("postgresql-17"));
    EXPECT_THAT((*debian)->packages(Component::patroni),
                ElementsAre("patroni", "python3-etcd", "python3-psycopg2", "etcd-client"));
    EXPECT_EQ((*debian)->bin_dir(17), "/usr/lib/postgresql/17/bin");
    EXPECT_EQ((*debian)->extension_package("pg_repack", 17), "postgresql-17-repack");
    EXPECT_EQ((*debian)->extension_package("vector", 17), "postgresql-17-pgvector");
    EXPECT_EQ((*debian)->extension_package("pgvector", 17), "postgresql-17-pgvector");
    EXPECT_EQ((*debian)->extension_package("citus", 17), "postgresql-17-citus");
    EXPECT_EQ((*debian)->extension_package("pg_trgm", 17), std::nullopt);
}

TEST(Platform, says_which_systems_there_are) {
    const auto other = platform_of(facts("fedora", "40"));
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, ErrorCode::unsupported);
    EXPECT_EQ(other.error().message,
              "expected one of Debian 13, Debian 12, Ubuntu 24.04, Ubuntu 22.04, found fedora 40");
    EXPECT_EQ(
        platform_of(node::Facts{}).error().message,
        "expected one of Debian 13, Debian 12, Ubuntu 24.04, Ubuntu 22.04, found a system without /etc/os-release");
}

TEST(Platform, knows_what_its_versions_do_not_know) {
    const Platform& trixie = **platform_of(facts("debian", "13"));
    const Platform& bookworm = **platform_of(facts("debian", "12"));
    EXPECT_TRUE(trixie.offers(Setting::pgbouncer_max_prepared_statements));
    EXPECT_FALSE(bookworm.offers(Setting::pgbouncer_max_prepared_statements));
}

}  // namespace
}  // namespace pigsty::module::platform
