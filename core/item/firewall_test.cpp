// Who may open connections: one table of ours, and what is said of it where it is not as it was loaded.
#include "core/item/firewall.h"

#include <gmock/gmock.h>

#include "core/item/testing/seen.h"

namespace pigsty::item {
namespace {

TEST(Firewall, is_one_table) {
    const FirewallItem firewall({.trusted = {"10.0.0.0/8", "fd00::/8"}, .ports = {443, 22, 443}});
    const std::string text = firewall.desired();
    EXPECT_THAT(text, testing::HasSubstr("table inet pigsty\ndelete table inet pigsty\ntable inet pigsty {\n"));
    EXPECT_THAT(text, testing::HasSubstr("policy drop;\n\t\tct state established,related accept\n"));
    EXPECT_THAT(text, testing::HasSubstr("\t\tip saddr 10.0.0.0/8 accept\n\t\tip6 saddr fd00::/8 accept\n"
                                         "\t\ttcp dport 22 accept\n\t\ttcp dport 443 accept\n\t}\n}\n"));
    EXPECT_EQ(text.find("flush"), std::string::npos);
}

TEST(Firewall, says_what_differs_from_what_was_loaded) {
    const FirewallItem firewall({.ports = {22}});
    const std::string look = firewall.probes().begin()->key;
    const std::string file = "file " + sha256_hex(firewall.desired()) + "\n";
    const auto seen = [&](const std::string& printed) { return Seen().command(look, printed); };
    const auto loaded = seen("rules aa\n" + file);
    const node::ClaimedItem claimed = firewall.claimed(loaded.observation());
    EXPECT_EQ(reason(firewall, loaded, &claimed), "");
    EXPECT_EQ(reason(firewall, loaded), "the rules that are loaded differ");
    EXPECT_EQ(reason(firewall, seen("rules bb\n" + file), &claimed), "the rules that are loaded differ");
    EXPECT_EQ(reason(firewall, seen(file), &claimed), "its rules are not loaded");
    EXPECT_EQ(reason(firewall, seen("rules aa\nfile bb\n"), &claimed), "content differs");
    EXPECT_EQ(reason(firewall, seen("rules aa\n"), &claimed), "missing");
    EXPECT_EQ(reason(firewall, seen(""), &claimed), "missing");
}

}  // namespace
}  // namespace pigsty::item
