// /etc/hosts, whatever people and programs did to our marks: nothing that is not ours is lost, nothing of ours is left behind.
#include <gmock/gmock.h>

#include "core/item/host_name.h"
#include "core/item/hosts_block.h"
#include "core/item/hosts_file.h"
#include "core/node/testing/node_test.h"

namespace pigsty::item {
namespace {

constexpr const char* kBegin = "# pigsty begin node a\n";
constexpr const char* kEnd = "# pigsty end node a\n";

std::string damage(const std::string& text) { return block_in(text, "node a").damage; }

TEST(HostsBlock, tells_what_was_done_to_its_marks) {
    const std::string begin = kBegin;
    const std::string end = kEnd;
    const std::string line = "10.0.0.1 a\n";
    EXPECT_EQ(damage(begin + line + end), "");
    EXPECT_EQ(damage("10.0.0.9 theirs\n"), "");
    EXPECT_EQ(damage(begin + line + "10.0.0.9 theirs\n"), "the mark of its end is missing");
    EXPECT_EQ(damage(line + end), "the mark of its beginning is missing");
    EXPECT_EQ(damage(end + line + begin), "its marks are in the wrong order");
    EXPECT_EQ(damage(begin + line + end + begin + line + end), "its marks stand there more than once");
    EXPECT_EQ(damage(begin + "# pigsty begin node b\n" + line + end), "marks of another block stand in it");
    EXPECT_EQ(damage("# pigsty begin node a\r\n10.0.0.1 a\r\n# pigsty end node a\r\n"),
              "its lines end with a carriage return");
    EXPECT_EQ(block_in(begin + line + end, "node a").lines, line);
    // The owner whose name begins as ours is another one.
    EXPECT_EQ(block_in("# pigsty begin node ab\n" + line + "# pigsty end node ab\n", "node a").lines, std::nullopt);
}

TEST(HostsFile, names_a_host_outside_of_our_blocks) {
    EXPECT_TRUE(names_host("127.0.0.1 localhost\n127.0.1.1\tPG-1.example.com pg-1 # it\n", "pg-1"));
    EXPECT_TRUE(names_host("127.0.1.1 pg-1", "PG-1"));
    EXPECT_FALSE(names_host("# 127.0.1.1 pg-1\n127.0.1.1 x # pg-1\npg-1 x\n", "pg-1"));
    EXPECT_FALSE(names_host("# pigsty begin node a\n10.0.0.1 pg-1\n# pigsty end node a\n", "pg-1"));
    EXPECT_EQ(loopback_line("pg-1.example.com"), "127.0.1.1\tpg-1.example.com pg-1");
}

class HostsTest : public node::NodeTest {
  protected:
    const HostsBlockItem block{{.owner = "node a", .lines = {"10.0.0.1 a", "10.0.0.2 b"}}};
    const std::string theirs = "127.0.0.1 localhost\n10.9.9.9 theirs\n";
    const std::string ours = "10.0.0.1 a\n10.0.0.2 b\n";

    void write(const std::string& text) {
        for (const auto& result : done({node::PutFile{.path = "/etc/hosts", .content = text}}))
            EXPECT_EQ(result.status, 0);
    }
    std::string hosts() { return machine->read("/etc/hosts"); }
    std::string apply(const Item& item) {
        const auto change = item.compare(seen(item.probes()), nullptr);
        if (!change) return "nothing to do";
        for (const auto& result : done(item.operations(*change))) EXPECT_EQ(result.status, 0) << result.err;
        EXPECT_FALSE(item.compare(seen(item.probes()), nullptr));
        return change->reason;
    }
    void take_back(const Item& item) {
        for (const auto& result : done(*undo(item.label(), item.claimed(seen(item.probes())))))
            EXPECT_EQ(result.status, 0) << result.err;
    }
};

TEST_F(HostsTest, a_mark_that_is_gone_takes_no_line_of_others_along) {
    write(theirs);
    EXPECT_EQ(apply(block), "missing");
    write(std::string(kBegin) + ours + theirs);
    EXPECT_EQ(apply(block), "damaged: the mark of its end is missing");
    EXPECT_EQ(hosts(), kBegin + ours + kEnd + theirs);
    write(theirs + ours + kEnd + "10.8.8.8 below\n");
    EXPECT_EQ(apply(block), "damaged: the mark of its beginning is missing");
    EXPECT_EQ(hosts(), theirs + kBegin + ours + kEnd + "10.8.8.8 below\n");
}

TEST_F(HostsTest, marks_swapped_doubled_or_with_carriage_returns_are_mended) {
    write(theirs + kEnd + ours + "10.7.7.7 between\n" + kBegin + "10.8.8.8 below\n");
    EXPECT_EQ(apply(block), "damaged: its marks are in the wrong order");
    EXPECT_EQ(hosts(), theirs + kBegin + ours + kEnd + "10.7.7.7 between\n10.8.8.8 below\n");
    write(kBegin + ours + kEnd + theirs + kBegin + ours + kEnd);
    EXPECT_EQ(apply(block), "damaged: its marks stand there more than once");
    EXPECT_EQ(hosts(), kBegin + ours + kEnd + theirs);
    write(
        "127.0.0.1 localhost\r\n# pigsty begin node a\r\n10.0.0.1 a\r\n10.0.0.2 b\r\n# pigsty end node a\r\n10.9.9.9 "
        "x\r\n");
    EXPECT_EQ(apply(block), "damaged: its lines end with a carriage return");
    EXPECT_EQ(hosts(), std::string("127.0.0.1 localhost\r\n") + kBegin + ours + kEnd + "10.9.9.9 x\r\n");
}

TEST_F(HostsTest, what_others_put_between_the_marks_stays_and_edits_of_ours_go) {
    write(theirs);
    apply(block);
    write(theirs + kBegin + "10.0.0.1 a\n10.5.5.5 other\n# theirs, too\n10.0.0.7 b\n" + kEnd);
    EXPECT_EQ(apply(block), "lines differ");
    EXPECT_EQ(hosts(), theirs + kBegin + ours + kEnd + "10.5.5.5 other\n# theirs, too\n");
    // Lines that we wrote before and want no more go, though the block is damaged meanwhile.
    write(theirs + kBegin + ours);
    const HostsBlockItem less({.owner = "node a", .lines = {"10.0.0.1 a"}});
    EXPECT_EQ(apply(less), "damaged: the mark of its end is missing");
    EXPECT_EQ(hosts(), theirs + kBegin + "10.0.0.1 a\n" + kEnd);
}

TEST_F(HostsTest, a_damaged_block_goes_without_a_line_of_others) {
    write(theirs);
    apply(block);
    write(theirs + kBegin + ours + "10.8.8.8 below\n");
    take_back(block);
    EXPECT_EQ(hosts(), theirs + "10.8.8.8 below\n");
    EXPECT_EQ(machine->run("ls /var/lib/pigsty").value_or("").find("hosts"), std::string::npos);
    take_back(block);
    EXPECT_EQ(hosts(), theirs + "10.8.8.8 below\n");
}

TEST_F(HostsTest, the_host_name_has_an_address_on_its_own_machine) {
    write("127.0.0.1\tlocalhost\n127.0.1.1\tvm.example.com vm\n::1 localhost\n");
    done({node::RunScript{.text = "hostname vm; echo vm > /etc/hostname"}});
    EXPECT_EQ(apply(HostNameItem("pg-1")),
              "is vm, expected pg-1, /etc/hostname says \"vm\", expected \"pg-1\", /etc/hosts gives it no address");
    // Another machine's domain: that line names more than this machine's old name.
    EXPECT_EQ(hosts(), "127.0.0.1\tlocalhost\n127.0.1.1\tpg-1\n127.0.1.1\tvm.example.com vm\n::1 localhost\n");
    EXPECT_EQ(
        apply(HostNameItem("pg-2.example.com")),
        "is pg-1, expected pg-2.example.com, /etc/hostname says \"pg-1\", expected \"pg-2.example.com\", /etc/hosts "
        "gives it no address");
    EXPECT_EQ(hosts(),
              "127.0.0.1\tlocalhost\n127.0.1.1\tpg-2.example.com pg-2\n127.0.1.1\tvm.example.com vm\n::1 localhost\n");
    write("127.0.0.1 localhost\n10.0.0.1 pg-2.example.com\n");
    EXPECT_EQ(apply(HostNameItem("pg-2.example.com")), "nothing to do");
    write("127.0.0.1 localhost\n");
    EXPECT_EQ(apply(HostNameItem("pg-2.example.com", true)), "nothing to do");
    EXPECT_EQ(apply(HostNameItem("pg-2.example.com")), "/etc/hosts gives it no address");
}

}  // namespace
}  // namespace pigsty::item
