#include "core/render/patroni.h"

#include "core/base/unknown.h"
#include "core/render/golden.h"

namespace pigsty::render {
namespace {

PatroniMember member() {
    return {.name = "pg-test-1",
            .scope = "pg-test",
            .address = "10.10.10.11",
            .listen = {"10.10.10.11", "127.0.0.1"},
            .role = "primary",
            .bin_dir = "/usr/lib/postgresql/17/bin",
            .etcd_endpoints = {"https://10.10.10.11:2379", "https://10.10.10.12:2379", "https://10.10.10.13:2379"},
            .rest_allowlist = {"10.10.10.10/32"}};
}

TEST(PatroniYml, of_a_primary_of_an_offline_member_and_of_one_without_tls) {
    EXPECT_GOLDEN("patroni-primary.yml", render_patroni_yml(member()));
    PatroniMember offline = member();
    offline.name = "pg-test-3";
    offline.address = "10.10.10.13";
    offline.listen = {"10.10.10.13", "127.0.0.1"};
    offline.watchdog = "automatic";
    offline.role = "offline";
    offline.parameters = {{"work_mem", "1GB"}, {"enable_hashjoin", "off"}};
    offline.template_name = "crit";
    offline.initdb.checksum = false;  // crit has them anyway
    EXPECT_GOLDEN("patroni-offline-crit.yml", render_patroni_yml(offline));
    PatroniMember plain = member();
    plain.ssl = plain.rest_ssl = false;
    plain.version = 15;
    EXPECT_GOLDEN("patroni-plain-pg15.yml", render_patroni_yml(plain));
}

TEST(PatroniYml, tells_who_stands_back_and_streams_from_whom) {
    PatroniMember delayed = member();
    delayed.role = "delayed";
    delayed.upstream = "pg-test-2";
    const std::string text = render_patroni_yml(delayed);
    for (const char* line :
         {"nofailover: true\n", "clonefrom: false\n", "nosync: true\n", "replicatefrom: pg-test-2\n"})
        EXPECT_NE(text.find(line), std::string::npos) << line;
}

TEST(PatroniYml, of_a_group_of_citus) {
    PatroniMember worker = member();
    worker.name = "pg-citus1-1";
    worker.scope = "pg-citus";
    worker.etcd_user = "pg-citus1";
    worker.citus = {.group = 1, .database = "meta"};
    worker.superuser = {.name = "dbsu", .generation = 7};
    worker.rest.generation = 7;
    EXPECT_GOLDEN("patroni-citus.yml", render_patroni_yml(worker));
}

TEST(PatroniYml, names_no_other_member) {
    PatroniMember unknown = member();
    unknown.address = unknown_marker("instances[\"1\"].address");
    EXPECT_TRUE(has_unknown(render_patroni_yml(unknown)));
    EXPECT_EQ(render_patroni_yml(member()).find("pg-test-2"), std::string::npos);
}

TEST(Initdb, chooses_what_the_version_has) {
    EXPECT_EQ(initdb_options({}, 17, "oltp").dump(),
              R"(["data-checksums",{"encoding":"UTF8"},{"locale":"C"},{"locale-provider":"builtin"},)"
              R"({"builtin-locale":"C"},{"lc-collate":"C"},{"lc-ctype":"C"}])");
    EXPECT_EQ(initdb_options({.locale = "en_US.UTF-8", .lc_collate = "", .lc_ctype = "", .checksum = false}, 18, "oltp")
                  .dump(),
              R"(["no-data-checksums",{"encoding":"UTF8"},{"locale":"en_US.UTF-8"}])");
    EXPECT_EQ(initdb_options({.checksum = false}, 15, "crit")[0], "data-checksums");
}

TEST(DynamicConfiguration, is_what_the_members_share) {
    DynamicConfiguration input{.cluster = "pg-test", .overrides = {{"work_mem", "32MB"}}};
    input.parameters = *pg_tune({.sizing = {2, 2048, 20}});
    EXPECT_GOLDEN("dcs-oltp.json", dynamic_configuration(input).dump(2) + "\n");
}

TEST(DynamicConfiguration, says_how_commits_wait_for_standbys) {
    const auto keys = [](const SynchronousMode& mode) {
        const Yaml dcs = dynamic_configuration({.cluster = "c", .synchronous = mode});
        return dcs["synchronous_mode"].dump() + " " + dcs["synchronous_mode_strict"].dump() + " " +
               dcs.value("synchronous_node_count", Yaml()).dump();
    };
    EXPECT_EQ(keys({}), "false false null");
    EXPECT_EQ(keys({.enabled = true, .strict = true}), "true true 1");
    EXPECT_EQ(keys({.enabled = true, .quorum = true, .count = 2}), R"("quorum" false 2)");
    EXPECT_EQ(keys({.quorum = true, .strict = true, .count = 2}), "false false null");
}

TEST(DynamicConfiguration, has_the_timing_of_its_plan) {
    const Yaml dcs = dynamic_configuration({.cluster = "c", .rto = "wide", .maximum_lag = 0});
    EXPECT_EQ(dcs["ttl"], 120);
    EXPECT_EQ(dcs["loop_wait"], 20);
    EXPECT_EQ(dcs["retry_timeout"], 30);
    EXPECT_EQ(dcs["primary_start_timeout"], 95);
    EXPECT_EQ(dcs["maximum_lag_on_failover"], 0);
    EXPECT_TRUE(has_unknown(dynamic_configuration({.cluster = "c", .rto = unknown_marker("rto")}).dump()));
}

TEST(PatroniYml, leaves_the_watchdog_time_before_the_lease_ends) {
    PatroniMember wide = member();
    wide.rto = "wide";
    const std::string text = render_patroni_yml(wide);
    EXPECT_NE(text.find("safety_margin: 15"), std::string::npos) << text;
    EXPECT_NE(text.find("ttl: 120"), std::string::npos) << text;
}

}  // namespace
}  // namespace pigsty::render
