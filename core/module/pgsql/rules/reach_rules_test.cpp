// `vip`, `listen`, `patroni`.
#include <gmock/gmock.h>

#include "core/base/unknown.h"
#include "core/module/pgsql/rules/testing/checked.h"

namespace pigsty::module::pgsql {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> with_vip(const std::string& address, const std::string& interface = "auto") {
    return after([&](PgCluster& c) { c.vip = Vip{.address = address, .interface = interface}; });
}

std::vector<std::string> with_listen(const std::vector<std::string>& listen) {
    return after([&](PgCluster& c) {
        c.vip = Vip{.address = "10.10.10.2/24"};
        c.listen = listen;
    });
}

TEST(ReachRules, a_virtual_address_is_one_of_the_members_network) {
    EXPECT_THAT(with_vip("10.10.10.2/24"), IsEmpty());
    EXPECT_THAT(with_vip(unknown_marker("vip.address")), IsEmpty());
    EXPECT_THAT(
        with_vip("10.10.10.2"),
        ElementsAre("vip.address: expected an IPv4 address with the prefix of its network, found \"10.10.10.2\""));
    EXPECT_THAT(with_vip("10.10.10.255/24"),
                ElementsAre("vip.address: 10.10.10.255 is no address that a machine of 10.10.10.0/24 may have"));
    EXPECT_THAT(with_vip("127.0.0.2/8"),
                ElementsAre("vip.address: 127.0.0.2 is no address that a machine of 127.0.0.0/8 may have"));
    EXPECT_THAT(
        with_vip("10.10.20.2/24"),
        ElementsAre("vip.address: expected an address in the network of the members, found 10.10.20.2/24, outside "
                    "of which are instances[\"1\"] (10.10.10.11), instances[\"2\"] (10.10.10.12), "
                    "instances[\"3\"] (10.10.10.13)"));
    // Of an interface that is named only the node knows its networks.
    EXPECT_THAT(with_vip("10.10.20.2/24", "eth1"), IsEmpty());
    EXPECT_THAT(with_vip("10.10.10.2/24", "eth1 x"),
                ElementsAre("vip.interface: expected auto or the name of an interface, found \"eth1 x\""));
}

TEST(ReachRules, a_virtual_address_is_nobodys) {
    EXPECT_THAT(with_vip("10.10.10.12/24"), ElementsAre("vip.address: 10.10.10.12 is the address of instances[\"2\"]"));
    EXPECT_THAT(after([](PgCluster& c) {
                    c.vip = Vip{.address = "10.10.10.10/24"};
                    c.dcs.members["1"] = {.address = "10.10.10.10"};
                }),
                ElementsAre("vip.address: 10.10.10.10 is the address of a member of etcd"));
}

TEST(ReachRules, listen_names_what_there_is) {
    EXPECT_THAT(with_listen({"${ip}", "${vip}", "${lo}"}), IsEmpty());
    EXPECT_THAT(with_listen({"0.0.0.0"}), IsEmpty());
    EXPECT_THAT(with_listen({"${ip}", "${address}"}), ElementsAre("listen[1]: \"${address}\" stands for nothing"));
    EXPECT_THAT(with_listen({"${ip}", "localhost"}),
                ElementsAre("listen[1]: expected ${ip}, ${lo}, ${vip} or an IPv4 address, found \"localhost\""));
    EXPECT_THAT(with_listen({"${lo}"}),
                ElementsAre("listen: expected ${ip} among them, found it missing: members stream from "
                            "each other's address"));
    EXPECT_THAT(with_listen({"0.0.0.0", "${ip}"}),
                ElementsAre("listen: 0.0.0.0 is all addresses of the machine, and stands beside others"));
    EXPECT_THAT(with_listen({"${ip}", "${ip}"}),
                ElementsAre("listen[1]: \"${ip}\" is there twice, first as listen[0]"));
    EXPECT_THAT(after([](PgCluster& c) { c.listen = {"${ip}", "${vip}"}; }),
                ElementsAre("listen[1]: ${vip} stands for no address here"));
}

TEST(ReachRules, patroni_takes_a_port_of_its_own_and_words_that_it_knows) {
    EXPECT_THAT(after([](PgCluster& c) { c.patroni.port = 8009; }), IsEmpty());
    EXPECT_THAT(after([](PgCluster& c) { c.patroni.port = 9101; }),
                ElementsAre("patroni.port: port 9101 is taken by HAProxy's statistics"));
    EXPECT_THAT(after([](PgCluster& c) { c.patroni.watchdog = "on"; }),
                ElementsAre("patroni.watchdog: expected off, automatic or required, found \"on\""));
    for (const char* text : {"pg", "/pg/", "/", "/a//b", "/a b"})
        EXPECT_THAT(after([&](PgCluster& c) { c.patroni.dcs_namespace = text; }),
                    ElementsAre("patroni.namespace: expected a path of letters, digits, '.', '_' and '-', found \"" +
                                std::string(text) + "\""));
    EXPECT_THAT(after([](PgCluster& c) { c.patroni.dcs_namespace = "/service/prod"; }), IsEmpty());
    EXPECT_THAT(after([](PgCluster& c) { c.patroni.log_level = "TRACE"; }),
                ElementsAre("patroni.log_level: expected DEBUG, INFO, WARNING, ERROR or CRITICAL, found \"TRACE\""));
}

}  // namespace
}  // namespace pigsty::module::pgsql
