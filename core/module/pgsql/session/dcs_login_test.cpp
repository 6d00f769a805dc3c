#include "core/module/pgsql/session/dcs_login.h"

#include <gmock/gmock.h>

namespace pigsty::module::pgsql {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

PgCluster of_two_members() {
    PgCluster cluster;
    cluster.name = "pg-test";
    cluster.instances = {{"2", {}}, {"10", {}}};
    return cluster;
}

TEST(DcsLogin, is_what_etcd_says_to_the_user_itself) {
    EXPECT_EQ(dcs_login("permissions 2\n"), DcsLogin::works);
    EXPECT_EQ(dcs_login("permissions 1\n"), DcsLogin::no_permission);
    EXPECT_EQ(dcs_login("error Error: etcdserver: authentication failed, invalid user ID or password\n"),
              DcsLogin::refused);
    EXPECT_EQ(dcs_login("error Error: etcdserver: permission denied\n"), DcsLogin::no_role);
    EXPECT_EQ(dcs_login("error Error: context deadline exceeded\n"), DcsLogin::silent);
    // Without authentication nobody is anybody: that is the etcd cluster's own drift.
    EXPECT_EQ(dcs_login("error Error: etcdserver: authentication is not enabled\n"), DcsLogin::unknown);
    EXPECT_EQ(dcs_login(""), DcsLogin::unknown);
}

TEST(DcsLogin, of_a_group_it_reads_the_shard_as_well) {
    PgCluster cluster = of_two_members();
    EXPECT_EQ(dcs_login_probe(cluster).key.find("own=0"), std::string::npos);
    cluster.citus = Citus{.shard = "pg-citus", .group = 1, .database = "meta"};
    EXPECT_NE(dcs_login_probe(cluster).key.find("(prefix /pg/pg-citus/1/)"), std::string::npos);
    EXPECT_NE(dcs_login_probe(cluster).key.find("(prefix /pg/pg-citus/)' || own=0"), std::string::npos);
}

TEST(DcsLogin, what_is_not_as_it_was_made_is_drift_that_is_repaired) {
    EXPECT_THAT(dcs_login_drift(of_two_members(), DcsLogin::works), IsEmpty());
    EXPECT_THAT(dcs_login_drift(of_two_members(), DcsLogin::silent), IsEmpty());
    for (const DcsLogin broken : {DcsLogin::refused, DcsLogin::no_role, DcsLogin::no_permission}) {
        const auto drift = dcs_login_drift(of_two_members(), broken);
        ASSERT_EQ(drift.size(), 1U);
        EXPECT_TRUE(repairs_dcs_login(of_two_members(), drift));
    }
    EXPECT_THAT(dcs_login_drift(of_two_members(), DcsLogin::refused),
                ElementsAre("pg-test etcd login: its user cannot log in"));
    EXPECT_FALSE(repairs_dcs_login(of_two_members(), {"pg-test dcs: loop_wait is 7, expected 10"}));
}

TEST(DcsLogin, is_looked_at_on_the_first_member) { EXPECT_EQ(dcs_login_member(of_two_members()), "2"); }

}  // namespace
}  // namespace pigsty::module::pgsql
