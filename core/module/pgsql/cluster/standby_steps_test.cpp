#include "core/module/pgsql/cluster/standby_steps.h"

#include <gtest/gtest.h>

#include "core/module/pgsql/cluster/dcs.h"

namespace pigsty::module::pgsql {
namespace {

PgCluster upstream() {
    PgCluster cluster;
    cluster.name = "pg-test";
    cluster.version = 17;
    cluster.instances = {{"1", {.node = {"10.10.10.11"}, .role = "primary"}}, {"2", {.node = {"10.10.10.12"}}}};
    cluster.template_revision = 1;
    cluster.sizing = Sizing{.cpu = 2, .memory_mb = 2048, .disk_gb = 20};
    cluster.ca.fingerprint = "ca";
    return cluster;
}

PgCluster standby_cluster() {
    PgCluster cluster = upstream();
    cluster.name = "pg-test2";
    cluster.instances = {{"1", {.node = {"10.10.10.14"}, .role = "primary"}}};
    cluster.standby = Standby{
        .upstream = {.id = "u", .name = "pg-test", .members = {{"1", {"10.10.10.11"}}, {"2", {"10.10.10.12"}}}}};
    return cluster;
}

std::string problem(const std::function<void(PgCluster&)>& change, std::map<std::string, std::int64_t> least = {}) {
    PgCluster cluster = standby_cluster();
    change(cluster);
    const auto problem = upstream_problem(cluster, {.cluster = upstream(), .least = std::move(least)});
    return problem ? problem->message : "";
}

TEST(StandbySteps, the_dynamic_configuration_names_hosts_slot_and_delay) {
    PgCluster cluster = standby_cluster();
    cluster.standby->delay = "1h";
    const auto wanted = wanted_configuration(cluster);
    ASSERT_TRUE(wanted);
    EXPECT_EQ(wanted->at("standby_cluster").dump(),
              R"({"host":"10.10.10.11,10.10.10.12","port":5432,"primary_slot_name":"pg_test2_standby",)"
              R"("create_replica_methods":["basebackup"],"recovery_min_apply_delay":"1h"})");
    EXPECT_EQ(wanted->at("postgresql").at("parameters").at("wal_receiver_timeout"), "10s");
}

TEST(StandbySteps, a_promotion_takes_the_key_away) {
    const PgCluster before = standby_cluster();
    PgCluster after = before;
    after.standby.reset();
    const auto owned = *wanted_configuration(before);
    const auto patch =
        configuration_patch(*wanted_configuration(after), nlohmann::json::parse(owned.dump()), owned, Settings(17));
    EXPECT_TRUE(patch.at("standby_cluster").is_null());
    const auto sentences = standby_forecast(before, after);
    ASSERT_EQ(sentences.size(), 2U);
    EXPECT_TRUE(sentences.front().starts_with("PROMOTE pg-test2: "));
    EXPECT_TRUE(standby_forecast(before, before).empty());
}

TEST(StandbySteps, what_was_edited_by_hand_is_drift) {
    const auto wanted = *wanted_configuration(standby_cluster());
    auto live = nlohmann::json::parse(wanted.dump());
    live["standby_cluster"]["recovery_min_apply_delay"] = "5min";
    const auto sentences = configuration_drift("pg-test2", wanted, live, Settings(17));
    ASSERT_EQ(sentences.size(), 1U);
    EXPECT_EQ(sentences.front(), "pg-test2 dcs: standby_cluster.recovery_min_apply_delay is 5min, expected 0");
}

TEST(StandbySteps, what_cannot_follow_is_told_by_its_attribute) {
    EXPECT_EQ(problem([](PgCluster&) {}), "");
    EXPECT_EQ(problem([](PgCluster& c) { c.version = 16; }),
              "version: expected 17 as pg-test has, whose data it copies; found 16");
    EXPECT_EQ(problem([](PgCluster& c) { c.ssl = false; }),
              "ssl: expected true as pg-test has, whose data it copies; found false");
    EXPECT_EQ(problem([](PgCluster& c) { c.standby->port = 5433; }),
              "standby.port: expected 5432, where PostgreSQL of pg-test listens, found 5433");
    EXPECT_EQ(
        problem([](PgCluster& c) { c.max_connections = 100; }, {{"max_connections", 500}}),
        "max_connections: expected max_connections of 500 or more, as pg-test has, found 100: a standby with less "
        "stops replaying");
    EXPECT_EQ(problem([](PgCluster& c) { c.max_connections = 600; }, {{"max_connections", 500}}), "");
}

TEST(StandbySteps, a_follower_says_what_it_does) {
    const auto seen = read_follower(R"({"in_recovery":true,"streams":true,"received":"0/5000000","delay":"3600000"})");
    ASSERT_TRUE(seen);
    EXPECT_TRUE(seen->in_recovery);
    EXPECT_TRUE(seen->streams);
    EXPECT_EQ(seen->delay, 3600000);
    EXPECT_FALSE(read_follower(R"({"in_recovery":true,"streams":null})")->streams);
    EXPECT_FALSE(read_follower("psql: error"));
}

}  // namespace
}  // namespace pigsty::module::pgsql
