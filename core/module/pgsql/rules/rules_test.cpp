#include "core/module/pgsql/rules/rules.h"

#include <gmock/gmock.h>

#include "core/base/unknown.h"
#include "core/module/pgsql/rules/testing/checked.h"
#include "core/module/pgsql/spec/constraints.h"
#include "core/render/pg_tune.h"

namespace pigsty::module::pgsql {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ClusterRules, find_nothing_in_a_good_one) { EXPECT_THAT(sentences(valid_cluster()), IsEmpty()); }

TEST(ClusterRules, want_one_primary) {
    EXPECT_THAT(
        after([](PgCluster& c) { c.instances["2"].role = "primary"; }),
        ElementsAre("instances[\"2\"].role: expected one primary, found a second: instances[\"1\"] is the first"));
    EXPECT_THAT(after([](PgCluster& c) { c.instances["1"].role = "replica"; }),
                ElementsAre("instances: expected one instance with role = \"primary\", found none"));
    EXPECT_THAT(after([](PgCluster& c) { c.instances["1"].role = unknown_marker("x"); }), IsEmpty());
    EXPECT_THAT(after([](PgCluster& c) { c.instances["2"].role = "leader"; }),
                ElementsAre("instances[\"2\"].role: expected primary, replica, offline or delayed, found \"leader\""));
}

TEST(ClusterRules, want_members_with_numbers_and_addresses_of_their_own) {
    EXPECT_THAT(after([](PgCluster& c) { c.instances["3"].node.address = "10.10.10.12"; }),
                ElementsAre("instances[\"3\"].address: 10.10.10.12 is the address of instances[\"2\"], too"));
    EXPECT_THAT(after([](PgCluster& c) { c.instances["2"].node.address = "pg2.example.com"; }),
                ElementsAre("instances[\"2\"].address: expected an IPv4 address, found \"pg2.example.com\""));
    EXPECT_THAT(after([](PgCluster& c) { c.instances["02"] = {.node = {.address = "10.10.10.14"}}; }),
                ElementsAre("instances[\"02\"]: expected a number as the key, found \"02\""));
    EXPECT_THAT(after([](PgCluster& c) {
                    c.instances["2"].node.address = unknown_marker("a");
                    c.instances["3"].node.address = unknown_marker("a");
                }),
                IsEmpty());
}

TEST(ClusterRules, want_a_name_that_everything_can_carry) {
    EXPECT_THAT(
        after([](PgCluster& c) { c.name = "pg_test"; }),
        ElementsAre(
            "name: expected lower-case letters, digits and hyphens between them, 52 at most, found \"pg_test\""));
    EXPECT_EQ(after([](PgCluster& c) { c.name = "Pg"; }).size(), 1U);
    EXPECT_THAT(after([](PgCluster& c) { c.name = "root"; }), ElementsAre("name: \"root\" is etcd's own user"));
    EXPECT_EQ(after([](PgCluster& c) { c.name = std::string(53, 'a'); }).size(), 1U);
    EXPECT_THAT(after([](PgCluster& c) {
                    c.name = std::string(52, 'a');
                    c.instances["12345678901"] = {.node = {.address = "10.10.10.14"}};
                }),
                ElementsAre("name: \"" + std::string(52, 'a') + "-12345678901\" is longer than 63 bytes"));
}

TEST(ClusterRules, know_the_templates) {
    EXPECT_THAT(after([](PgCluster& c) { c.template_name = "fast"; }),
                ElementsAre("template: expected oltp, olap, crit or tiny, found \"fast\""));
    for (const std::string_view name : kTemplates) EXPECT_TRUE(render::is_template(name)) << name;
    EXPECT_THAT(after([](PgCluster& c) { c.template_name = "crit", c.checksum = false; }),
                ElementsAre("checksum: template crit has checksums in any case"));
    EXPECT_THAT(after([](PgCluster& c) { c.version = 12; }), ElementsAre("version: expected 13 to 18, found 12"));
    EXPECT_THAT(after([](PgCluster& c) { c.max_connections = 20; }),
                ElementsAre("max_connections: expected 25 to 262143, found 20"));
}

TEST(ClusterRules, check_hba_rules_in_all_four_lists) {
    EXPECT_THAT(
        after([](PgCluster& c) {
            c.hba_rules = {
                {.addr = "office"}, {.addr = "world", .auth = "kerberos"}, {.addr = "world", .role = "replica"}};
            c.default_hba_rules = {{.addr = "10.0.0.0/40"}, {.addr = "admin"}};
            c.pgbouncer.hba_rules = {{.user = "+dbrole_readonly", .addr = "intra"}};
            c.pgbouncer.default_hba_rules = std::vector<HbaRule>{{.addr = "world", .auth = "peer"}};
        }),
        ElementsAre(
            "default_hba_rules[0].addr: expected an address, found \"10.0.0.0/40\"",
            "hba_rules[0].addr: expected an address, found \"office\"",
            "hba_rules[1].auth: there is no authentication \"kerberos\"",
            "hba_rules[2].role: a rule for role \"replica\" would be wrong after the first failover",
            "pgbouncer.default_hba_rules[0].auth: \"peer\" works with addr = \"local\" alone, found \"world\"",
            "pgbouncer.hba_rules[0].user: pgbouncer knows no role membership: \"+dbrole_readonly\" matches nobody"));
}

TEST(ClusterRules, refuse_an_alias_that_means_nothing) {
    EXPECT_EQ(
        problems_of([] {
            PgCluster cluster = valid_cluster();
            cluster.hba_rules = {{.addr = "infra"}};
            return cluster;
        }()),
        (std::vector<Problem>{{"hba_rules[0].addr", "\"infra\" stands for no address here", "set networks.infra"}}));
    EXPECT_THAT(after([](PgCluster& c) {
                    c.hba_rules = {{.addr = "infra"}};
                    c.networks.infra = {"10.10.10.10"};
                }),
                IsEmpty());
    EXPECT_THAT(after([](PgCluster& c) { c.networks.admin = {"10.0.0.0/8", "office"}; }),
                ElementsAre("networks.admin[1]: expected an IP address or a CIDR, found \"office\""));
}

TEST(ClusterRules, see_port_collisions) {
    EXPECT_THAT(after([](PgCluster& c) { c.pgbouncer.port = 5432; }),
                ElementsAre("pgbouncer.port: port 5432 is taken by port"));
    EXPECT_THAT(after([](PgCluster& c) { c.services["extra"] = {.port = 5433}; }),
                ElementsAre("services[\"extra\"].port: port 5433 is taken by default_services[\"primary\"].port"));
    EXPECT_THAT(after([](PgCluster& c) { c.port = 8008; }), ElementsAre("port: port 8008 is taken by patroni.port"));
    EXPECT_THAT(after([](PgCluster& c) {
                    c.port = 2379;
                    c.dcs.members["1"] = {.address = "10.10.10.11"};
                    c.dcs.endpoints = {"https://10.10.10.11:2379"};
                }),
                ElementsAre("port: port 2379 is taken by etcd on the same node"));
    EXPECT_THAT(after([](PgCluster& c) { c.port = 70000; }), ElementsAre("port: expected 1 to 65535, found 70000"));
}

TEST(ClusterRules, understand_services) {
    EXPECT_THAT(
        after([](PgCluster& c) {
            c.services["x"] = {.port = 5435, .ip = "eth0", .selector = "[? pg_rol ]", .dest = "redis", .check = "sync"};
        }),
        ElementsAre("services[\"x\"].ip: expected * or an IP address, found \"eth0\"",
                    "services[\"x\"].selector: selector [? pg_rol ]: members have no \"pg_rol\"",
                    "services[\"x\"].dest: expected default, postgres, pgbouncer or a port number, found \"redis\"",
                    "services[\"x\"].check: expected a path of Patroni's REST interface, found \"sync\", which does "
                    "not begin with /"));
    EXPECT_THAT(after([](PgCluster& c) { c.pgbouncer.enabled = false; }),
                ElementsAre("default_service_dest: services lead to pgbouncer, which is switched off"));
    EXPECT_THAT(after([](PgCluster& c) { c.pgbouncer.enabled = false, c.default_service_dest = "postgres"; }),
                IsEmpty());
}

// What the file's renderer would refuse is refused before: it must not come to light in the middle of an apply.
TEST(ClusterRules, refuse_what_changes_a_line_of_haproxy) {
    const auto options = [](const std::string& text) {
        return after([&](PgCluster& c) { c.services["x"] = {.port = 5435, .options = text}; });
    };
    const std::string at = "services[\"x\"].options: expected words of one line of HAProxy's, found text that ";
    for (const char* text : {"inter 3s\nlisten y", "inter 3s\rlisten y", "inter\t3s"})
        EXPECT_THAT(options(text),
                    ElementsAre(at + "holds a control character, which a line of HAProxy's configuration cannot"));
    EXPECT_THAT(options("inter 2s # rise 3"),
                ElementsAre(at + "holds a #, behind which all would be a comment: \"# rise 3\""));
    EXPECT_THAT(options("inter 2s \\"),
                ElementsAre(at + "ends in a backslash, which would escape the end of the line"));
    EXPECT_THAT(options("sni \"a"), ElementsAre(at + "holds a \" that does not end"));
    EXPECT_THAT(options("listen y"),
                ElementsAre(at + "begins with \"listen\", which is no option of a server that may stand here"));
    EXPECT_THAT(options("\"che\"ck"), ElementsAre(at + "begins with a word that holds a \": \"che\"ck"));
    EXPECT_THAT(options("sni 'str(#1)' inter 2s\\#"), IsEmpty());
    EXPECT_THAT(options("inter 2s rise 3"), IsEmpty());

    const auto check = [](const std::string& text) {
        return after([&](PgCluster& c) { c.services["x"] = {.port = 5435, .check = text}; });
    };
    EXPECT_THAT(check("/primary#x"),
                ElementsAre("services[\"x\"].check: expected a path of Patroni's REST interface, found \"/primary#x\", "
                            "which holds a '#', which ends or changes a word of HAProxy's configuration"));
    EXPECT_THAT(check("/replica?lag=1MB"), IsEmpty());
}

TEST(ClusterRules, keep_parameters_where_they_belong) {
    EXPECT_THAT(
        after([](PgCluster& c) {
            c.instances["2"].parameters = {
                {"Max_Connections", "5"}, {"hba_file", "x"}, {"wal_keep_size", "1GB"}, {"work_mem", "8MB"}};
        }),
        ElementsAre(
            "instances[\"2\"].parameters[\"Max_Connections\"]: Patroni keeps max_connections the same on all members",
            "instances[\"2\"].parameters[\"hba_file\"]: hba_file is set by the attribute hba_rules",
            "instances[\"2\"].parameters[\"wal_keep_size\"]: Patroni keeps wal_keep_size the same on all members"));
    EXPECT_THAT(after([](PgCluster& c) {
                    c.parameters = {
                        {"port", "5433"}, {"search_path", "a\nb"}, {"work mem", "1"}, {"wal_keep_size", "1GB"}};
                }),
                ElementsAre("parameters[\"work mem\"]: that is no name of a PostgreSQL setting",
                            "parameters[\"search_path\"]: a line of postgresql.conf cannot hold control characters",
                            "parameters[\"port\"]: port is set by the attribute port"));
}

TEST(ClusterRules, refuse_parameters_that_would_not_hold) {
    EXPECT_THAT(
        after([](PgCluster& c) {
            c.version = 17;
            c.parameters = {{"work_memm", "8MB"},         {"Work_Mem", "8MB"},      {"work_mem", "9MB"},
                            {"autovacuum", "maybe"},      {"max_wal_senders", "2"}, {"recovery_target_xid", "1"},
                            {"geqo", unknown_marker("x")}};
            c.instances["3"].parameters = {{"work_mem", "4 monkeys"}, {"my.own", "x"}};
        }),
        ElementsAre("parameters[\"autovacuum\"]: expected on or off, found \"maybe\"",
                    "parameters[\"max_wal_senders\"]: expected 3 or more, found \"2\"",
                    "parameters[\"recovery_target_xid\"]: recovery_target_xid is set by Patroni",
                    "parameters[\"work_mem\"]: Work_Mem and work_mem are one setting",
                    "parameters[\"work_memm\"]: PostgreSQL has no setting \"work_memm\"",
                    "instances[\"3\"].parameters[\"work_mem\"]: expected an integer with one of the units B, kB, "
                    "MB, GB or TB (kB where there is none), found \"4 monkeys\""));
}

TEST(ClusterRules, leave_connections_for_others_than_superusers) {
    const auto with = [](std::int64_t most, const Parameters& parameters) {
        return after([&](PgCluster& c) {
            c.max_connections = most;
            c.parameters = parameters;
        });
    };
    EXPECT_THAT(with(25, {}), IsEmpty());
    EXPECT_THAT(with(24, {}), ElementsAre("max_connections: expected 25 to 262143, found 24"));
    EXPECT_THAT(with(30, {{"superuser_reserved_connections", "2e1"}, {"reserved_connections", "10"}}),
                ElementsAre("max_connections: expected more than the 30 connections that are reserved, found 30"));
}

TEST(ClusterRules, check_locales_and_folders) {
    EXPECT_THAT(after([](PgCluster& c) { c.locale = "en_US UTF-8", c.lc_collate = "$(x)", c.encoding = "UTF 8"; }),
                ElementsAre("encoding: \"UTF 8\" is no encoding", "locale: \"en_US UTF-8\" is no locale name",
                            "lc_collate: \"$(x)\" is no locale name"));
    EXPECT_THAT(after([](PgCluster& c) { c.locale = "de_DE.UTF-8@euro"; }), IsEmpty());
    EXPECT_THAT(after([](PgCluster& c) { c.data_dir = "/pg/data"; }),
                ElementsAre("data_dir: expected an absolute path outside /pg, found \"/pg/data\""));
    for (const char* dir : {"data", "/", "/data/", "/data//pg", "/data/../etc", "/data/.", "/da ta", "/d\n"})
        EXPECT_EQ(after([&](PgCluster& c) { c.data_dir = dir; }).size(), 1U) << dir;
}

TEST(ClusterRules, check_default_roles) {
    EXPECT_THAT(after([](PgCluster& c) {
                    c.default_roles = {Role{.name = "pg_mine"},
                                       Role{.name = "a", .attributes = {.valid_until = "2030-01-01"}, .expire_in = 1},
                                       Role{.name = "a", .roles = {"a"}, .pool_mode = "query"}};
                }),
                ElementsAre("default_roles[0].name: \"pg_mine\" is reserved by PostgreSQL",
                            "default_roles[1].expire_in: expire_in and valid_until exclude each other",
                            "default_roles[2].pool_mode: expected session, transaction or statement, found \"query\"",
                            "default_roles[2].roles: a role cannot be a member of itself",
                            "default_roles[2].name: \"a\" is there twice, first as default_roles[1]"));
}

TEST(ClusterRules, check_passwords_of_default_roles) {
    EXPECT_THAT(after([](PgCluster& c) {
                    c.role_passwords = {{"dbrole_readonly", Secret("x")},
                                        {"dbuser_dba", Secret("SCRAM-SHA-256$broken")},
                                        {"nobody", Secret("x")},
                                        {"replicator", Secret("x")}};
                }),
                ElementsAre("role_passwords_wo[\"dbrole_readonly\"]: \"dbrole_readonly\" may not log in",
                            "role_passwords_wo[\"dbuser_dba\"]: a SCRAM-SHA-256 verifier of a wrong form: expected "
                            "SCRAM-SHA-256$ITERATIONS:SALT$STOREDKEY:SERVERKEY",
                            "role_passwords_wo[\"nobody\"]: expected the name of a default role, found \"nobody\"",
                            "role_passwords_wo[\"replicator\"]: members stream with a password that is made on the "
                            "nodes"));
    PgCluster cluster;
    EXPECT_THAT(roles_without_password(cluster), ElementsAre("dbuser_dba", "dbuser_monitor"));
    cluster.role_passwords = {{"dbuser_dba", Secret("x")}};
    EXPECT_THAT(roles_without_password(cluster), ElementsAre("dbuser_monitor"));
}

TEST(ClusterRules, want_one_ca_for_etcd_and_the_cluster) {
    EXPECT_THAT(after([](PgCluster& c) {
                    c.ca.name = "pigsty-ca", c.ca.fingerprint = "aa";
                    c.dcs.name = "etcd";
                    c.dcs.ca_fingerprint = "bb";
                }),
                ElementsAre("ca: etcd cluster etcd trusts another CA than \"pigsty-ca\""));
}

TEST(UserRules, find_nothing_in_hostile_but_possible_names) {
    PgUser user;
    user.name = "odd \"name\"; $(x)\n%s";
    user.password = Secret("it's \\ $(x) ü\n");
    EXPECT_THAT(sentences(user), IsEmpty());
    user.name = unknown_marker("name");
    EXPECT_THAT(sentences(user), IsEmpty());
}

TEST(UserRules, refuse_what_cannot_be) {
    const auto user_with = [](const std::function<void(PgUser&)>& change) {
        PgUser user;
        user.name = "app";
        change(user);
        return sentences(user);
    };
    EXPECT_THAT(user_with([](PgUser& u) { u.name = "postgres"; }),
                ElementsAre("name: \"postgres\" belongs to the cluster itself"));
    EXPECT_THAT(user_with([](PgUser& u) { u.name = "pg_app"; }),
                ElementsAre("name: \"pg_app\" is reserved by PostgreSQL"));
    EXPECT_THAT(user_with([](PgUser& u) { u.name = std::string(64, 'x'); }),
                ElementsAre("name: a name has at most 63 bytes, found 64"));
    EXPECT_THAT(
        user_with([](PgUser& u) { u.password = Secret("SCRAM-SHA-256$4096:abc"), u.password_write_only = true; }),
        ElementsAre("password_wo: a SCRAM-SHA-256 verifier of a wrong form: expected "
                    "SCRAM-SHA-256$ITERATIONS:SALT$STOREDKEY:SERVERKEY"));
    EXPECT_THAT(user_with([](PgUser& u) { u.password = Secret(""); }),
                ElementsAre("password: an empty password is none: nobody could log in with it"));
    EXPECT_THAT(user_with([](PgUser& u) { u.password = Secret("md5" + std::string(32, 'a')), u.pgbouncer = true; }),
                ElementsAre("password: an MD5 hash logs nobody in through pgbouncer, which asks for SCRAM-SHA-256"));
    EXPECT_THAT(user_with([](PgUser& u) { u.password = Secret("md5" + std::string(32, 'a')); }), IsEmpty());
    EXPECT_THAT(user_with([](PgUser& u) { u.name = "a\nb", u.pgbouncer = true; }),
                ElementsAre("name: pgbouncer's user list cannot hold control characters"));
    EXPECT_THAT(
        user_with([](PgUser& u) { u.name = "a b", u.pool_mode = "session"; }),
        ElementsAre("pool_mode: pgbouncer's lists hold names of letters, digits, _, . and - alone, found \"a b\""));
    EXPECT_THAT(user_with([](PgUser& u) { u.roles = {"app"}; }),
                ElementsAre("roles: a role cannot be a member of itself"));
    EXPECT_THAT(user_with([](PgUser& u) { u.role_options["x"].admin = true; }),
                ElementsAre("role_options[\"x\"]: roles has no \"x\""));
    EXPECT_THAT(user_with([](PgUser& u) { u.attributes.valid_until = "tomorrow"; }),
                ElementsAre("valid_until: expected a time such as \"2027-01-31\", \"2027-01-31T12:00:00Z\" or "
                            "\"infinity\", found \"tomorrow\""));
    EXPECT_THAT(user_with([](PgUser& u) { u.attributes.valid_until = "2027-02-31"; }),
                ElementsAre("valid_until: expected a date of the calendar, found \"2027-02-31\""));
    for (const char* bad : {"2027-12-31 23:59:59.5", "0000-01-01", "2027-12-31 24:00", "2027-12-31 12:00+99"})
        EXPECT_THAT(user_with([&](PgUser& u) { u.attributes.valid_until = bad; }), testing::SizeIs(1)) << bad;
    for (const char* good :
         {"infinity", "2030-12-31", "2030-12-31 23:59:59+00", "2030-12-31T23:59:59Z", "2030-12-31 23:59:59 UTC"})
        EXPECT_THAT(user_with([&](PgUser& u) { u.attributes.valid_until = good; }), IsEmpty()) << good;
}

TEST(DatabaseRules, refuse_what_cannot_be) {
    const auto database_with = [](const std::function<void(PgDatabase&)>& change) {
        PgDatabase database;
        database.name = "app";
        change(database);
        return sentences(database);
    };
    EXPECT_THAT(database_with([](PgDatabase&) {}), IsEmpty());
    EXPECT_THAT(database_with([](PgDatabase& d) { d.name = "template1"; }),
                ElementsAre("name: \"template1\" belongs to the cluster itself"));
    EXPECT_THAT(database_with([](PgDatabase& d) { d.name = "pgbouncer"; }),
                ElementsAre("name: \"pgbouncer\" is pgbouncer's own console"));
    EXPECT_THAT(
        database_with([](PgDatabase& d) { d.name = "odd \"db\""; }),
        ElementsAre("name: pgbouncer's lists hold names of letters, digits, _, . and - alone, found \"odd \"db\"\""));
    EXPECT_THAT(database_with([](PgDatabase& d) { d.name = "odd \"db\"\n$(x)", d.pgbouncer = false; }), IsEmpty());
    EXPECT_THAT(database_with([](PgDatabase& d) { d.lc_ctype = "de DE"; }),
                ElementsAre("lc_ctype: \"de DE\" is no locale name"));
    EXPECT_THAT(database_with([](PgDatabase& d) { d.schemas = {"pg_x", "a", "a"}, d.schema_owners["b"] = "app"; }),
                ElementsAre("schemas[0]: \"pg_x\" is reserved by PostgreSQL",
                            "schemas[2]: \"a\" is there twice, first as schemas[1]",
                            "schema_owners[\"b\"]: schemas has no \"b\""));
    EXPECT_THAT(database_with([](PgDatabase& d) { d.baseline = "\\restrict x\n"; }),
                ElementsAre("baseline: line 1: \\restrict is a command of psql, which runs nowhere here"));
    EXPECT_THAT(database_with([](PgDatabase& d) { d.encoding = "SJIS"; }),
                ElementsAre("encoding: \"SJIS\" is no encoding"));
    EXPECT_THAT(database_with([](PgDatabase& d) { d.encoding = "unicode"; }), ElementsAre());
    EXPECT_THAT(database_with([](PgDatabase& d) { d.locale_provider = "icu"; }),
                ElementsAre("locale: icu needs a locale"));
    EXPECT_THAT(database_with([](PgDatabase& d) { d.baseline_version = 2; }),
                ElementsAre("baseline_version: there is no baseline to run again"));
}

}  // namespace
}  // namespace pigsty::module::pgsql
