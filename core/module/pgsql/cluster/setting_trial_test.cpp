#include "core/module/pgsql/cluster/setting_trial.h"

#include "core/module/pgsql/session/testing/live_cluster.h"

namespace pigsty::module::pgsql {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(SettingTrial, takes_what_the_member_would_get) {
    PgCluster cluster;
    cluster.name = "pg-test";
    cluster.version = 17;
    cluster.sizing = Sizing{.cpu = 2, .memory_mb = 2048, .disk_gb = 20};
    cluster.instances["1"] = {.node = {.address = "10.10.10.11"}, .role = "primary"};
    EXPECT_FALSE(has_own_settings(cluster));
    cluster.parameters = {{"Log_Line_Prefix", "it's \\ %m"},
                          {"shared_preload_libraries", "pg_stat_statements, \"MyLib\",$libdir/x"}};
    cluster.instances["1"].parameters = {{"work_mem", "1GB"}};
    EXPECT_TRUE(has_own_settings(cluster));
    const std::string conf = trial_conf(cluster, "1").value();
    EXPECT_THAT(conf, HasSubstr("\nlog_line_prefix = 'it''s \\\\ %m'\n"));
    EXPECT_THAT(conf, HasSubstr("\nwork_mem = '1GB'\n"));
    EXPECT_THAT(conf, HasSubstr("\nmax_connections = '500'\n"));
    EXPECT_THAT(trial_libraries(cluster, "1"), ElementsAre("pg_stat_statements", "MyLib", "$libdir/x"));
}

class SettingTrialOnAServer : public LiveCluster {
  protected:
    // What it says; empty where it would start.
    std::string trial(const std::string& conf, const std::vector<std::string>& libraries = {},
                      const std::string& data = "/tmp/pg") {
        const std::string bin =
            machine->run("ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1 | tr -d '\\n'").value();
        const std::int64_t version = std::stoll(sql("SELECT current_setting('server_version_num')::int / 10000"));
        const auto results = node_->request(
            {node::RunScript{.text = trial_script(bin, data, version, conf, libraries), .may_fail = true}}, cancel, {});
        EXPECT_EQ(results->back().status != 0, !results->back().err.empty()) << results->back().err;
        return results->back().err;
    }
};

TEST_F(SettingTrialOnAServer, passes_what_starts) {
    EXPECT_EQ(trial("work_mem = '8MB'\nshared_buffers = '64MB'\nlog_destination = 'csvlog'\nlogging_collector = 'on'\n",
                    {"plpgsql", "$libdir/plpgsql"}),
              "");
    EXPECT_EQ(trial("work_mem = '8MB'\n", {}, "/nowhere"), "") << "before the first start";
}

TEST_F(SettingTrialOnAServer, shows_what_would_not_start) {
    for (const char* data : {"/tmp/pg", "/nowhere"}) {
        EXPECT_THAT(trial("work_memm = '8MB'\n", {}, data),
                    HasSubstr("unrecognized configuration parameter \"work_memm\""));
        EXPECT_THAT(trial("huge_pages = 'maybe'\n", {}, data), HasSubstr("Available values: off, on, try."));
        EXPECT_THAT(trial("shared_buffers = '999TB'\n", {}, data), HasSubstr("shared_buffers"));
        EXPECT_THAT(trial("shared_buffers = '7TB'\n", {}, data),
                    HasSubstr("MB of shared memory, which is all there is here"));
        EXPECT_THAT(trial("", {"nosuchlib"}, data), HasSubstr("/lib/nosuchlib.so, found no such file"));
    }
    EXPECT_THAT(trial("shared_preload_libraries = '$libdir/nosuchlib'\n"), HasSubstr("could not access file"));
    EXPECT_THAT(trial("max_connections = 20\nsuperuser_reserved_connections = 20\n"), HasSubstr("must be less than"));
}

}  // namespace
}  // namespace pigsty::module::pgsql
