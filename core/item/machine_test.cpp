// What a machine's kernel and logins are: limits, modules, swap.
#include <gmock/gmock.h>

#include "core/item/file.h"
#include "core/item/huge_pages.h"
#include "core/item/kernel_modules.h"
#include "core/item/limit_line.h"
#include "core/item/swap.h"
#include "core/item/testing/seen.h"

namespace pigsty::item {
namespace {

std::string why(const Status& status) { return status ? "" : status.error().message; }

// The one look of its own that the item takes.
node::Probe command_of(const Item& item) {
    for (const node::Probe& probe : item.probes())
        if (probe.kind == node::ProbeKind::command) return probe;
    ADD_FAILURE() << item.label() << " runs nothing to look";
    return {node::ProbeKind::command, ""};
}

TEST(Limits, are_what_pam_reads) {
    for (const char* domain : {"*", "postgres", "@dba", "%dba", "%", "1000:2000", ":500", "@500:", "my_svc$"})
        EXPECT_EQ(why(check_limit_domain(domain)), "") << domain;
    for (const char* domain : {"", "a b", "#x", "@", "a\nb", ":", "1:2:x", "-a"})
        EXPECT_NE(why(check_limit_domain(domain)), "") << domain;
    EXPECT_EQ(why(check_limit_value("nofile", "65536")), "");
    EXPECT_EQ(why(check_limit_value("memlock", "unlimited")), "");
    EXPECT_EQ(why(check_limit_value("nproc", "-1")), "");
    EXPECT_EQ(why(check_limit_value("nice", "-20")), "");
    EXPECT_THAT(why(check_limit_value("nofile", "unlimited")), testing::HasSubstr("a number of open files"));
    EXPECT_THAT(why(check_limit_value("nofile", "0")), testing::HasSubstr("a number of open files"));
    EXPECT_THAT(why(check_limit_value("nice", "20")), testing::HasSubstr("from -20 to 19"));
    EXPECT_THAT(why(check_limit_value("core", "1 MB")), testing::HasSubstr("a number or unlimited"));
    EXPECT_THAT(why(check_limit_value("core", "-2")), testing::HasSubstr("a number or unlimited"));
}

TEST(Limits, are_one_file) {
    const ItemPtr file = limits_file("pigsty-node", {{.domain = "*", .type = "-", .item = "nofile", .value = "65536"}});
    EXPECT_EQ(file->label(), "/etc/security/limits.d/pigsty-node.conf");
    EXPECT_EQ(file->desired(), "# Limits of pigsty; written whole\n* - nofile 65536\n");
}

TEST(KernelModules, say_which_are_missing) {
    const KernelModulesItem item("pigsty-node", {"nf-tables", "softdog"});
    const std::string file = "/etc/modules-load.d/pigsty-node.conf";
    const node::Probe look = command_of(item);
    EXPECT_EQ(reason(item, Seen().absent(file).command(look.key, "nf_tables\n")), "missing, softdog is not loaded");
    EXPECT_EQ(reason(item, Seen().file(file, item.desired()).command(look.key, "nf_tables\nsoftdog\n")), "");
    EXPECT_EQ(reason(item, Seen().file(file, "x").command(look.key, "nf_tables\nsoftdog\n")), "content differs");
    EXPECT_EQ(why(check_module_name("ip_vs-rr")), "");
    for (const char* name : {"", "a b", "a.ko", "../a", "a\n"}) EXPECT_NE(why(check_module_name(name)), "") << name;
}

TEST(HugePages, are_as_many_as_the_node_makes_of_it) {
    const HugePagesItem share({.ratio = 0.25});
    const HugePagesItem many({.count = 1024});
    const auto seen = [](const HugePagesItem& item, const char* printed) {
        return Seen().command(command_of(item).key, printed);
    };
    EXPECT_EQ(many.desired(), "1024 huge pages");
    EXPECT_EQ(share.desired(), "0.25 of the memory in huge pages");
    EXPECT_EQ(reason(many, seen(many, "want 1024 live 0\nfile missing\n")), "missing, 0 huge pages, expected 1024");
    EXPECT_EQ(reason(share, seen(share, "want 512 live 512\nfile other\n")), "content differs");
    EXPECT_EQ(reason(share, seen(share, "want 512 live 512\nfile same\n")), "");
    EXPECT_EQ(many.claimed(seen(many, "want 1024 live 7\nfile missing\n").observation()).undo,
              (nlohmann::json{{"was_live", "7"}}));
}

TEST(Swap, is_off_where_nothing_is_used_and_nothing_turns_it_on) {
    const SwapItem off(false);
    const SwapItem on(true);
    const node::Probe look = command_of(off);
    const auto seen = [&](const char* load, const char* printed) {
        return Seen().unit("swap.target", load, "active", "static").command(look.key, printed);
    };
    EXPECT_EQ(reason(off, seen("loaded", "used /dev/sda5\n")), "swap.target is not masked, /dev/sda5 is in use");
    EXPECT_EQ(reason(off, seen("masked", "")), "");
    EXPECT_EQ(reason(off, seen("masked", "idle dev-sda5.swap\n")), "");
    EXPECT_EQ(reason(on, seen("masked", "")), "swap.target is masked");
    EXPECT_EQ(reason(on, seen("loaded", "idle dev-sda5.swap\n")), "dev-sda5.swap is not in use");
    EXPECT_EQ(reason(on, seen("loaded", "used /dev/sda5\n")), "");
    // A mask of others stays, and what was on is not masked when we go.
    EXPECT_EQ(SwapItem::undo(off.claimed(seen("loaded", "").observation())).size(), 1U);
    EXPECT_TRUE(SwapItem::undo(off.claimed(seen("masked", "").observation())).empty());
    EXPECT_TRUE(SwapItem::undo(on.claimed(seen("loaded", "").observation())).empty());
}

}  // namespace
}  // namespace pigsty::item
