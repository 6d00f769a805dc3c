// Items on a real root end: what compare() finds wrong is right after operations(), and undo() leaves what was before.
#include <gmock/gmock.h>

#include "core/item/cron_file.h"
#include "core/item/directory.h"
#include "core/item/file.h"
#include "core/item/host_name.h"
#include "core/item/hosts_block.h"
#include "core/item/link.h"
#include "core/item/put_back.h"
#include "core/item/service.h"
#include "core/item/sysctl.h"
#include "core/item/time_zone.h"
#include "core/node/testing/node_test.h"

namespace pigsty::item {
namespace {

using testing::HasSubstr;

class LiveItem : public node::NodeTest {
  protected:
    // Runs the item's operations; the error output of the one that failed, or "".
    std::string apply(const Item& item, const node::ClaimedItem* claimed = nullptr) {
        const node::Observation before = seen(item.probes());
        const auto change = item.compare(before, claimed);
        EXPECT_TRUE(change) << item.label();
        if (!change) return "nothing to do";
        const std::size_t wanted = item.operations(*change).size();
        const auto results = done(item.operations(*change));
        if (results.size() != wanted || results.back().status != 0) return results.back().err;
        return "";
    }
    std::string reason_now(const Item& item) {
        const auto change = item.compare(seen(item.probes()), nullptr);
        return change ? change->reason : "";
    }
    void take_back(const Item& item, const node::ClaimedItem& entry) {
        const auto operations = undo(item.label(), entry);
        ASSERT_TRUE(operations);
        for (const auto& result : done(*operations)) EXPECT_EQ(result.status, 0) << result.err;
    }
    std::string read(const std::string& path) { return machine->read(path); }
    std::string sh(const std::string& script) { return machine->run(script).value_or("could not run"); }
};

TEST_F(LiveItem, a_file_is_written_once_and_taken_back) {
    sh("printf 'theirs\\n' > /etc/ours.conf; chmod 0600 /etc/ours.conf");
    const FileItem file({.path = "/etc/ours.conf",
                         .content = "ours $(reboot) 'quoted'\n",
                         .owner = "daemon",
                         .group = "daemon",
                         .mode = 0640});
    const node::ClaimedItem entry = file.claimed(seen(file.probes()));
    EXPECT_EQ(apply(file), "");
    EXPECT_EQ(read("/etc/ours.conf"), "ours $(reboot) 'quoted'\n");
    EXPECT_EQ(reason_now(file), "");
    EXPECT_EQ(file.state(seen(file.probes())), entry.digest);
    take_back(file, entry);
    EXPECT_EQ(sh("stat -c '%U %a' /etc/ours.conf; cat /etc/ours.conf"), "root 600\ntheirs\n");
}

TEST_F(LiveItem, a_file_that_its_checker_refuses_never_takes_its_place) {
    sh("printf 'good\\n' > /etc/checked.conf");
    const FileItem bad({.path = "/etc/checked.conf",
                        .content = "bad\n",
                        .check = "grep -q good \"$FILE\" || { echo 'line 1: not good'; exit 1; }"});
    EXPECT_EQ(apply(bad), "line 1: not good\n");
    EXPECT_EQ(read("/etc/checked.conf"), "good\n");
    EXPECT_EQ(sh("ls /etc | grep pigsty-new; echo none"), "none\n");
}

TEST_F(LiveItem, a_file_checked_in_its_place_is_put_back) {
    sh("printf 'good\\n' > /etc/checked.conf; chmod 0604 /etc/checked.conf");
    const FileItem bad({.path = "/etc/checked.conf",
                        .content = "bad\n",
                        .check = "cat /etc/checked.conf; exit 1",
                        .check_where = CheckWhere::placed});
    EXPECT_EQ(apply(bad), "bad\n");
    EXPECT_EQ(sh("stat -c %a /etc/checked.conf; cat /etc/checked.conf"), "604\ngood\n");
    const FileItem fresh(
        {.path = "/etc/fresh.conf", .content = "bad\n", .check = "false", .check_where = CheckWhere::placed});
    apply(fresh);
    EXPECT_EQ(sh("ls /etc/fresh.conf 2>&1"), "ls: cannot access '/etc/fresh.conf': No such file or directory\n");
    const FileItem good(
        {.path = "/etc/fresh.conf", .content = "x\n", .check = "true", .check_where = CheckWhere::placed});
    EXPECT_EQ(apply(good), "");
    EXPECT_EQ(sh("ls -A /run/pigsty/put-back"), "");
}

TEST_F(LiveItem, a_check_leaves_the_copy_that_a_later_handler_puts_back) {
    sh("printf 'good\\n' > /etc/placed.conf");
    const FileItem file(
        {.path = "/etc/placed.conf", .content = "new\n", .check = "true", .check_where = CheckWhere::placed});
    done({node::RunScript{.text = keep_script({"/etc/placed.conf"})}});
    EXPECT_EQ(apply(file), "");
    done({node::RunScript{.text = put_back_script({"/etc/placed.conf"})}});
    EXPECT_EQ(read("/etc/placed.conf"), "good\n");
}

TEST_F(LiveItem, directories_go_only_when_empty) {
    const DirectoryItem folder({.path = "/srv/a/b", .owner = "daemon", .group = "daemon", .mode = 0750});
    const node::ClaimedItem entry = folder.claimed(seen(folder.probes()));
    EXPECT_EQ(apply(folder), "");
    EXPECT_EQ(reason_now(folder), "");
    sh("touch /srv/a/b/theirs");
    take_back(folder, entry);
    EXPECT_EQ(sh("ls /srv/a/b"), "theirs\n");
    sh("rm /srv/a/b/theirs");
    take_back(folder, entry);
    EXPECT_EQ(sh("ls /srv/a"), "");
}

TEST_F(LiveItem, a_link_never_replaces_a_file) {
    const LinkItem link({.path = "/srv/link", .target = "/usr/bin"});
    const node::ClaimedItem entry = link.claimed(seen(link.probes()));
    EXPECT_EQ(apply(link), "");
    EXPECT_EQ(reason_now(link), "");
    take_back(link, entry);
    sh("touch /srv/link");
    EXPECT_EQ(apply(link), "/srv/link is there and is not a link: move it away\n");
}

TEST_F(LiveItem, a_service_is_enabled_and_started_and_taken_back) {
    sh("mkdir -p /etc/systemd/system; printf '[Service]\\nExecStart=/bin/true\\n' > "
       "/etc/systemd/system/pigtest.service");
    const ServiceItem service({.unit = "pigtest.service", .enabled = true, .running = true});
    const node::ClaimedItem entry = service.claimed(seen(service.probes()));
    EXPECT_EQ(apply(service), "");
    EXPECT_EQ(reason_now(service), "");
    take_back(service, entry);
    EXPECT_EQ(reason_now(service), "disabled, expected enabled, inactive, expected active");
}

TEST_F(LiveItem, a_masked_service_is_unmasked) {
    sh("mkdir -p /etc/systemd/system; : > /etc/systemd/system/pigmask.service; systemctl mask pigmask.service");
    const ServiceItem service({.unit = "pigmask.service", .enabled = true, .running = true});
    EXPECT_EQ(reason_now(service), "masked");
    EXPECT_EQ(apply(service), "");
    EXPECT_EQ(reason_now(service), "");
}

TEST_F(LiveItem, sysctl_says_what_this_node_cannot) {
    const SysctlItem possible({.name = "test", .values = {{"net.core.somaxconn", "1234"}}});
    EXPECT_EQ(apply(possible), "");
    EXPECT_EQ(reason_now(possible), "");
    EXPECT_EQ(read("/etc/sysctl.d/60-pigsty-test.conf"),
              "# Kernel settings of pigsty; written whole\nnet.core.somaxconn = 1234\n");
    // The kernel answers in its own words, and one setting sets others.
    const SysctlItem own_words(
        {.name = "words",
         .values = {{"net.ipv4.ip_local_reserved_ports", "5434,5432,5433"}, {"net/ipv4/conf/all/log_martians", "01"}}});
    EXPECT_EQ(apply(own_words), "");
    EXPECT_EQ(reason_now(own_words), "");
    const SysctlItem resets({.name = "resets",
                             .values = {{"net.ipv4.conf.lo.forwarding", "0"},
                                        {"net.ipv4.conf.default.forwarding", "0"},
                                        {"net.ipv4.ip_forward", "1"}}});
    sh("echo 0 > /proc/sys/net/ipv4/ip_forward");
    EXPECT_EQ(apply(resets), "");
    EXPECT_EQ(reason_now(resets), "");
    EXPECT_EQ(sh("cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/conf/lo/forwarding"), "1\n0\n");
    const SysctlItem unknown({.name = "test", .values = {{"net.core.no_such", "1"}, {"net.core.somaxconn", "2345"}}});
    EXPECT_EQ(apply(unknown), "sysctl net.core.no_such: this node's kernel does not have it\n");
    const SysctlItem refused(
        {.name = "test", .values = {{"net.core.somaxconn", "2345"}, {"net.ipv4.tcp_syncookies", "nonsense"}}});
    EXPECT_THAT(apply(refused), HasSubstr("sysctl net.ipv4.tcp_syncookies: cannot be set on this node"));
    EXPECT_EQ(reason_now(possible), "");
}

TEST_F(LiveItem, hosts_lines_leave_the_others_byte_for_byte) {
    sh("printf '127.0.0.1 localhost\\n# theirs' > /etc/hosts");
    const HostsBlockItem block({.owner = "node a", .lines = {"10.10.10.10 i.pigsty", "10.10.10.11\tx $(id)"}});
    const node::ClaimedItem entry = block.claimed(seen(block.probes()));
    EXPECT_EQ(apply(block), "");
    EXPECT_EQ(read("/etc/hosts"),
              "127.0.0.1 localhost\n# theirs\n# pigsty begin node a\n10.10.10.10 i.pigsty\n10.10.10.11\tx $(id)\n# "
              "pigsty end node a\n");
    EXPECT_EQ(reason_now(block), "");
    EXPECT_EQ(block.state(seen(block.probes())), entry.digest);
    sh("printf '10.0.0.9 later\\n' >> /etc/hosts");
    EXPECT_EQ(apply(HostsBlockItem({.owner = "node a", .lines = {"10.10.10.10 j.pigsty"}})), "");
    take_back(block, entry);
    EXPECT_EQ(read("/etc/hosts"), "127.0.0.1 localhost\n# theirs\n10.0.0.9 later\n");
}

TEST_F(LiveItem, cron_without_cron_names_the_package) {
    const CronFileItem cron({.name = "pigsty-test", .lines = {"0 1 * * * root true"}});
    sh("rm -f /usr/sbin/cron /usr/sbin/crond /usr/bin/cron");
    EXPECT_EQ(apply(cron),
              "/etc/cron.d/pigsty-test: no cron on this node: install package cron (packages = [\"cron\"] of its "
              "pigsty_node)\n");
    sh("mkdir -p /etc/cron.d; printf '#!/bin/sh\\n' > /usr/sbin/cron; chmod 0755 /usr/sbin/cron");
    EXPECT_EQ(apply(cron), "");
    EXPECT_EQ(reason_now(cron), "");
    EXPECT_THAT(
        apply(CronFileItem({.name = "pigsty-test", .lines = {"MAILTO=root", "@daily nobody-here true"}})),
        HasSubstr("crontab[1]: there is no user nobody-here on this node, and cron would ignore the whole file"));
    EXPECT_EQ(reason_now(cron), "");
}

TEST_F(LiveItem, the_host_name_changes_now_and_for_later) {
    const HostNameItem name("pg-test-7");
    EXPECT_EQ(apply(name), "");
    EXPECT_EQ(sh("hostname; cat /etc/hostname"), "pg-test-7\npg-test-7\n");
    EXPECT_EQ(reason_now(name), "");
}

TEST_F(LiveItem, the_time_zone_must_exist) {
    sh("mkdir -p /usr/share/zoneinfo/Test; : > /usr/share/zoneinfo/Test/Zone; echo Etc/UTC > /etc/timezone");
    EXPECT_EQ(apply(TimeZoneItem("Test/Zone")), "");
    EXPECT_EQ(reason_now(TimeZoneItem("Test/Zone")), "");
    EXPECT_THAT(apply(TimeZoneItem("Test/Nowhere")),
                HasSubstr("time zone Test/Nowhere: this node has no /usr/share/zoneinfo/Test/Nowhere"));
}

}  // namespace
}  // namespace pigsty::item
