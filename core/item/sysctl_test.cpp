// Kernel settings by the kernel's own meaning.
#include <gtest/gtest.h>

#include "core/item/sysctl_value.h"

namespace pigsty::item {
namespace {

std::string refused_setting(const std::map<std::string, std::string>& values) {
    const auto status = check_sysctl_settings(values);
    return status ? "" : status.error().message;
}

TEST(SysctlAnswer, is_what_the_kernel_says_of_a_value) {
    EXPECT_EQ(sysctl_answer("01"), "1");
    EXPECT_EQ(sysctl_answer("0x10"), "16");
    EXPECT_EQ(sysctl_answer("010"), "8");
    EXPECT_EQ(sysctl_answer("0"), "0");
    EXPECT_EQ(sysctl_answer("-01"), "-1");
    EXPECT_EQ(sysctl_answer(" 4096\t87380  6291456 "), "4096 87380 6291456");
    EXPECT_EQ(sysctl_answer("5432,5433,5434"), "5432-5434");
    EXPECT_EQ(sysctl_answer("6000,5432-5433,5434,5434"), "5432-5434,6000");
    EXPECT_EQ(sysctl_answer("|/usr/lib/systemd/systemd-coredump %P 5"), "|/usr/lib/systemd/systemd-coredump %P 5");
    EXPECT_EQ(sysctl_answer("bbr"), "bbr");
    EXPECT_EQ(sysctl_answer("08"), "08");  // no number to C
}

TEST(SysctlKey, has_two_spellings) {
    EXPECT_EQ(sysctl_key("net.ipv4.ip_forward"), "net.ipv4.ip_forward");
    EXPECT_EQ(sysctl_key("net/ipv4/ip_forward"), "net.ipv4.ip_forward");
    EXPECT_EQ(sysctl_key("net/ipv4/conf/eth0.100/rp_filter"), "net.ipv4.conf.eth0/100.rp_filter");
    EXPECT_EQ(sysctl_key("net.ipv4.conf.eth0/100.rp_filter"), "net.ipv4.conf.eth0/100.rp_filter");
    for (const char* bad : {"", ".", "a..b", "/net/core", "net.core.", "../x", "net", "net.core.x y"})
        EXPECT_FALSE(check_sysctl_key(bad)) << bad;
    EXPECT_TRUE(check_sysctl_key("net/ipv4/conf/eth0.100/rp_filter"));
}

TEST(SysctlOrder, writes_what_resets_others_first) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : in_order({{"net.ipv4.conf.eth0.forwarding", "0"},
                                              {"net.ipv4.conf.default.forwarding", "0"},
                                              {"net.ipv4.conf.all.accept_redirects", "1"},
                                              {"net/ipv4/ip_forward", "1"},
                                              {"kernel.panic", "5"}}))
        keys.push_back(key);
    EXPECT_EQ(keys, (std::vector<std::string>{"net.ipv4.ip_forward", "net.ipv4.conf.all.accept_redirects",
                                              "net.ipv4.conf.default.forwarding", "kernel.panic",
                                              "net.ipv4.conf.eth0.forwarding"}));
}

TEST(SysctlSettings, that_cannot_both_hold_are_refused) {
    EXPECT_EQ(refused_setting({{"net.ipv4.ip_forward", "1"}, {"net.ipv4.conf.all.forwarding", "01"}}), "");
    EXPECT_EQ(refused_setting({{"net.ipv4.ip_forward", "1"}, {"net.ipv4.conf.all.forwarding", "0"}}),
              "expected one value of one switch, found net.ipv4.conf.all.forwarding = 0 and net.ipv4.ip_forward = 1");
    EXPECT_EQ(refused_setting({{"net.ipv4.ip_forward", "1"}, {"net/ipv4/ip_forward", "1"}}),
              "expected each setting once, found net.ipv4.ip_forward and net/ipv4/ip_forward, which are the same");
    EXPECT_EQ(refused_setting({{"vm.dirty_ratio", "10"}, {"vm.dirty_bytes", "1048576"}}),
              "expected vm.dirty_ratio or vm.dirty_bytes, found both");
    EXPECT_EQ(refused_setting({{"net.core.somaxconn", " "}}),
              "expected a value of net.core.somaxconn, found an empty text");
}

}  // namespace
}  // namespace pigsty::item
