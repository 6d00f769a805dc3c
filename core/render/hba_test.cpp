#include "core/render/hba.h"

#include <gmock/gmock.h>

#include "core/base/unknown.h"
#include "core/render/golden.h"

namespace pigsty::render {
namespace {

HbaContext context() { return {.networks = {.infra = {"10.10.10.10"}}, .members = {"10.10.10.11", "10.10.10.12"}}; }

std::string text_of(const std::vector<HbaRule>& rules, const HbaContext& where = context()) {
    const auto text = render_pg_hba({}, rules, where);
    if (!text) return text.error().message;
    return text->substr(text->find("METHOD\n") + 7);  // without the heading
}

TEST(Hba, writes_the_defaults) {
    EXPECT_GOLDEN("pg_hba.conf", *render_pg_hba(default_pg_hba_rules(), {}, context()));
    EXPECT_GOLDEN("pgb_hba.conf", *render_pgbouncer_hba(default_pgbouncer_hba_rules(), {}, context()));
}

TEST(Hba, puts_ordered_rules_first_and_the_others_behind_the_defaults) {
    const std::vector<HbaRule> defaults{{.title = "d2", .addr = "local", .auth = "ident", .order = 200},
                                        {.title = "d", .addr = "local", .auth = "ident"}};
    const std::vector<HbaRule> own{{.title = "own", .addr = "local", .auth = "trust"},
                                   {.title = "first", .addr = "local", .auth = "deny", .order = 50}};
    const std::string text = *render_pg_hba(defaults, own, context());
    EXPECT_LT(text.find("# first\n"), text.find("# d2\n"));
    EXPECT_LT(text.find("# d2\n"), text.find("# d\n"));
    EXPECT_LT(text.find("# d\n"), text.find("# own\n"));
}

TEST(Hba, asks_for_tls_over_the_network_only) {
    EXPECT_EQ(text_of({{.addr = "localhost", .auth = "ssl"}}),
              "\nlocal    all              all                                           scram-sha-256\n"
              "host     all              all                      127.0.0.1/32         scram-sha-256\n"
              "host     all              all                      ::1/128              scram-sha-256\n");
    EXPECT_EQ(text_of({{.addr = "cluster", .auth = "cert"}}),
              "\nhostssl  all              all                      10.10.10.11/32       cert\n"
              "hostssl  all              all                      10.10.10.12/32       cert\n");
}

TEST(Hba, quotes_names_so_that_they_are_nothing_but_names) {
    EXPECT_EQ(text_of({{.user = "odd \"name\", +my role,\"@file\"", .db = "x#", .addr = "10.0.0.0/8"}}),
              "\nhost     \"x#\"             \"odd \"\"name\"\"\",+\"my role\",\"@file\" 10.0.0.0/8           "
              "scram-sha-256\n");
}

TEST(Hba, takes_bare_keywords_as_such_and_quoted_ones_as_names) {
    EXPECT_EQ(text_of({{.user = "all", .db = "replication", .addr = "local"}}),
              "\nlocal    replication      all                                           scram-sha-256\n");
    EXPECT_EQ(text_of({{.user = "\"all\"", .db = "\"replication\",\"sameuser\", sameuser", .addr = "local"}}),
              "\nlocal    \"replication\",\"sameuser\",sameuser \"all\"                                         "
              "scram-sha-256\n");
    EXPECT_EQ(text_of({{.user = "\"a,b\", \"+c\", +\"d \"\"e\"\"\", \"${dbsu}\", ${dbsu}", .addr = "local"}}),
              "\nlocal    all              \"a,b\",\"+c\",+\"d \"\"e\"\"\",\"${dbsu}\",postgres                      "
              "scram-sha-256\n");
    // Among users only `all` is a keyword to PostgreSQL; pgbouncer takes those of databases there, too.
    EXPECT_EQ(text_of({{.user = "replication", .addr = "local"}}),
              "\nlocal    all              \"replication\"                                 scram-sha-256\n");
    EXPECT_THAT(*render_pgbouncer_hba({}, {{.user = "sameuser", .db = "\"samerole\"", .addr = "local"}}, context()),
                testing::HasSubstr("local    \"samerole\"       \"sameuser\""));
}

TEST(Hba, refuses_patterns_files_and_aliases_that_are_none) {
    for (const char* name : {"/^a", "\"/^a\"", "app,/", "/."}) {
        EXPECT_THAT(text_of({{.user = name, .addr = "world"}}),
                    testing::StartsWith("hba_rules[0].user: expected a name, found the pattern"));
        EXPECT_THAT(text_of({{.db = name, .addr = "world"}}),
                    testing::StartsWith("hba_rules[0].db: expected a name, found the pattern"));
        EXPECT_THAT(render_pgbouncer_hba({}, {{.user = name, .addr = "world"}}, context()).error().message,
                    testing::StartsWith("hba_rules[0].user: expected a name, found the pattern"));
    }
    EXPECT_EQ(text_of({{.user = "@admins", .addr = "world"}}),
              "hba_rules[0].user: expected names, found the file \"@admins\"");
    EXPECT_EQ(text_of({{.user = "${admins}", .addr = "world"}}), "hba_rules[0].user: there is no alias \"${admins}\"");
    EXPECT_EQ(text_of({{.db = "${dbsu}", .addr = "world"}}), "hba_rules[0].db: there is no alias \"${dbsu}\"");
    EXPECT_EQ(text_of({{.user = "\"a", .addr = "world"}}),
              "hba_rules[0].user: expected a second \" that ends the name in \"a");
    EXPECT_EQ(text_of({{.user = "\"a\"b", .addr = "world"}}),
              "hba_rules[0].user: expected a comma or the end behind the quoted name in \"a\"b, found b");
    EXPECT_EQ(text_of({{.user = "\"\"", .addr = "world"}}), "hba_rules[0].user: expected a name, found \"\"\"\"");
    EXPECT_EQ(text_of({{.user = std::string(64, 'x'), .addr = "world"}}),
              "hba_rules[0].user: a name has at most 63 bytes, found 64");
}

TEST(Hba, refuses_lines_that_would_swallow_the_next) {
    EXPECT_EQ(text_of({{.title = "x\\", .addr = "world"}}),
              "hba_rules[0].title: a line of the HBA file cannot end in a backslash");
    EXPECT_EQ(text_of({{.rules = {"# x\\", "host all all 0.0.0.0/0 reject"}}}),
              "hba_rules[0].rules[0]: a line of the HBA file cannot end in a backslash");
    EXPECT_EQ(text_of({{.title = "x\\ y", .user = "a\\", .addr = "local", .auth = "deny"}}),
              "\n# x\\ y\nlocal    all              \"a\\\"                                          reject\n");
}

TEST(Hba, writes_the_network_of_an_address_with_bits_behind_the_prefix) {
    EXPECT_EQ(*normalized_cidr("10.1.2.3/8"), "10.0.0.0/8");
    EXPECT_EQ(*normalized_cidr("10.1.2.3/32"), "10.1.2.3/32");
    EXPECT_EQ(*normalized_cidr("FD00::1/64"), "fd00::/64");
    EXPECT_EQ(*normalized_cidr("FD00::/64"), "FD00::/64");
    EXPECT_EQ(*normalized_cidr("192.168.5.7/0"), "0.0.0.0/0");
}

TEST(Hba, keeps_offline_rules_as_comments_elsewhere) {
    const std::vector<HbaRule> rules{
        {.title = "etl", .user = "+dbrole_offline", .addr = "10.1.0.0/16", .role = "offline"}};
    EXPECT_EQ(text_of(rules),
              "\n# etl\n# for offline members:\n"
              "# host     all              +dbrole_offline          10.1.0.0/16          scram-sha-256\n");
    HbaContext offline = context();
    offline.offline = true;
    EXPECT_EQ(text_of(rules, offline),
              "\n# etl\nhost     all              +dbrole_offline          10.1.0.0/16          scram-sha-256\n");
}

TEST(Hba, leaves_out_default_rules_for_networks_that_nobody_named) {
    const auto text = render_pg_hba({{.title = "x", .addr = "admin"}}, {}, context());
    EXPECT_EQ(text->find("# x"), std::string::npos);
    EXPECT_EQ(render_pg_hba({}, {{.title = "x", .addr = "admin"}}, context()).error().message,
              "hba_rules[0].addr: \"admin\" stands for no address here");
}

TEST(Hba, asks_for_no_tls_where_there_is_none) {
    HbaContext plain = context();
    plain.tls = false;
    EXPECT_EQ(render_pg_hba(default_pg_hba_rules(), {}, plain)->find("hostssl"), std::string::npos);
    EXPECT_EQ(text_of({{.addr = "world", .auth = "ssl"}}, plain),
              "hba_rules[0].auth: \"ssl\" needs TLS, which is switched off here");
}

TEST(Hba, says_what_is_wrong) {
    EXPECT_EQ(text_of({{.addr = "10.0.0.0/33"}}), "hba_rules[0].addr: expected an address, found \"10.0.0.0/33\"");
    EXPECT_EQ(text_of({{.addr = "office"}}), "hba_rules[0].addr: expected an address, found \"office\"");
    EXPECT_EQ(text_of({{.addr = "world", .auth = "kerberos"}}),
              "hba_rules[0].auth: there is no authentication \"kerberos\"");
    EXPECT_EQ(text_of({{.addr = "world", .auth = "peer"}}),
              "hba_rules[0].auth: \"peer\" works with addr = \"local\" alone, found \"world\"");
    EXPECT_EQ(text_of({{.addr = "localhost", .auth = "cert"}}),
              "hba_rules[0].auth: \"cert\" needs TLS, which addr = \"localhost\" does not have");
    EXPECT_EQ(text_of({{.addr = "world", .role = "primary"}}),
              "hba_rules[0].role: a rule for role \"primary\" would be wrong after the first failover");
    EXPECT_EQ(text_of({{.addr = "world", .role = "boss"}}),
              "hba_rules[0].role: expected common or offline, found \"boss\"");
    EXPECT_EQ(text_of({{.user = "a,,b", .addr = "world"}}), "hba_rules[0].user: expected a name, found \"a,,b\"");
    EXPECT_EQ(text_of({{.title = "two\nlines", .addr = "world"}}),
              "hba_rules[0].title: a line of the HBA file cannot hold control characters");
    EXPECT_EQ(text_of({{.user = "x"}}), "hba_rules[0]: a rule needs addr, or the lines themselves in rules");
    EXPECT_EQ(render_pgbouncer_hba({}, {{.user = "+x", .addr = "world"}}, context()).error().message,
              "hba_rules[0].user: pgbouncer knows no role membership: \"+x\" matches nobody");
    EXPECT_EQ(render_pgbouncer_hba({}, {{.db = "replication", .addr = "world"}}, context()).error().message,
              "hba_rules[0].db: pgbouncer knows no \"replication\" in its HBA file");
}

TEST(Hba, carries_unknown_addresses_through) {
    const std::string marker = unknown_marker("addr");
    EXPECT_TRUE(has_unknown(text_of({{.addr = marker}})));
    HbaContext where = context();
    where.members.push_back(marker);
    EXPECT_TRUE(has_unknown(text_of({{.addr = "cluster"}}, where)));
    EXPECT_FALSE(has_unknown(text_of({{.addr = "intra"}}, where)));
    for (const HbaRule& rule : {HbaRule{.user = marker, .addr = "local"}, HbaRule{.db = marker, .addr = "local"},
                                HbaRule{.addr = "local", .auth = marker}, HbaRule{.addr = "local", .role = marker},
                                HbaRule{.rules = {marker}}})
        EXPECT_TRUE(has_unknown(text_of({rule})));
}

TEST(Hba, takes_lines_as_they_are) {
    EXPECT_EQ(text_of({{.title = "raw", .rules = {"hostnossl all all 0.0.0.0/0 reject"}}}),
              "\n# raw\nhostnossl all all 0.0.0.0/0 reject\n");
}

}  // namespace
}  // namespace pigsty::render
