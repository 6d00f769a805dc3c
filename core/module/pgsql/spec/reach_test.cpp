#include "core/module/pgsql/spec/reach.h"

#include <gmock/gmock.h>

#include "core/base/unknown.h"

namespace pigsty::module::pgsql {
namespace {

using testing::ElementsAre;

PgCluster reachable() {
    PgCluster cluster;
    cluster.name = "pg-test";
    cluster.instances["1"] = {.node = {.address = "10.10.10.11"}, .role = "primary"};
    cluster.vip = Vip{.address = "10.10.10.2/24"};
    return cluster;
}

TEST(Reach, reads_a_virtual_address_with_its_network) {
    const auto vip = vip_of(reachable());
    ASSERT_TRUE(vip);
    EXPECT_EQ(vip->address, "10.10.10.2");
    EXPECT_EQ(vip->network, "10.10.10.0/24");
    EXPECT_TRUE(is_host_address(*vip));
    for (const char* text :
         {"10.10.10.2", "10.10.10.2/", "10.10.10.2/33", "10.10.10.2/0", "10.10.10/24", "fd00::2/64", "a/24"})
        EXPECT_FALSE(parse_shared_address(text)) << text;
    EXPECT_FALSE(is_host_address(*parse_shared_address("10.10.10.255/24")));
    EXPECT_FALSE(is_host_address(*parse_shared_address("10.10.10.0/24")));
    EXPECT_TRUE(is_host_address(*parse_shared_address("10.10.11.0/23"))) << "its host bits are 256";
    EXPECT_TRUE(is_host_address(*parse_shared_address("10.10.10.2/31")));
}

TEST(Reach, listens_on_its_address_and_loopback_unless_told_otherwise) {
    PgCluster cluster = reachable();
    EXPECT_THAT(listened(cluster, "1"), ElementsAre("10.10.10.11", "127.0.0.1"));
    EXPECT_FALSE(listens_on_vip(cluster));
    // The first one is how Patroni may come to its own server: never the virtual address.
    cluster.listen = {"${vip}", "${ip}", "10.20.0.1"};
    EXPECT_EQ(listen_addresses(cluster, "1"), "10.10.10.11,10.20.0.1,10.10.10.2");
    EXPECT_TRUE(listens_on_vip(cluster));
    cluster.vip->address = unknown_marker("vip.address");
    EXPECT_TRUE(has_unknown(listen_addresses(cluster, "1")));
}

TEST(Reach, a_watchdog_is_used_where_there_is_one_under_crit) {
    PgCluster cluster = reachable();
    EXPECT_EQ(watchdog_of(cluster), "off");
    cluster.template_name = "crit";
    EXPECT_EQ(watchdog_of(cluster), "automatic");
    cluster.patroni.watchdog = "off";
    EXPECT_EQ(watchdog_of(cluster), "off");
}

}  // namespace
}  // namespace pigsty::module::pgsql
