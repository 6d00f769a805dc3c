#include "core/base/constraint.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace pigsty {
namespace {

void expect(const TextRule& rule, const std::vector<std::string>& good, const std::vector<std::string>& bad) {
    for (const std::string& text : good) EXPECT_TRUE(rule.holds(text)) << text;
    for (const std::string& text : bad) EXPECT_FALSE(rule.holds(text)) << text;
}

TEST(Constraint, addresses) {
    expect(kIpv4Address, {"10.10.10.11"},
           {"", "10.10.10", "10.10.10.011", "fd00::1", std::string("10.10.10.11\0", 12)});
    expect(kIpAddress, {"10.10.10.11", "fd00::1"}, {"", "host", "10.10.10.11/24", "fe80::1%eth0"});
}

TEST(Constraint, names) {
    expect(kClusterName, {"a", "pg-test", "7", std::string(52, 'a')},
           {"", "-a", "a-", "Pg", "a_b", std::string(53, 'a')});
    expect(kServiceName, {"primary", "read-only"}, {"", "a.b", "a b"});
    expect(kFileName, {"pgdg", "7z", "a.b-c_D"}, {"", ".hidden", "-a", "a/b", "a b", "a\n", "ä"});
    expect(kAuthorityName, {"pigsty-ca", std::string(63, 'a')}, {"", "a/b", "..", std::string(64, 'a')});
}

TEST(Constraint, folders_for_data_need_no_quoting_and_lead_nowhere_else) {
    expect(kDataFolder, {"/data", "/data/pg-1.x"},
           {"", "/", "data", "/data/", "/data//pg", "/data/../etc", "/data/.", "/data/a b", "/data/$x"});
}

TEST(Constraint, says_what_was_expected_and_found) {
    EXPECT_EQ(expected(kIpv4Address, "x"), "expected an IPv4 address, found \"x\"");
}

}  // namespace
}  // namespace pigsty
