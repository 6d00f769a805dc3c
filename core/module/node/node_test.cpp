// What a machine is asked to be: kept in its claim as it was written, and made in an order that holds.
#include <gmock/gmock.h>

#include "core/converge/plan.h"
#include "core/module/node/table.h"
#include "core/module/node/time_sync.h"

namespace pigsty::module::machine {
namespace {

Machine everything() {
    Machine machine{.address = {.address = "10.10.10.11"}};
    machine.limits = {{.domain = "*", .type = "soft", .item = "nofile", .value = "65536"}};
    machine.kernel_modules = {"softdog"};
    machine.swap = false;
    machine.admin = Admin{.name = "dba", .uid = 88, .ssh_public_keys = {"ssh-ed25519 AAAA alice"}, .sudo = "limited"};
    machine.dns = Dns{.servers = {"10.10.10.10"}, .search = {"pigsty"}, .options = {"rotate"}, .mode = "overwrite"};
    machine.ntp = Ntp{.servers = {"10.10.10.10", "pool pool.ntp.org"}, .serve = {"10.0.0.0/8"}};
    machine.firewall = Firewall{.trusted = {"10.0.0.0/8"}, .ports = {22}};
    machine.hugepages = HugePages{.count = {}, .ratio = 0.1};
    return machine;
}

std::vector<std::string> labels(const Machine& machine) {
    std::vector<std::string> all;
    for (const auto& wanted : converge::desired(table_of(machine), {member_of(machine)}))
        all.push_back(wanted.item->label());
    return all;
}

std::string text_of(const Machine& machine, const std::string& label) {
    for (const auto& wanted : converge::desired(table_of(machine), {member_of(machine)}))
        if (wanted.item->label() == label) return wanted.item->desired();
    return "none";
}

TEST(Machine, is_kept_as_it_was_written) {
    const auto back = read_json<Machine>(write_json(everything()));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, everything());
    // Of a version that knew less.
    EXPECT_EQ(*read_json<Machine>(nlohmann::json{{"address", {{"address", "10.10.10.11"}}}}),
              Machine{.address = {.address = "10.10.10.11"}});
}

TEST(Machine, is_made_in_an_order_that_holds) {
    EXPECT_THAT(labels({.address = {.address = "10.10.10.11"}}), testing::IsEmpty());
    EXPECT_THAT(
        labels(everything()),
        testing::ElementsAre("/etc/resolv.conf", "account dba", "SSH keys of dba", "/etc/sudoers.d/pigsty-dba",
                             "package chrony", "/etc/chrony/sources.d/pigsty.sources", "/etc/chrony/conf.d/pigsty.conf",
                             "service chrony.service", "/etc/modules-load.d/pigsty-node.conf",
                             "/etc/sysctl.d/60-pigsty-hugepages.conf", "/etc/security/limits.d/pigsty-node.conf",
                             "swap", "package nftables", "/etc/systemd/system/pigsty-firewall.service",
                             "/etc/pigsty-firewall.nft", "service pigsty-firewall.service"));
}

TEST(TimeSync, asks_and_serves) {
    EXPECT_EQ(text_of(everything(), "/etc/chrony/sources.d/pigsty.sources"),
              "# Time sources of pigsty; written whole\nserver 10.10.10.10 iburst\npool pool.ntp.org iburst\n");
    EXPECT_EQ(text_of(everything(), "/etc/chrony/conf.d/pigsty.conf"),
              "# Whom this machine tells the time; written whole\nallow 10.0.0.0/8\nlocal stratum 10\n");
    for (const char* source : {"ntp.example.org", "10.10.10.10", "fd00::1", "pool pool.ntp.org"})
        EXPECT_TRUE(check_time_source(source)) << source;
    for (const char* source : {"", "pool ", "a b", "server a", "a iburst", "a\n", "-a"})
        EXPECT_FALSE(check_time_source(source)) << source;
}

}  // namespace
}  // namespace pigsty::module::machine
