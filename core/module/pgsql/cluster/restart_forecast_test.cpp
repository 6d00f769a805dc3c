#include "core/module/pgsql/cluster/restart_forecast.h"

#include <gmock/gmock.h>

namespace pigsty::module::pgsql {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

PgCluster cluster(const std::string& restart) {
    PgCluster cluster;
    cluster.name = "pg-test";
    cluster.version = 17;
    cluster.sizing = Sizing{.cpu = 2, .memory_mb = 2048, .disk_gb = 20};
    cluster.restart = restart;
    cluster.max_connections = 200;
    cluster.instances["1"] = {.node = {.address = "10.10.10.11"}, .role = "primary"};
    cluster.instances["2"] = {.node = {.address = "10.10.10.12"}};
    return cluster;
}

const Settings kSettings(17);

TEST(RestartForecast, names_everybody_for_what_is_in_the_dynamic_configuration) {
    PgCluster after = cluster("rolling");
    after.max_connections = 100;
    EXPECT_THAT(members_to_restart(cluster("rolling"), after, {}, kSettings), ElementsAre("pg-test-1", "pg-test-2"));
    EXPECT_THAT(restart_forecast(cluster("rolling"), after, {}, kSettings),
                ElementsAre("restart postgresql on pg-test-1, pg-test-2: max_connections 200 → 100, "
                            "max_locks_per_transaction 200 → 100, leader first, write gap about 5 s"));
}

TEST(RestartForecast, names_the_member_whose_own_parameters_change) {
    PgCluster after = cluster("rolling");
    after.instances["2"].parameters = {{"shared_buffers", "64MB"}, {"work_mem", "8MB"}};
    EXPECT_THAT(members_to_restart(cluster("rolling"), after, {}, kSettings), ElementsAre("pg-test-2"));
    EXPECT_THAT(restart_forecast(cluster("rolling"), after, {}, kSettings),
                ElementsAre("restart postgresql on pg-test-2: pg-test-2 shared_buffers default → 64MB, one at a time, "
                            "write gap about 2 s"));
    after.restart = "manual";
    EXPECT_THAT(restart_forecast(cluster("manual"), after, {}, kSettings),
                ElementsAre("reload postgresql on pg-test-2, waits for a restart (restart = \"manual\"): pg-test-2 "
                            "shared_buffers default → 64MB"));
}

// PostgreSQL takes other addresses when it starts.
TEST(RestartForecast, names_everybody_for_what_servers_listen_on) {
    PgCluster after = cluster("rolling");
    after.listen = {"${ip}"};
    EXPECT_THAT(restart_forecast(cluster("rolling"), after, {}, kSettings),
                ElementsAre("restart postgresql on pg-test-1, pg-test-2: pg-test-1 listen_addresses "
                            "10.10.10.11,127.0.0.1 → 10.10.10.11, pg-test-2 listen_addresses 10.10.10.12,127.0.0.1 → "
                            "10.10.10.12, one at a time, write gap about 2 s"));
    after.listen = {"${ip}", "${lo}"};
    EXPECT_THAT(restart_forecast(cluster("rolling"), after, {}, kSettings), IsEmpty()) << "what it is without any";
}

TEST(RestartForecast, names_who_waits_since_an_earlier_change_once_restarts_are_rolling) {
    EXPECT_THAT(restart_forecast(cluster("manual"), cluster("rolling"), {.members = {"pg-test-2"}}, kSettings),
                ElementsAre("restart postgresql on pg-test-2: waits for it since an earlier change"));
    EXPECT_THAT(restart_forecast(cluster("manual"), cluster("manual"), {.members = {"pg-test-2"}}, kSettings),
                IsEmpty());
}

TEST(RestartForecast, does_what_waits_together_with_what_is_new) {
    PgCluster before = cluster("manual");
    before.max_connections = 100;  // waits: 200 run
    const Waiting waiting{.members = {"pg-test-1", "pg-test-2"},
                          .runs_with = {{"max_connections", "200"}, {"max_locks_per_transaction", "200"}}};
    PgCluster after = before;
    after.restart = "rolling";
    after.parameters = {{"shared_buffers", "200MB"}};
    EXPECT_THAT(
        restart_forecast(before, after, waiting, kSettings),
        ElementsAre("restart postgresql on pg-test-1, pg-test-2: max_connections 200 → 100, "
                    "max_locks_per_transaction 200 → 100, shared_buffers 512MB → 200MB, leader first, write gap "
                    "about 5 s"));
    after.restart = "manual";
    EXPECT_THAT(restart_forecast(before, after, waiting, kSettings),
                ElementsAre("reload postgresql on pg-test-1, pg-test-2, waits for a restart (restart = \"manual\"): "
                            "shared_buffers 512MB → 200MB"));
    EXPECT_THAT(waiting_after(before, after, waiting, kSettings),
                ElementsAre(Pair("max_connections", "200"), Pair("max_locks_per_transaction", "200"),
                            Pair("shared_buffers", "512MB")));
}

TEST(RestartForecast, announces_no_restart_for_what_comes_back_to_what_runs) {
    PgCluster before = cluster("manual");
    before.max_connections = 100;
    const Waiting waiting{.members = {"pg-test-1", "pg-test-2"},
                          .runs_with = {{"max_connections", "200"}, {"max_locks_per_transaction", "200"}}};
    EXPECT_THAT(restart_forecast(before, cluster("manual"), waiting, kSettings),
                ElementsAre("reload postgresql on pg-test-1, pg-test-2: dynamic configuration"));
    EXPECT_THAT(members_to_restart(before, cluster("manual"), waiting, kSettings), IsEmpty());
}

TEST(FailoverForecast, says_what_patroni_is_told_and_that_nothing_restarts) {
    const PgCluster before = cluster("manual");
    PgCluster fast = before;
    fast.rto = "fast";
    EXPECT_THAT(failover_forecast(before, fast),
                ElementsAre("patroni of pg-test, no restart: ttl 30 → 20, retry_timeout 10 → 5, "
                            "primary_start_timeout 25 → 15"));
    EXPECT_THAT(restart_forecast(before, fast, {}, kSettings), IsEmpty());
    EXPECT_THAT(failover_forecast(before, before), IsEmpty());
    PgCluster synchronous = before;
    synchronous.rpo = 0;
    EXPECT_THAT(failover_forecast(before, synchronous),
                ElementsAre("patroni of pg-test, no restart: synchronous_mode off → "
                            "on, synchronous_node_count default → 1; from then on commits wait for a standby"));
    EXPECT_THAT(failover_forecast(synchronous, before),
                ElementsAre("patroni of pg-test, no restart: synchronous_mode on → "
                            "off, synchronous_node_count 1 → default"));
}

TEST(RestartForecast, knows_from_the_server_which_settings_of_extensions_need_a_restart) {
    PgCluster before = cluster("rolling");
    before.parameters = {{"cron.use_background_workers", "on"}};
    PgCluster after = before;
    after.parameters = {{"cron.use_background_workers", "off"}};
    const Settings of_server(17,
                             R"([{"name": "cron.use_background_workers", "type": "bool", "context": "postmaster"}])");
    EXPECT_THAT(
        restart_forecast(before, after, {}, of_server),
        ElementsAre("restart postgresql on pg-test-1, pg-test-2: cron.use_background_workers on → off, one at a "
                    "time, write gap about 2 s"));
    after.parameters = {{"cron.use_background_workers", "TRUE"}};
    EXPECT_THAT(restart_forecast(before, after, {}, of_server), IsEmpty());
}

}  // namespace
}  // namespace pigsty::module::pgsql
