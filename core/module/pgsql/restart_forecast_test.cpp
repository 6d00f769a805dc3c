#include "core/module/pgsql/restart_forecast.h"

#include <gmock/gmock.h>

namespace pigsty::module::pgsql {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

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

TEST(RestartForecast, names_everybody_for_what_is_in_the_dynamic_configuration) {
    PgCluster after = cluster("rolling");
    after.max_connections = 100;
    EXPECT_THAT(members_to_restart(cluster("rolling"), after), ElementsAre("pg-test-1", "pg-test-2"));
    EXPECT_THAT(restart_forecast(cluster("rolling"), after, ""),
                ElementsAre("restart postgresql on pg-test-1, pg-test-2: max_connections 200 → 100, "
                            "max_locks_per_transaction 200 → 100, leader first, write gap about 5 s"));
}

TEST(RestartForecast, names_the_member_whose_own_parameters_change) {
    PgCluster after = cluster("rolling");
    after.instances["2"].parameters = {{"shared_buffers", "64MB"}, {"work_mem", "8MB"}};
    EXPECT_THAT(members_to_restart(cluster("rolling"), after), ElementsAre("pg-test-2"));
    EXPECT_THAT(restart_forecast(cluster("rolling"), after, ""),
                ElementsAre("restart postgresql on pg-test-2: pg-test-2 shared_buffers default → 64MB, one at a time, "
                            "write gap about 2 s"));
    after.restart = "manual";
    EXPECT_THAT(restart_forecast(cluster("manual"), after, ""),
                ElementsAre("reload postgresql on pg-test-2, waits for a restart (restart = \"manual\"): pg-test-2 "
                            "shared_buffers default → 64MB"));
}

TEST(RestartForecast, names_who_waits_since_an_earlier_change_once_restarts_are_rolling) {
    EXPECT_THAT(restart_forecast(cluster("manual"), cluster("rolling"), "pg-test-2"),
                ElementsAre("restart postgresql on pg-test-2: waits for it since an earlier change"));
    EXPECT_THAT(restart_forecast(cluster("manual"), cluster("manual"), "pg-test-2"), IsEmpty());
}

}  // namespace
}  // namespace pigsty::module::pgsql
