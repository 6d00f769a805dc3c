// /etc/resolv.conf: our lines come and go, those of others stay, and what another program owns is left alone.
#include "core/item/resolv_conf.h"

#include <gmock/gmock.h>

#include "core/node/testing/node_test.h"

namespace pigsty::item {
namespace {

std::string complaint(const Status& status) { return status ? "" : status.error().message; }

TEST(ResolverOptions, are_those_of_resolv_conf) {
    for (const char* good : {"rotate", "timeout:1", "ndots:15", "edns0"})
        EXPECT_EQ(complaint(check_resolver_option(good)), "");
    for (const char* bad :
         {"", "timeout", "timeout:", "timeout:x", "rotate:1", "rotate timeout:1", "nameserver 1.1.1.1"})
        EXPECT_NE(complaint(check_resolver_option(bad)), "") << bad;
    for (const char* good : {"pigsty", "example.com", "_tcp.x", "."})
        EXPECT_EQ(complaint(check_search_domain(good)), "");
    for (const char* bad : {"", "a b", "a\nb", ".a", "a..b"}) EXPECT_NE(complaint(check_search_domain(bad)), "") << bad;
}

class ResolvConfTest : public node::NodeTest {
  protected:
    const ResolvConfItem beside{{.servers = {"10.0.0.1"}, .search = {"pigsty"}, .options = {"timeout:1", "rotate"}}};
    const ResolvConfItem alone{{.servers = {"10.0.0.1", "10.0.0.2"}, .alone = true}};
    const std::string theirs = "# theirs\nnameserver 10.9.9.9\nsearch example.com\n\n";

    void write(const std::string& text) {
        for (const auto& result : done({node::RunScript{.text = "rm -f /etc/resolv.conf\n"},
                                        node::PutFile{.path = "/etc/resolv.conf", .content = text}}))
            EXPECT_EQ(result.status, 0);
    }
    std::string text() { return machine->read("/etc/resolv.conf"); }
    std::string apply(const ResolvConfItem& item) {
        const auto change = item.compare(seen(item.probes()), nullptr);
        if (!change) return "nothing to do";
        for (const auto& result : done(item.operations(*change)))
            if (result.status != 0) return result.err;
        EXPECT_FALSE(item.compare(seen(item.probes()), nullptr)) << text();
        return change->reason;
    }
    void take_back(const node::ClaimedItem& entry) {
        for (const auto& result : done(ResolvConfItem::undo(entry))) EXPECT_EQ(result.status, 0) << result.err;
    }
    // What the resolver reads.
    std::string read() {
        std::string lines;
        std::istringstream all(text());
        for (std::string line; std::getline(all, line);)
            if (!line.empty() && !line.starts_with('#')) lines += line + "|";
        return lines;
    }
};

TEST_F(ResolvConfTest, has_our_lines_around_those_of_others) {
    write(theirs);
    const auto entry = beside.claimed(seen(beside.probes()));
    EXPECT_EQ(apply(beside), "our lines are missing");
    EXPECT_EQ(beside.state(seen(beside.probes())), entry.digest);
    // Of what stands there, whatever is wanted next.
    EXPECT_EQ(alone.state(seen(alone.probes())), entry.digest);
    EXPECT_EQ(read(),
              "nameserver 10.0.0.1|nameserver 10.9.9.9|search example.com|search pigsty|options timeout:1 rotate|");
    EXPECT_EQ(apply(beside), "nothing to do");
    // Changed: what was ours before goes.
    EXPECT_EQ(apply(alone), "our lines differ");
    EXPECT_EQ(read(), "nameserver 10.0.0.1|nameserver 10.0.0.2|");
    EXPECT_EQ(apply(beside), "our lines differ");
    take_back(entry);
    EXPECT_EQ(text(), theirs);
}

TEST_F(ResolvConfTest, that_somebody_edited_loses_nothing_of_theirs) {
    write(theirs);
    const auto entry = beside.claimed(seen(beside.probes()));
    apply(beside);
    // Our line without its mark is somebody's; a mark without our line takes nothing away.
    machine->run("sed -i '0,/^nameserver 10.0.0.1/s//nameserver 10.7.7.7/; $d' /etc/resolv.conf").value_or("");
    EXPECT_EQ(apply(beside), "our lines differ");
    EXPECT_EQ(read(),
              "nameserver 10.0.0.1|nameserver 10.7.7.7|nameserver 10.9.9.9|search example.com|search pigsty|options "
              "timeout:1 rotate|");
    take_back(entry);
    EXPECT_EQ(text(), "nameserver 10.7.7.7\n" + theirs);
}

TEST_F(ResolvConfTest, that_was_not_there_is_gone_again) {
    machine->run("rm -f /etc/resolv.conf").value_or("");
    const auto entry = alone.claimed(seen(alone.probes()));
    apply(alone);
    EXPECT_EQ(read(), "nameserver 10.0.0.1|nameserver 10.0.0.2|");
    take_back(entry);
    EXPECT_EQ(machine->run("ls /etc/resolv.conf 2>/dev/null || echo none").value_or(""), "none\n");
}

TEST_F(ResolvConfTest, of_another_program_is_left_alone) {
    machine->run("rm -f /etc/resolv.conf; ln -s ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf").value_or("");
    EXPECT_THAT(complaint(beside.check(seen(beside.looks()))),
                testing::HasSubstr("found a link to ../run/systemd/resolve/stub-resolv.conf"));
    EXPECT_THAT(apply(beside), testing::HasSubstr("expected a plain file"));
}

}  // namespace
}  // namespace pigsty::item
