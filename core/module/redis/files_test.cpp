// Texts of an instance's files, exactly.

#include "core/module/redis/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/module/redis/restart.h"
#include "core/module/redis/table.h"

namespace pigsty::module::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

RedisCluster pair_of_two() {
    RedisCluster cluster;
    cluster.name = "redis-ms";
    cluster.password_wo_version = 1;
    cluster.max_memory = "64MB";
    cluster.rdb_save = {"900 1", "60 100"};
    cluster.rename_commands = {{"FLUSHALL", "$(reboot)"}};
    cluster.parameters = {{"hz", "20"}, {"proc-title-template", R"({title} "a\b")"}};
    cluster.nodes = {
        {"1", {.node = {.address = "10.10.10.10"}, .instances = {{"6379", {}}}}},
        {"2",
         {.node = {.address = "10.10.10.11"},
          .instances = {
              {"6379", {.replica_of = "10.10.10.10 6379", .max_memory = "32MB", .parameters = {{"hz", "50"}}}}}}}};
    return cluster;
}

TEST(RedisFiles, words_are_quoted_as_the_server_reads_them) {
    EXPECT_EQ(redis_quote("plain"), R"("plain")");
    EXPECT_EQ(redis_quote(R"(a"b\c 'd' $(x) #%)"), R"("a\"b\\c 'd' $(x) #%")");
    EXPECT_EQ(redis_quote("line\nend\x7f"), R"("line\x0aend\x7f")");
    EXPECT_EQ(redis_quote("ü"), "\"ü\"");
}

TEST(RedisFiles, own_configuration_of_a_replica) {
    const RedisCluster cluster = pair_of_two();
    const auto member = members_of(cluster).at(1);
    EXPECT_EQ(own_conf_text(cluster, member, places_of(cluster, "2").front()),
              R"conf(# Written by terraform-provider-pigsty: a change made here is drift.
bind "10.10.10.11 127.0.0.1"
protected-mode "no"
port "6379"
dir "/data/redis/redis-ms-2-6379"
aclfile "/etc/redis/redis-ms-2-6379.acl"
logfile ""
masteruser "repl"
masterauth {{repl:1}}
replica-announce-ip "10.10.10.11"
maxmemory "32MB"
maxmemory-policy "allkeys-lru"
save ""
save "900 1 60 100"
appendonly "no"
rename-command "FLUSHALL" "$(reboot)"
hz "50"
proc-title-template "{title} \"a\\b\""
)conf");
}

TEST(RedisFiles, own_configuration_of_a_native_cluster_with_tls) {
    RedisCluster cluster = pair_of_two();
    cluster.mode = "cluster";
    cluster.ca = ca::Reference{.id = "id", .name = "ca", .fingerprint = "f", .nodes = {}};
    cluster.listen = {"0.0.0.0"};
    const auto text = own_conf_text(cluster, members_of(cluster).front(), places_of(cluster, "1").front());
    EXPECT_THAT(text, HasSubstr(R"conf(bind "0.0.0.0"
protected-mode "no"
port "0"
tls-port "6379"
tls-cert-file "/etc/redis/redis-ms-1.crt"
tls-key-file "/etc/redis/redis-ms-1.key"
tls-ca-cert-file "/etc/redis/redis-ms-ca.crt"
tls-auth-clients "optional"
tls-replication "yes"
tls-cluster "yes"
)conf"));
    EXPECT_THAT(text, HasSubstr("cluster-enabled \"yes\"\ncluster-config-file \"nodes.conf\"\n"
                                "cluster-announce-ip \"10.10.10.10\"\n"));
}

// The server's own file holds who follows whom, and what is watched; ours would win over it at every start.
TEST(RedisFiles, ours_names_no_leader) {
    RedisCluster cluster = pair_of_two();
    for (const char* mode : {"standalone", "sentinel", "cluster"}) {
        cluster.mode = mode;
        const auto text = own_conf_text(cluster, members_of(cluster).at(1), places_of(cluster, "2").front());
        EXPECT_THAT(text, Not(HasSubstr("replicaof")));
        EXPECT_THAT(text, Not(HasSubstr("sentinel monitor")));
        EXPECT_THAT(text, Not(HasSubstr("requirepass")));
    }
}

TEST(RedisFiles, users_are_hashes_by_reference) {
    RedisCluster cluster = pair_of_two();
    const std::string generation = std::to_string(*password_generation(cluster));
    EXPECT_EQ(users_text(cluster), "user default on #{{clients-hash:" + generation +
                                       "}} ~* &* +@all\nuser pigsty on #{{pigsty-hash:1}} ~* &* +@all\nuser repl on "
                                       "#{{repl-hash:1}} resetchannels -@all +psync +replconf +ping\n");
    cluster.password_wo_version.reset();
    EXPECT_THAT(users_text(cluster), HasSubstr("user default on nopass ~* &* +@all\n"));
    EXPECT_THAT(own_conf_text(cluster, members_of(cluster).front(), places_of(cluster, "1").front()),
                HasSubstr("protected-mode \"yes\"\n"));
}

TEST(RedisFiles, another_password_is_another_generation) {
    RedisCluster cluster = pair_of_two();
    const auto of_version = password_generation(cluster);
    cluster.password_wo_version = 2;
    EXPECT_NE(password_generation(cluster), of_version);
    cluster.password_wo_version.reset();
    cluster.password = Secret("one");
    const auto one = password_generation(cluster);
    EXPECT_EQ(password_generation(cluster), one);
    cluster.password = Secret("two");
    EXPECT_NE(password_generation(cluster), one);
    // The same word says nothing of two clusters.
    cluster.name = "redis-other";
    cluster.password = Secret("one");
    EXPECT_NE(password_generation(cluster), one);
}

TEST(RedisFiles, an_imported_password_is_known_again_when_it_is_told) {
    RedisCluster cluster = pair_of_two();
    cluster.password_wo_version.reset();
    cluster.password = Secret("one");
    const auto generation = password_generation(cluster);
    const Secret unknown = unknown_password(password_salt(cluster), *generation);
    EXPECT_TRUE(may_be_password(unknown, Secret("one")));
    EXPECT_FALSE(may_be_password(unknown, Secret("two")));
    EXPECT_FALSE(may_be_password(Secret("one"), Secret("one")));
    cluster.password = unknown;
    EXPECT_EQ(password_generation(cluster), generation);
}

TEST(RedisRestart, what_a_running_server_does_not_take_is_told) {
    const RedisCluster before = pair_of_two();
    RedisCluster after = before;
    after.parameters["hz"] = "30";
    EXPECT_THAT(restart_forecast(before, after), IsEmpty());
    after.parameters["databases"] = "20";
    after.rename_commands.clear();
    EXPECT_THAT(restart_forecast(before, after),
                ElementsAre("databases, rename_commands of redis-ms waits for the next restart of its instances: set "
                            "restart = \"rolling\" to have it now"));
    RedisCluster rolling = after;
    rolling.restart = "rolling";
    EXPECT_THAT(restart_forecast(after, rolling),
                ElementsAre("restart the instances of redis-ms that databases concerns, one after the other, replicas "
                            "first"));
}

TEST(RedisFiles, unit_reads_ours_last) {
    const RedisCluster cluster = pair_of_two();
    EXPECT_THAT(unit_text(cluster, places_of(cluster, "1").front()),
                HasSubstr("ExecStart=/usr/bin/redis-server /etc/redis/redis-ms-1-6379.conf --include "
                          "/etc/redis/redis-ms-1-6379.own.conf --supervised systemd --daemonize no\n"));
    RedisCluster valkey = cluster;
    valkey.engine = "valkey";
    valkey.mode = "sentinel";
    EXPECT_THAT(unit_text(valkey, places_of(valkey, "1").front()),
                HasSubstr("User=valkey\nGroup=valkey\nExecStartPre=+/bin/sh -c '[ -e /etc/redis/redis-ms-1-6379.conf ] "
                          "|| install -m 0640 -o valkey -g valkey /dev/null /etc/redis/redis-ms-1-6379.conf'\n"
                          "ExecStart=/usr/bin/valkey-server /etc/redis/redis-ms-1-6379.conf --sentinel --include"));
}

TEST(RedisFiles, groups_are_what_replica_of_connects) {
    RedisCluster cluster = pair_of_two();
    cluster.nodes.at("2").instances["6380"] = {.replica_of = "6379"};
    cluster.nodes.at("1").instances["7000"] = {};
    const auto groups = groups_of(cluster);
    ASSERT_EQ(groups.size(), 2U);
    EXPECT_EQ(groups[0].size(), 3U);
    EXPECT_EQ(groups[0].front().name, "redis-ms-1-6379");
    EXPECT_EQ(groups[1].front().name, "redis-ms-1-7000");
}

}  // namespace
}  // namespace pigsty::module::redis
