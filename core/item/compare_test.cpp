// compare() and valid() of every item: what differs, in exact words; nothing where nothing differs.
#include <gtest/gtest.h>

#include "core/item/account.h"
#include "core/item/cron_file.h"
#include "core/item/directory.h"
#include "core/item/file.h"
#include "core/item/host_name.h"
#include "core/item/hosts_block.h"
#include "core/item/link.h"
#include "core/item/listening.h"
#include "core/item/package.h"
#include "core/item/repository.h"
#include "core/item/reservation.h"
#include "core/item/service.h"
#include "core/item/sysctl.h"
#include "core/item/testing/seen.h"
#include "core/item/time_zone.h"

namespace pigsty::item {
namespace {

std::string refused(const Item& item) {
    const auto status = item.valid();
    return status ? "" : status.error().message;
}

TEST(AccountItem, says_what_differs_and_goes_only_where_we_made_it) {
    const AccountItem account({.name = "minio", .home = "/home/minio"});
    EXPECT_EQ(reason(account, Seen().account("minio", {})), "missing");
    EXPECT_EQ(reason(account, Seen().account("minio", {"990", "990", "/home/minio", "/usr/sbin/nologin"})), "");
    EXPECT_EQ(reason(account, Seen().account("minio", {"990", "990", "/srv", "/usr/sbin/nologin"})),
              "home /srv, expected /home/minio");
    EXPECT_TRUE(AccountItem::undo("minio", {.kind = "account", .fingerprint = {}, .existed_before = true}).empty());
    EXPECT_EQ(AccountItem::undo("minio", {.kind = "account", .fingerprint = {}, .existed_before = false}).size(), 1U);
}

TEST(FileItem, says_what_differs) {
    const FileItem file({.path = "/etc/a", .content = "text\n", .owner = "etcd", .group = "etcd", .mode = 0600});
    EXPECT_EQ(reason(file, Seen().absent("/etc/a")), "missing");
    EXPECT_EQ(reason(file, Seen().file("/etc/a", "text\n", "etcd:etcd 0600")), "");
    EXPECT_EQ(reason(file, Seen().file("/etc/a", "other\n", "root:root 0644")),
              "content differs, owner root:root, expected etcd:etcd, mode 0644, expected 0600");
    EXPECT_EQ(reason(file, Seen().directory("/etc/a")), "a directory, expected a file");
    EXPECT_EQ(reason(file, Seen().link("/etc/a", "/etc/b")), "a link, expected a file");
}

TEST(FileItem, with_secrets_believes_only_the_claim) {
    const FileItem file(
        {.path = "/etc/a", .content = "password {{replication:3}}\n", .mode = 0600, .secret_scope = "pg-test"});
    const Seen seen = Seen().file("/etc/a", "keyed", "root:root 0600", node::ProbeKind::keyed_path);
    EXPECT_EQ(reason(file, seen), "content not known to be ours");
    node::ClaimedItem claimed{
        .kind = "file", .fingerprint = fingerprint(file.desired()), .digest = sha256_hex("keyed") + " root:root 0600"};
    EXPECT_EQ(reason(file, seen, &claimed), "");
    claimed.fingerprint = fingerprint("password {{replication:2}}\n");
    EXPECT_EQ(reason(file, seen, &claimed), "content differs");
    claimed.digest.clear();
    EXPECT_EQ(reason(file, seen, &claimed), "content not known to be ours");
}

TEST(FileItem, its_state_has_the_form_of_its_digest) {
    const FileItem file({.path = "/etc/a", .content = "text\n", .mode = 0640});
    const Seen seen = Seen().file("/etc/a", "text\n", "root:root 0640");
    EXPECT_EQ(file.state(seen.observation()), file.claimed(seen.observation()).digest);
    EXPECT_EQ(file.claimed(seen.observation()).fingerprint, sha256_hex("text\n").substr(0, 12));
}

TEST(FileItem, refuses_paths_that_are_none) {
    for (const std::string path : {"etc/a", "/", "/etc/../a", "/etc//a", "/etc/a/"}) {
        EXPECT_EQ(refused(FileItem({.path = path, .content = ""})),
                  path + ": expected an absolute path without \"..\" and \"//\", found \"" + path + "\"");
    }
}

TEST(DirectoryItem, says_what_differs) {
    const DirectoryItem folder({.path = "/pg/conf", .owner = "postgres", .group = "postgres", .mode = 0700});
    EXPECT_EQ(reason(folder, Seen().absent("/pg/conf")), "missing");
    EXPECT_EQ(reason(folder, Seen().directory("/pg/conf", "postgres:postgres 0700")), "");
    EXPECT_EQ(reason(folder, Seen().directory("/pg/conf", "root:root 0755")),
              "owner root:root, expected postgres:postgres, mode 0755, expected 0700");
    EXPECT_EQ(reason(folder, Seen().file("/pg/conf", "")), "a file, expected a directory");
    EXPECT_EQ(refused(DirectoryItem({.path = "/data", .whole = true})),
              "/data: a top-level folder cannot be ours as a whole");
}

TEST(LinkItem, says_what_differs) {
    const LinkItem link({.path = "/pg/bin/psql", .target = "/usr/bin/psql"});
    EXPECT_EQ(reason(link, Seen().absent("/pg/bin/psql")), "missing");
    EXPECT_EQ(reason(link, Seen().link("/pg/bin/psql", "/usr/bin/psql")), "");
    EXPECT_EQ(reason(link, Seen().link("/pg/bin/psql", "/bin/sh")), "links to /bin/sh, expected /usr/bin/psql");
    EXPECT_EQ(reason(link, Seen().file("/pg/bin/psql", "")), "a file, expected a link to /usr/bin/psql");
}

TEST(PackageItem, keeps_what_is_installed_unless_a_version_is_named) {
    EXPECT_EQ(reason(PackageItem({.name = "etcd-server"}), Seen().package("etcd-server", "")), "not installed");
    EXPECT_EQ(reason(PackageItem({.name = "etcd-server"}), Seen().package("etcd-server", "3.4.23-4")), "");
    EXPECT_EQ(
        reason(PackageItem({.name = "etcd-server", .version = "3.5.16-4"}), Seen().package("etcd-server", "3.4.23-4")),
        "version 3.4.23-4, expected 3.5.16-4");
    EXPECT_EQ(reason(PackageItem({.name = "etcd-server", .version = "0:3.4.23-4"}),
                     Seen().package("etcd-server", "3.4.23-4")),
              "");
}

TEST(PackageItem, is_named_so_that_apt_reads_nothing_else) {
    for (const std::string good :
         {"htop", "g++", "libstdc++6", "memtest86+", "python3.11", "htop=3.2.2-2", "x2=1:2.0~rc1+b"})
        EXPECT_TRUE(check_package(good)) << good;
    const auto refused = [](const std::string& text) {
        const auto status = check_package(text);
        return status ? "" : status.error().message;
    };
    EXPECT_EQ(refused("htop-"),
              "expected a package as NAME or NAME=VERSION, found \"htop-\", which tells apt to remove it");
    EXPECT_EQ(refused("htop+"),
              "expected a package as NAME or NAME=VERSION, found \"htop+\", which tells apt to install it");
    for (const std::string bad : {"", "x", "x; reboot", "htop*", "^lib", "htop/bookworm", "htop:arm64", "Htop", "-y"})
        EXPECT_EQ(refused(bad), "expected a package as NAME or NAME=VERSION, found \"" + bad + "\"");
    EXPECT_EQ(refused("htop=3.*"), "expected a package as NAME or NAME=VERSION, found the version \"3.*\"");
    EXPECT_FALSE(PackageItem({.name = "htop-"}).valid());
}

TEST(ChosenPackageItem, refuses_a_virtual_one_before_anything_is_written) {
    const ChosenPackageItem item({.name = "mail-transport-agent"});
    const std::string script = item.looks().begin()->key;
    const auto refused = [&](const std::string& answer) {
        node::Observation seen;
        seen.set({node::ProbeKind::command, script}, answer);
        const auto status = item.check(seen);
        return status ? "" : status.error().message;
    };
    EXPECT_EQ(
        refused("virtual mail-transport-agent exim4-daemon-light postfix\n"),
        "expected a package that can be installed, found that mail-transport-agent is a virtual one, provided by: "
        "exim4-daemon-light postfix");
    EXPECT_EQ(refused("real mail-transport-agent\n"), "");
    EXPECT_EQ(refused(""), "");
}

TEST(PackageItem, packages_of_one_step_are_one_apt_run) {
    const auto one = std::make_shared<PackageItem>(PackageSpec{.name = "one"});
    const auto two = std::make_shared<PackageItem>(PackageSpec{.name = "two", .version = "2.0"});
    const auto file = std::make_shared<FileItem>(FileSpec{.path = "/etc/a", .content = ""});
    const auto work = merged({{one, {}}, {two, {}}, {file, {}}});
    ASSERT_EQ(work.size(), 2U);
    EXPECT_EQ(work[0].items.size(), 2U);
    ASSERT_EQ(work[0].operations.size(), 1U);
    EXPECT_NE(std::get<node::RunScript>(work[0].operations[0]).text.find("-- 'one' 'two=2.0'"), std::string::npos);
}

TEST(RepositoryItem, writes_deb822) {
    const RepositoryItem repository({.name = "pgdg",
                                     .uris = {"https://example.org/pg"},
                                     .suites = {"trixie-pgdg"},
                                     .components = {"main"},
                                     .signed_by = "KEY\n"});
    EXPECT_EQ(repository.source_text(),
              "Types: deb\nURIs: https://example.org/pg\nSuites: trixie-pgdg\nComponents: main\n"
              "Signed-By: /etc/apt/keyrings/pigsty-pgdg.asc\n");
    const std::string source = "/etc/apt/sources.list.d/pigsty-pgdg.sources";
    const std::string key = "/etc/apt/keyrings/pigsty-pgdg.asc";
    EXPECT_EQ(reason(repository, Seen().absent(source).absent(key)), "missing");
    EXPECT_EQ(reason(repository, Seen().file(source, repository.source_text()).file(key, "KEY\n")), "");
    EXPECT_EQ(reason(repository, Seen().file(source, "x").file(key, "y")), "source differs, key differs");
    EXPECT_EQ(
        refused(RepositoryItem({.name = "a", .uris = {"http://x\nTrusted: yes"}, .suites = {"s"}})),
        "repository a: holds a control character (U+000A at byte 8), which a line of this file cannot: remove it");
}

TEST(ServiceItem, says_what_differs) {
    const ServiceItem service({.unit = "haproxy.service", .enabled = true, .running = true});
    EXPECT_EQ(reason(service, Seen().unit("haproxy.service", "not-found", "inactive", "")), "no such unit");
    EXPECT_EQ(reason(service, Seen().unit("haproxy.service", "loaded", "active", "enabled")), "");
    EXPECT_EQ(reason(service, Seen().unit("haproxy.service", "loaded", "failed", "disabled")),
              "disabled, expected enabled, failed, expected active");
    EXPECT_EQ(reason(service, Seen().unit("haproxy.service", "loaded", "activating", "enabled", "start")), "");
    EXPECT_EQ(reason(service, Seen().unit("haproxy.service", "loaded", "activating", "enabled", "auto-restart")),
              "activating (auto-restart), expected active");
    EXPECT_EQ(reason(service, Seen().unit("haproxy.service", "masked", "inactive", "masked")), "masked");
    const ServiceItem off({.unit = "etcd.service", .enabled = false, .running = false});
    EXPECT_EQ(reason(off, Seen().unit("etcd.service", "loaded", "active", "enabled")),
              "enabled, expected disabled, active, expected inactive");
    EXPECT_EQ(reason(off, Seen().unit("etcd.service", "loaded", "activating", "disabled", "auto-restart")),
              "activating (auto-restart), expected inactive");
    EXPECT_EQ(reason(off, Seen().unit("etcd.service", "masked", "inactive", "masked")), "");
    EXPECT_EQ(refused(ServiceItem({.unit = "haproxy"})),
              "service haproxy: expected a unit name with its suffix, such as haproxy.service");
}

TEST(ListeningItem, looks_only_at_what_an_earlier_apply_left_listened_to) {
    const ListeningItem item("haproxy.service", {5433, 5434});
    const auto seen = [&](const std::string& active, const std::string& listened) {
        Seen seen;
        seen.unit("haproxy.service", "loaded", active, "enabled");
        for (const auto& probe : item.probes())
            if (probe.kind == node::ProbeKind::command) seen.command(probe.key, listened);
        return seen;
    };
    // Port 5433 is 1539 to the kernel, 5434 is 153A.
    const auto claimed = item.claimed(Seen().observation());
    EXPECT_EQ(reason(item, seen("active", "0016\n1539\n153A\n"), &claimed), "");
    EXPECT_EQ(reason(item, seen("active", "0016\n1539\n"), &claimed), "nobody listens on 5434, to be restarted");
    EXPECT_EQ(reason(item, seen("inactive", ""), &claimed), "") << "the service's own business";
    EXPECT_EQ(reason(item, seen("active", "0016\n")), "") << "a create starts it later";
    const auto before = ListeningItem("haproxy.service", {5433}).claimed(Seen().observation());
    EXPECT_EQ(reason(item, seen("active", "1539\n"), &before), "") << "a new port comes with a reload";
    EXPECT_EQ(item.desired(), ListeningItem("haproxy.service", {5433}).desired()) << "no restart for a new port";
}

TEST(SysctlItem, compares_file_and_live_value_by_meaning) {
    const SysctlItem sysctl({.name = "node", .values = {{"net.ipv4.tcp_rmem", "4096 87380 6291456"}}});
    const std::string path = "/etc/sysctl.d/60-pigsty-node.conf";
    EXPECT_EQ(reason(sysctl, Seen().file(path, sysctl.desired()).sysctl("net.ipv4.tcp_rmem", "4096\t87380\t6291456")),
              "");
    EXPECT_EQ(reason(sysctl, Seen().absent(path).sysctl("net.ipv4.tcp_rmem", "1 2 3")),
              "missing, net.ipv4.tcp_rmem is 1 2 3, expected 4096 87380 6291456");
    EXPECT_EQ(reason(sysctl, Seen().file(path, sysctl.desired()).no_sysctl("net.ipv4.tcp_rmem")),
              "net.ipv4.tcp_rmem is not known to this kernel");
    EXPECT_EQ(refused(SysctlItem({.name = "node", .values = {{"net.core.somaxconn", "1\n2"}}})),
              "sysctl net.core.somaxconn: holds a control character (U+000A at byte 1), which a line of this file "
              "cannot: remove it");
    EXPECT_EQ(refused(SysctlItem({.name = "node", .values = {{"../x", "1"}}})),
              "expected the name of a kernel setting such as net.core.somaxconn, found \"../x\"");
    const SysctlItem ports({.name = "node", .values = {{"net/ipv4/ip_local_reserved_ports", "5432,5433,5434"}}});
    EXPECT_EQ(reason(ports, Seen().file(path, ports.desired()).sysctl("net.ipv4.ip_local_reserved_ports", "5432-5434")),
              "");
}

TEST(HostsBlockItem, sees_its_own_lines_only) {
    const HostsBlockItem block({.owner = "node a", .lines = {"10.10.10.10 i.pigsty"}});
    const std::string others = "127.0.0.1 localhost\n";
    EXPECT_EQ(reason(block, Seen().text("/etc/hosts", others)), "missing");
    const std::string marked = others + "# pigsty begin node a\n10.10.10.10 i.pigsty\n# pigsty end node a\n";
    EXPECT_EQ(reason(block, Seen().text("/etc/hosts", marked)), "");
    EXPECT_EQ(reason(block,
                     Seen().text("/etc/hosts", others + "# pigsty begin node a\n10.10.10.11 x\n# pigsty end node a\n")),
              "lines differ");
    EXPECT_EQ(reason(HostsBlockItem({.owner = "node b", .lines = {"10.10.10.10 i.pigsty"}}),
                     Seen().text("/etc/hosts", marked)),
              "missing");
    EXPECT_EQ(refused(HostsBlockItem({.owner = "node a", .lines = {"10.0.0.1 a\n10.0.0.2 b"}})),
              "/etc/hosts node a line \"10.0.0.1 a\n10.0.0.2 b\": holds a control character (U+000A at byte 10), which "
              "a line of this file cannot: remove it");
}

TEST(CronFileItem, stores_lines_exactly) {
    const CronFileItem cron({.name = "pigsty-node", .lines = {"0 1 * * * root /bin/date +\\%F"}});
    EXPECT_EQ(cron.desired(), "# Jobs of pigsty; written whole\n0 1 * * * root /bin/date +\\%F\n");
    EXPECT_EQ(reason(cron, Seen().file("/etc/cron.d/pigsty-node", cron.desired(), "root:root 0666")),
              "mode 0666, expected 0644");
    EXPECT_EQ(
        refused(CronFileItem({.name = "pigsty-node", .lines = {"# x", "@dayly root true"}})),
        "/etc/cron.d/pigsty-node: crontab[1]: expected one of @reboot, @yearly, @annually, @monthly, @weekly, @daily, "
        "@midnight, @hourly, found @dayly");
    EXPECT_EQ(refused(CronFileItem({.name = "a.b", .lines = {}})),
              "/etc/cron.d/a.b: cron reads only files named with letters, digits, - and _");
}

TEST(HostNameItem, compares_now_and_after_a_reboot) {
    const HostNameItem name("pg-test-1");
    const auto seen = [](const std::string& now, const std::string& hosts) {
        return Seen().text("/etc/hostname", now + "\n").sysctl("kernel.hostname", now).text("/etc/hosts", hosts);
    };
    EXPECT_EQ(reason(name, seen("pg-test-1", "127.0.1.1 pg-test-1\n")), "");
    EXPECT_EQ(reason(name, seen("vm", "127.0.1.1 pg-test-1\n")),
              "is vm, expected pg-test-1, /etc/hostname says \"vm\", expected \"pg-test-1\"");
    EXPECT_EQ(reason(name, seen("pg-test-1", "127.0.0.1 localhost\n")), "/etc/hosts gives it no address");
    EXPECT_EQ(reason(HostNameItem("pg-test-1", true), seen("pg-test-1", "")), "");
    EXPECT_EQ(
        refused(HostNameItem("a b")),
        "expected a host name of letters, digits, hyphens and dots with at most 63 bytes, found \"a b\" (3 bytes)");
    for (const std::string& good : {std::string("pg-test-1"), std::string("a.b.c"), std::string(63, 'a')})
        EXPECT_EQ(refused(HostNameItem(good)), "") << good;
    for (const std::string& bad : {std::string(), std::string("-a"), std::string("a-"), std::string("a..b"),
                                   std::string("a."), std::string("a_b"), std::string(64, 'a')})
        EXPECT_NE(refused(HostNameItem(bad)), "") << bad;
}

TEST(TimeZoneItem, reads_the_link) {
    const TimeZoneItem zone("Asia/Shanghai");
    EXPECT_EQ(reason(zone, Seen().link("/etc/localtime", "/usr/share/zoneinfo/Asia/Shanghai").no_text("/etc/timezone")),
              "");
    EXPECT_EQ(
        reason(zone, Seen().link("/etc/localtime", "../usr/share/zoneinfo/Etc/UTC").text("/etc/timezone", "Etc/UTC\n")),
        "is Etc/UTC, expected Asia/Shanghai, /etc/timezone differs");
    EXPECT_EQ(refused(TimeZoneItem("../../etc/passwd")),
              "time zone \"../../etc/passwd\": expected a name such as Europe/Berlin or Etc/UTC");
}

TEST(Undo, refuses_kinds_of_newer_versions) {
    const auto operations = undo("quota /data", {.kind = "quota", .fingerprint = {}});
    ASSERT_FALSE(operations);
    EXPECT_EQ(operations.error().message,
              "quota /data: a claim holds an item of kind \"quota\", which this version does not know");
    EXPECT_TRUE(undo("port 5432", {.kind = "reservation", .fingerprint = {}})->empty());
}

TEST(Handler, speaks_the_words_of_the_forecast) {
    EXPECT_EQ(Handler::reload("haproxy.service").sentence(), "reload haproxy.service");
    EXPECT_EQ(Handler::restart("etcd.service", true).sentence(), "restart etcd.service");
    EXPECT_EQ(Handler::run("rebuild pgbouncer's list", "true").sentence(), "rebuild pgbouncer's list");
}

}  // namespace
}  // namespace pigsty::item
