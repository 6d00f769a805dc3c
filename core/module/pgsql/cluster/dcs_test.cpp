#include "core/module/pgsql/cluster/dcs.h"

#include <gmock/gmock.h>

#include "core/base/unknown.h"

namespace pigsty::module::pgsql {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::IsEmpty;

PgCluster cluster_with(Parameters parameters = {}) {
    PgCluster cluster;
    cluster.name = "pg-test";
    cluster.version = 17;
    cluster.sizing = Sizing{.cpu = 2, .memory_mb = 2048, .disk_gb = 20};
    cluster.parameters = std::move(parameters);
    cluster.instances["1"] = {.node = {.address = "10.10.10.11"}, .role = "primary"};
    return cluster;
}

render::Yaml wanted(Parameters parameters = {}) {
    return wanted_configuration(cluster_with(std::move(parameters))).value();
}

// The store after those parameters were written to it.
json stored(const render::Yaml& configuration, const json& parameters = json::object()) {
    json live = json::parse(configuration.dump());
    live["postgresql"]["parameters"].merge_patch(parameters);
    return live;
}

const Settings kSettingsOf17(17);

TEST(Dcs, has_one_key_for_each_setting) {
    const auto parameters =
        json::parse(wanted({{"Work_Mem", "8MB"}, {"timezone", "UTC"}}).dump())["postgresql"]["parameters"];
    EXPECT_EQ(parameters["work_mem"], "8MB");
    EXPECT_FALSE(parameters.contains("Work_Mem"));
    EXPECT_EQ(parameters["TimeZone"], "UTC");
}

TEST(Dcs, archives_where_there_are_backups) {
    PgCluster cluster = cluster_with();
    EXPECT_EQ(render::parameter(tuned_parameters(cluster).value(), "archive_command"), "/bin/true");
    cluster.backup.emplace();
    EXPECT_EQ(render::parameter(tuned_parameters(cluster).value(), "archive_command"),
              "timeout 30 pgbackrest --stanza=pg-test archive-push %p");
    const auto live = stored(wanted());
    EXPECT_EQ(configuration_patch(wanted_configuration(cluster).value(), live, wanted(), kSettingsOf17),
              json::parse(R"({"postgresql": {"parameters": {"archive_command":
                  "timeout 30 pgbackrest --stanza=pg-test archive-push %p"}}})"));
    EXPECT_THAT(restart_changes(wanted(), wanted_configuration(cluster).value(), kSettingsOf17), IsEmpty());
}

TEST(Dcs, takes_back_other_spellings_of_what_is_ours) {
    const auto live = stored(wanted(), {{"Work_Mem", "8MB"}, {"Geqo", "off"}});
    EXPECT_EQ(configuration_patch(wanted(), live, wanted(), kSettingsOf17),
              json::parse(R"({"postgresql": {"parameters": {"Work_Mem": null}}})"));
    EXPECT_THAT(configuration_drift("pg-test", wanted(), live, kSettingsOf17),
                ElementsAre("pg-test dcs: postgresql.parameters.Work_Mem is 8MB, expected work_mem alone"));
}

TEST(Dcs, same_meaning_is_no_change) {
    const auto before = wanted({{"shared_buffers", "512MB"}, {"autovacuum", "no"}, {"max_wal_senders", "0x32"}});
    const auto after = wanted({{"Shared_Buffers", "524288kB"}, {"autovacuum", "0"}, {"max_wal_senders", "5e1"}});
    EXPECT_EQ(configuration_patch(after, stored(before), before, kSettingsOf17), json::object());
    EXPECT_THAT(configuration_drift("pg-test", after, stored(before), kSettingsOf17), IsEmpty());
    EXPECT_THAT(restart_changes(before, after, kSettingsOf17), IsEmpty());
    EXPECT_EQ(configuration_meaning(cluster_with({{"shared_buffers", "512MB"}})).value(),
              configuration_meaning(cluster_with({{"shared_buffers", "524288kB"}})).value());
    EXPECT_NE(configuration_meaning(cluster_with({{"shared_buffers", "512MB"}})).value(),
              configuration_meaning(cluster_with({{"shared_buffers", "513MB"}})).value());
    EXPECT_THAT(
        restart_changes(Parameters{{"shared_buffers", "1GB"}}, Parameters{{"Shared_buffers", "1024MB"}}, kSettingsOf17),
        IsEmpty());
}

TEST(Dcs, takes_back_what_is_no_longer_wanted_and_leaves_strangers_alone) {
    const auto before = wanted({{"geqo", "off"}, {"shared_buffers", "1GB"}});
    const auto live = stored(before, {{"statement_timeout", "1h"}});
    EXPECT_EQ(configuration_patch(wanted(), live, before, kSettingsOf17),
              json::parse(R"({"postgresql": {"parameters": {"geqo": null, "shared_buffers": "512MB"}}})"));
    EXPECT_THAT(configuration_drift("pg-test", wanted(), live, kSettingsOf17),
                ElementsAre("pg-test dcs: postgresql.parameters.shared_buffers is 1GB, expected 512MB"));
}

TEST(Dcs, a_create_that_is_resumed_leaves_nothing_of_the_first_try) {
    const auto first = wanted({{"shared_buffers", "999GB"}, {"my.setting", "x"}});
    EXPECT_EQ(configuration_patch(wanted(), stored(first), first, kSettingsOf17),
              json::parse(R"({"postgresql": {"parameters": {"my.setting": null, "shared_buffers": "512MB"}}})"));
    EXPECT_EQ(configuration_patch(wanted(), json::object(), render::Yaml::object(), kSettingsOf17),
              json::parse(wanted().dump()));
}

TEST(Dcs, keys_of_patroni_are_compared_too) {
    auto live = stored(wanted());
    live["ttl"] = 60;
    live["postgresql"].erase("use_slots");
    EXPECT_THAT(configuration_drift("pg-test", wanted(), live, kSettingsOf17),
                ElementsAre("pg-test dcs: postgresql.use_slots is not set, expected on",
                            "pg-test dcs: ttl is 60, expected 30"));
    EXPECT_EQ(configuration_patch(wanted(), live, wanted(), kSettingsOf17),
              json::parse(R"({"ttl": 30, "postgresql": {"use_slots": true}})"));
}

TEST(Dcs, one_synchronous_standby_is_what_patroni_has_anyway) {
    PgCluster cluster = cluster_with();
    cluster.instances["2"] = {.node = {.address = "10.10.10.12"}};
    cluster.synchronous.enabled = true;
    const auto wanted_one = wanted_configuration(cluster).value();
    auto live = stored(wanted_one);
    live.erase("synchronous_node_count");  // as it was written before we wrote it
    EXPECT_EQ(configuration_patch(wanted_one, live, wanted_one, kSettingsOf17), json::object());
    EXPECT_THAT(configuration_drift("pg-test", wanted_one, live, kSettingsOf17), IsEmpty());
    EXPECT_EQ(configuration_meaning(cluster).value().find("synchronous_node_count"), std::string::npos);
    live["synchronous_node_count"] = 2;
    live["synchronous_mode"] = "quorum";
    EXPECT_THAT(configuration_drift("pg-test", wanted_one, live, kSettingsOf17),
                ElementsAre("pg-test dcs: synchronous_mode is quorum, expected on",
                            "pg-test dcs: synchronous_node_count is 2, expected 1"));
    EXPECT_EQ(configuration_patch(wanted(), live, wanted_one, kSettingsOf17),
              json::parse(R"({"synchronous_mode": false, "synchronous_node_count": null})"));
}

TEST(Dcs, what_is_not_known_yet_is_no_guess) {
    PgCluster cluster = cluster_with();
    const auto unknown = [&] { return has_unknown(configuration_meaning(cluster).value()); };
    EXPECT_FALSE(unknown());
    cluster.rto = unknown_marker("rto");
    EXPECT_TRUE(unknown());
    cluster.rto = "norm";
    cluster.synchronous.mode = unknown_marker("mode");
    EXPECT_TRUE(unknown());
}

TEST(Dcs, what_waits_is_merged_with_what_is_new) {
    const auto before = wanted({{"max_worker_processes", "20"}});
    const auto after = wanted({{"max_worker_processes", "20"}, {"shared_buffers", "200MB"}});
    const auto changes = with_waiting(restart_changes(before, after, kSettingsOf17), {{"max_worker_processes", "30"}},
                                      after, kSettingsOf17);
    EXPECT_THAT(changes, ElementsAre(ParameterChange{"max_worker_processes", "30", "20"},
                                     ParameterChange{"shared_buffers", "512MB", "200MB"}));
    EXPECT_TRUE(any_shrinks(changes, kSettingsOf17));
    EXPECT_FALSE(any_shrinks(restart_changes(before, after, kSettingsOf17), kSettingsOf17));
}

TEST(Dcs, what_comes_back_to_what_runs_needs_no_restart) {
    const auto before = wanted({{"max_worker_processes", "20"}});
    const auto after = wanted({{"max_worker_processes", "3e1"}});
    EXPECT_THAT(with_waiting(restart_changes(before, after, kSettingsOf17), {{"max_worker_processes", "30"}}, after,
                             kSettingsOf17),
                IsEmpty());
}

TEST(Dcs, numbers_shrink_as_postgresql_reads_them) {
    EXPECT_TRUE(any_shrinks({{"max_connections", "0x12c", "1e2"}}, kSettingsOf17));
    EXPECT_FALSE(any_shrinks({{"max_connections", "0x64", "120"}}, kSettingsOf17));
    EXPECT_FALSE(any_shrinks({{"max_connections", "1e3", "1000"}}, kSettingsOf17));
    EXPECT_FALSE(any_shrinks({{"shared_buffers", "2GB", "1GB"}}, kSettingsOf17));
}

}  // namespace
}  // namespace pigsty::module::pgsql
