#include "core/render/vip.h"

#include "core/render/golden.h"

namespace pigsty::render {
namespace {

VipMember member_with_vip() {
    return {.address = "10.10.10.2",
            .member = "pg-test-1",
            .member_address = "10.10.10.11",
            .leader_key = "/pg/pg-test/leader",
            .etcd_user = "pg-test",
            .etcd_endpoints = {"https://10.10.10.11:2379", "https://10.10.10.12:2379"}};
}

TEST(Vip, files_of_a_member) {
    EXPECT_GOLDEN("vip-manager.yml", render_vip_configuration(member_with_vip()));
    EXPECT_GOLDEN("vip-manager-drop-in.conf", render_vip_drop_in(member_with_vip()));
    EXPECT_GOLDEN("pg-vip-guard.service", render_vip_guard_unit(member_with_vip()));
}

TEST(Vip, an_interface_by_name_and_patroni_elsewhere_without_tls) {
    VipMember vip = member_with_vip();
    vip.interface = "eth1";
    vip.rest_port = 8009;
    vip.rest_ssl = false;
    EXPECT_NE(render_vip_drop_in(vip).find(" interface=eth1 "), std::string::npos);
    EXPECT_NE(render_vip_guard_unit(vip).find(" port=8009 data="), std::string::npos);
}

// It is no part of any file that people may read.
TEST(Vip, the_secret_is_a_placeholder) {
    EXPECT_NE(render_vip_configuration(member_with_vip()).find("{{etcd:1}}"), std::string::npos);
}

}  // namespace
}  // namespace pigsty::render
