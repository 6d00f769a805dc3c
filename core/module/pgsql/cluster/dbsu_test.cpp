#include "core/module/pgsql/cluster/dbsu.h"

#include <gmock/gmock.h>

#include "core/base/given_password.h"
#include "core/base/unknown.h"

namespace pigsty::module::pgsql {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

PgCluster with_password(const std::string& word) {
    PgCluster cluster;
    cluster.name = "pg-citus1";
    cluster.dbsu_password = Secret(word);
    return cluster;
}

TEST(Dbsu, another_password_is_another_generation) {
    EXPECT_EQ(dbsu_generation(PgCluster()), std::nullopt);
    const auto one = dbsu_generation(with_password("one"));
    EXPECT_EQ(one, dbsu_generation(with_password("one")));
    EXPECT_NE(one, dbsu_generation(with_password("two")));
    PgCluster cluster = with_password("one");
    // After an import.
    cluster.dbsu_password = unknown_password(dbsu_salt(cluster), *one);
    EXPECT_EQ(dbsu_generation(cluster), one);
    EXPECT_TRUE(may_be_password(*cluster.dbsu_password, Secret("one")));
    EXPECT_FALSE(may_be_password(*cluster.dbsu_password, Secret("two")));
}

TEST(Dbsu, a_text_that_holds_one_that_is_not_known_yet_is_not_known_either) {
    EXPECT_FALSE(has_unknown(render::secret_reference(*dbsu_reference(with_password("one")))));
    EXPECT_TRUE(has_unknown(render::secret_reference(*dbsu_reference(with_password(unknown_marker("dbsu_password"))))));
    EXPECT_FALSE(dbsu_reference(PgCluster()));
}

TEST(Dbsu, a_write_only_one_goes_by_its_version) {
    PgCluster cluster;
    cluster.dbsu_password_wo_version = 1;
    const auto first = dbsu_generation(cluster);
    cluster.dbsu_password_wo = Secret("whatever");
    EXPECT_EQ(dbsu_generation(cluster), first);
    cluster.dbsu_password_wo_version = 2;
    EXPECT_NE(dbsu_generation(cluster), first);
}

TEST(Dbsu, groups_of_a_shard_have_one_password_of_patroni) {
    PgCluster cluster = with_password("one");
    EXPECT_EQ(rest_generation(cluster), 1);
    cluster.citus = Citus{.shard = "pg-citus", .group = 1, .database = "meta"};
    EXPECT_EQ(rest_generation(cluster), *dbsu_generation(cluster));
    PgCluster other = cluster;
    other.name = "pg-citus2";
    other.citus->group = 2;
    const Secret word("one");
    EXPECT_EQ(rest_password(cluster, word).reveal(), rest_password(other, word).reveal());
    EXPECT_EQ(rest_password(cluster, word).reveal().size(), 64U);
    other.citus->shard = "pg-other";
    EXPECT_NE(rest_password(cluster, word).reveal(), rest_password(other, word).reveal());
}

TEST(Dbsu, a_plan_says_what_another_password_does) {
    const PgCluster one = with_password("one");
    EXPECT_THAT(dbsu_forecast(one, one), IsEmpty());
    EXPECT_THAT(dbsu_forecast(one, with_password("two")),
                ElementsAre("give postgres another password, reload patroni"));
    EXPECT_THAT(dbsu_forecast(one, PgCluster()), ElementsAre(HasSubstr("take the password of postgres away")));
    PgCluster group = with_password("two");
    group.citus = Citus{.shard = "pg-citus", .group = 1, .database = "meta"};
    EXPECT_THAT(dbsu_forecast(one, group), ElementsAre(HasSubstr("groups of pg-citus log in to each other once all")));
}

}  // namespace
}  // namespace pigsty::module::pgsql
