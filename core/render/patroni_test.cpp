#include "core/render/patroni.h"

#include "core/base/unknown.h"
#include "core/render/golden.h"

namespace pigsty::render {
namespace {

PatroniMember member() {
    return {.name = "pg-test-1",
            .scope = "pg-test",
            .address = "10.10.10.11",
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
    offline.role = "offline";
    offline.parameters = {{"work_mem", "1GB"}, {"enable_hashjoin", "off"}};
    offline.template_name = "crit";
    offline.initdb.checksum = false;  // crit has them anyway
    EXPECT_GOLDEN("patroni-offline-crit.yml", render_patroni_yml(offline));
    PatroniMember plain = member();
    plain.ssl = false;
    plain.version = 15;
    EXPECT_GOLDEN("patroni-plain-pg15.yml", render_patroni_yml(plain));
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
    DynamicConfiguration input{.cluster = "pg-test", .may_lead = 2, .overrides = {{"work_mem", "32MB"}}};
    input.parameters = *pg_tune({.sizing = {2, 2048, 20}});
    EXPECT_GOLDEN("dcs-oltp.json", dynamic_configuration(input).dump(2) + "\n");
}

TEST(DynamicConfiguration, is_strict_once_two_members_may_lead) {
    const auto strict = [](std::string name, std::int64_t may_lead) {
        const Yaml dcs =
            dynamic_configuration({.cluster = "c", .template_name = std::move(name), .may_lead = may_lead});
        return dcs["synchronous_mode"].dump() + " " + dcs["synchronous_mode_strict"].dump();
    };
    EXPECT_EQ(strict("crit", 2), "true true");
    EXPECT_EQ(strict("crit", 1), "true false");
    EXPECT_EQ(strict("oltp", 3), "false false");
}

}  // namespace
}  // namespace pigsty::render
