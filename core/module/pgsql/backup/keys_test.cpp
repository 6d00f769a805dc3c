#include "core/module/pgsql/backup/keys.h"

#include "core/converge/testing/one_member.h"
#include "core/module/pgsql/backup/files.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/node/secrets.h"
#include "core/node/testing/node_test.h"

namespace pigsty::module::pgsql {
namespace {

class BackupKeys : public node::NodeTest {
  protected:
    static PgCluster with(std::optional<std::string> key, std::optional<std::int64_t> version,
                          std::optional<std::string> path = std::nullopt) {
        PgCluster cluster;
        cluster.name = "pg-test";
        cluster.backup = Backup{.path = std::move(path), .encryption = true, .cipher_pass_wo_version = version};
        if (key) cluster.backup->cipher_pass_wo = Secret(*key);
        return cluster;
    }

    Status keep(const PgCluster& cluster, const PgCluster* before = nullptr) {
        const auto site = std::make_shared<converge::Site>(converge::Site{.member = {}, .node = node});
        converge::OneMember context(site);
        return keep_backup_keys(cluster, before, {}, false, context);
    }

    std::string kept(std::optional<std::int64_t> version = std::nullopt) {
        const PgCluster cluster = with({}, version);
        const std::string name = cipher_secret(*cluster.backup);
        const auto secrets = node::read_secrets(*node, secret_scope(cluster), {name}, cancel);
        return secrets && secrets->contains(name) ? std::string(secrets->at(name).value.reveal()) : "";
    }
};

TEST_F(BackupKeys, are_made_where_nobody_gives_one) {
    ASSERT_TRUE(keep(with({}, {})));
    const std::string made = kept();
    EXPECT_GE(made.size(), 32U);
    ASSERT_TRUE(keep(with({}, {})));
    EXPECT_EQ(kept(), made);
}

TEST_F(BackupKeys, are_the_users_own_from_the_create_on) {
    ASSERT_TRUE(keep(with("mine", 1)));
    EXPECT_EQ(kept(1), "mine");
    EXPECT_EQ(kept(), "");
    // A create that goes on has what it was begun with, or says so.
    ASSERT_TRUE(keep(with("mine", 1)));
    const Status other = keep(with("other", 1));
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, ErrorCode::conflict);
    EXPECT_THAT(other.error().message, testing::HasSubstr("another key of this version"));
}

TEST_F(BackupKeys, stay_where_the_repository_stays) {
    ASSERT_TRUE(keep(with({}, {})));
    const std::string made = kept();
    const PgCluster generated = with({}, {});
    const Status other = keep(with("other", 1), &generated);
    ASSERT_FALSE(other);
    EXPECT_THAT(other.error().hint, testing::HasSubstr("/secrets/pg-pg-test/backup-cipher on a member"));
    EXPECT_EQ(kept(1), "");
    ASSERT_TRUE(keep(with(made, 1), &generated));
    EXPECT_EQ(kept(1), made);
    const PgCluster given = with({}, 1);
    // A new value without a new version is not acted on.
    ASSERT_TRUE(keep(with("other", 1), &given));
    EXPECT_EQ(kept(1), made);
    EXPECT_FALSE(keep(with("other", 2), &given)) << "in the same place";
    ASSERT_TRUE(keep(with("other", 2, "/data/elsewhere"), &given));
    EXPECT_EQ(kept(2), "other");
    EXPECT_EQ(kept(1), made) << "the change can be taken back";
}

TEST_F(BackupKeys, that_were_lost_are_the_given_ones_again) {
    const PgCluster given = with({}, 1);
    ASSERT_TRUE(keep(with("mine", 1), &given));
    EXPECT_EQ(kept(1), "mine");
}

}  // namespace
}  // namespace pigsty::module::pgsql
