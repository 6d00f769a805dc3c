#include <gmock/gmock.h>

#include "core/base/unknown.h"
#include "core/module/vip/files.h"
#include "core/module/vip/table.h"

namespace pigsty::module::vip {
namespace {

using testing::HasSubstr;
using testing::Not;

VirtualIp of_two() {
    VirtualIp vip;
    vip.name = "web";
    vip.address = "10.10.10.3/24";
    vip.interface = "eth1";
    vip.members["1"] = {.node = {.address = "10.10.10.11"}};
    vip.members["2"] = {.node = {.address = "10.10.10.12"}};
    return vip;
}

TEST(VirtualIp, first_member_comes_first_unless_told_otherwise) {
    VirtualIp vip = of_two();
    EXPECT_EQ(priority_of(vip, "1"), 250);
    EXPECT_EQ(priority_of(vip, "2"), 249);
    vip.members["2"].priority = 254;
    EXPECT_EQ(priority_of(vip, "2"), 254);
    EXPECT_EQ(router_id_of(vip), 3);
    vip.router_id = 51;
    EXPECT_EQ(router_id_of(vip), 51);
}

TEST(VirtualIp, instance_names_its_peers_and_never_preempts_unless_told) {
    VirtualIp vip = of_two();
    const std::string text = instance_text(vip, "2");
    EXPECT_THAT(text,
                HasSubstr("vrrp_instance web\n{\n    state BACKUP\n    nopreempt\n    interface eth1\n"
                          "    virtual_router_id 3\n    priority 249\n    advert_int 1\n"
                          "    unicast_src_ip 10.10.10.12\n    unicast_peer\n    {\n        10.10.10.11\n    }\n"));
    EXPECT_THAT(text, HasSubstr("auth_pass {{vrrp:1}}\n"));
    EXPECT_THAT(text, HasSubstr("10.10.10.3/32 dev eth1\n"));
    EXPECT_THAT(text, Not(HasSubstr("track_script")));
    vip.preempt = true;
    vip.members["2"].interface = "bond0";
    EXPECT_THAT(instance_text(vip, "2"), Not(HasSubstr("nopreempt")));
    EXPECT_THAT(instance_text(vip, "2"), HasSubstr("10.10.10.3/32 dev bond0\n"));
}

TEST(VirtualIp, asks_a_unit_or_a_port) {
    VirtualIp vip = of_two();
    vip.check = Check{.unit = "haproxy.service"};
    EXPECT_THAT(instance_text(vip, "1"),
                HasSubstr("    script \"/usr/bin/systemctl is-active --quiet haproxy.service\"\n"));
    EXPECT_THAT(instance_text(vip, "1"), HasSubstr("    track_script\n    {\n        web\n    }\n"));
    vip.check = Check{.port = 5433};
    EXPECT_THAT(instance_text(vip, "1"), HasSubstr("\"/etc/keepalived/port-answers 10.10.10.11 5433\"\n"));
}

TEST(VirtualIp, rules) {
    EXPECT_TRUE(kSharedAddress.holds("10.10.10.3/24"));
    for (const char* text : {"10.10.10.3", "10.10.10.255/24", "127.0.0.2/8", "fd00::3/64", "10.10.10.3/33"})
        EXPECT_FALSE(kSharedAddress.holds(text)) << text;
    EXPECT_TRUE(kUnitName.holds("haproxy.service"));
    for (const char* text : {"haproxy", "-x.service", "a b.service", "a;b.service"})
        EXPECT_FALSE(kUnitName.holds(text)) << text;
    EXPECT_FALSE(kInterface.holds("a-very-long-name-of-one"));
}

TEST(VirtualIp, is_unknown_while_its_address_is) {
    VirtualIp vip = of_two();
    vip.address = unknown_marker("address");
    EXPECT_TRUE(has_unknown(instance_text(vip, "1")));
}

}  // namespace
}  // namespace pigsty::module::vip
