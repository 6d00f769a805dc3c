#include "core/node/remote_node.h"

#include "core/base/hash.h"
#include "core/node/testing/node_test.h"

namespace pigsty::node {
namespace {

using RemoteNodeTest = NodeTest;

TEST_F(RemoteNodeTest, the_first_request_brings_facts) {
    EXPECT_EQ(node->facts().os_id, "debian");
    EXPECT_GT(node->facts().cpu, 0);
    EXPECT_GT(node->facts().memory_mb, 0);
    EXPECT_GT(node->facts().data_disk_gb, 0);
    EXPECT_EQ(node->counters().requests, 1U);
    EXPECT_EQ(node->counters().replies, 1U);
}

TEST_F(RemoteNodeTest, a_script_gives_status_output_and_error) {
    const auto results = done({RunScript{.text = "cat; echo oops >&2; exit 3", .input = "in\n"}});
    ASSERT_EQ(results.size(), 1U);
    EXPECT_EQ(results[0].status, 3);
    EXPECT_EQ(results[0].out, "in\n");
    EXPECT_EQ(results[0].err, "oops\n");
}

TEST_F(RemoteNodeTest, a_request_stops_at_the_first_failure_unless_it_may_fail) {
    const auto results = done({RunScript{.text = "exit 1", .may_fail = true}, RunScript{.text = "kill -9 $$"},
                               RunScript{.text = "touch /etc/never"}});
    ASSERT_EQ(results.size(), 2U);
    EXPECT_EQ(results[1].status, 128 + 9);
    EXPECT_EQ(seen({{ProbeKind::path, "/etc/never"}}).path("/etc/never").type, PathType::absent);
}

TEST_F(RemoteNodeTest, large_input_and_output_arrive_whole_and_in_pieces) {
    std::string input(3'000'000, 'x');
    for (std::size_t i = 0; i < input.size(); i += 7) input[i] = static_cast<char>(i);
    std::string pieces;
    const auto results =
        node->request({RunScript{.text = "cat", .input = input}, RunScript{.text = "head -c 20000000 /dev/zero"}},
                      cancel, [&](std::string_view piece) { pieces.append(piece); });
    ASSERT_TRUE(results) << summary(results.error());
    EXPECT_TRUE((*results)[0].out == input);
    EXPECT_EQ((*results)[1].out.size(), 20'000'000U);
    EXPECT_EQ(pieces.size(), 23'000'000U);
}

TEST_F(RemoteNodeTest, a_script_never_stands_in_the_process_list) {
    const auto results = done({RunScript{.text = "tr '\\0' ' ' < /proc/$$/cmdline; : top secret"}});
    EXPECT_EQ(results.at(0).out, "sh /dev/fd/3 ");
}

TEST_F(RemoteNodeTest, files_are_put_with_owner_mode_and_any_bytes) {
    const std::string content("\0line\n\xff$(reboot)'", 17);
    done({PutFile{.path = "/etc/new.conf", .content = content, .owner = "daemon", .group = "games", .mode = 0640}});
    const Probes probes = {{ProbeKind::path, "/etc/new.conf"}};
    EXPECT_EQ(
        seen(probes).path("/etc/new.conf"),
        (PathState{
            .type = PathType::file, .owner = "daemon", .group = "games", .mode = 0640, .digest = sha256_hex(content)}));
    EXPECT_EQ(machine->read("/etc/new.conf"), content);
    EXPECT_EQ(*machine->run("ls -A /etc | grep -c pigsty- || true"), "0\n");
}

TEST_F(RemoteNodeTest, a_file_that_cannot_be_put_says_why) {
    const struct {
        PutFile file;
        std::string cause;
    } cases[] = {
        {{.path = "/no/such/file"}, "create a file in /no/such: No such file or directory\n"},
        {{.path = "/etc/x", .owner = "nobody-here"}, "there is no user nobody-here on this node\n"},
        {{.path = "/etc/x", .group = "nobody-here"}, "there is no group nobody-here on this node\n"},
        {{.path = "/etc"}, "is a directory\n"},
        {{.path = "/etc/x", .content = "{{pw:1}}", .secret_scope = "c"}, "the secret pw of c is not on this node\n"}};
    for (const auto& [file, cause] : cases) {
        const auto results = done({file, RunScript{.text = "touch /etc/never"}});
        ASSERT_EQ(results.size(), 1U);
        EXPECT_EQ(results[0].status, 1);
        EXPECT_EQ(results[0].err, cause);
    }
    EXPECT_EQ(*machine->run("ls -A /etc | grep -c pigsty- || true"), "0\n");
}

TEST_F(RemoteNodeTest, what_was_there_before_is_kept_once) {
    ASSERT_TRUE(machine->run("echo theirs > /etc/own.conf; chmod 0604 /etc/own.conf; chown games /etc/own.conf"));
    const PutFile first{.path = "/etc/own.conf", .content = "ours", .keep_before = true};
    EXPECT_EQ(done({first}).at(0).out, "/var/lib/pigsty/before/etc/own.conf");
    EXPECT_EQ(done({PutFile{.path = "/etc/own.conf", .content = "ours again", .keep_before = true}}).at(0).out, "");
    EXPECT_EQ(*machine->run("cd /var/lib/pigsty/before/etc; cat own.conf; stat -c '%a %U' own.conf"),
              "theirs\n604 games\n");
    // A package's file that nobody touched is the package's business.
    EXPECT_EQ(done({PutFile{.path = "/etc/debconf.conf", .content = "ours", .keep_before = true}}).at(0).out, "");
}

TEST_F(RemoteNodeTest, hostile_names_are_names) {
    const std::vector<std::string> names = {
        "new\nline", "quote'\"`",  "$(touch pwned)", "a b ", "\xc3\xa4\xe2\x82\xac", "-rf", "back\\slash",
        "{{x:1}}",   "semi;colon", "\x01\x7f",       "*"};
    std::vector<Operation> work = {RunScript{.text = "mkdir /etc/names"}};
    Probes probes;
    for (const auto& name : names) {
        work.emplace_back(PutFile{.path = "/etc/names/" + name, .content = name});
        probes.insert({ProbeKind::path, "/etc/names/" + name});
        probes.insert({ProbeKind::text, "/etc/names/" + name});
    }
    ASSERT_EQ(done(std::move(work)).back().status, 0);
    const auto found = seen(probes);
    for (const auto& name : names) {
        EXPECT_EQ(found.path("/etc/names/" + name).digest, sha256_hex(name)) << name;
        EXPECT_EQ(found.text("/etc/names/" + name), name);
    }
    EXPECT_EQ(*machine->run("ls /pwned 2>/dev/null || true"), "");
    EXPECT_EQ(*machine->run("ls /etc/names | wc -l"),
              std::to_string(names.size() + 1) + "\n");  // one holds a line feed
}

TEST_F(RemoteNodeTest, every_kind_of_probe_tells_what_is_there_and_what_is_not) {
    ASSERT_TRUE(machine->run(
        "ln -s 'some where' /etc/link; mkdir -m 1750 /etc/folder; mkfifo /etc/pipe; mkdir -p /etc/systemd/system; "
        "echo > /etc/systemd/system/ours.service; systemctl enable --now ours; adduser() { :; }; "
        "useradd -M -G games,audio -s /bin/false ours; echo 1 > /proc/sys/net/ipv4/ip_forward"));
    Probes probes;
    for (const auto* path : {"/etc/link", "/etc/folder", "/etc/pipe", "/etc/absent", "/etc/passwd/below"})
        probes.insert({ProbeKind::path, path});
    for (const auto* unit : {"ours", "absent.service"}) probes.insert({ProbeKind::unit, unit});
    for (const auto* package : {"perl-base", "absent-package"}) probes.insert({ProbeKind::package, package});
    for (const auto* name : {"ours", "absent"}) {
        probes.insert({ProbeKind::account, name});
        probes.insert({ProbeKind::group, name});
    }
    for (const auto* name : {"net.ipv4.ip_forward", "net.ipv4.conf.lo.forwarding", "net.absent"})
        probes.insert({ProbeKind::sysctl, name});
    const std::string broken = "if";
    const std::string quoted = "echo \"it's\"; printf 'no end'; echo unseen >&2";
    for (const auto& script : {broken, quoted, std::string("exit 1")}) probes.insert({ProbeKind::command, script});
    probes.insert({ProbeKind::text, "/etc/absent"});
    probes.insert({ProbeKind::clock, ""});

    const auto found = seen(probes);
    EXPECT_EQ(found.path("/etc/link").type, PathType::link);
    EXPECT_EQ(found.path("/etc/link").target, "some where");
    EXPECT_EQ(found.path("/etc/folder").type, PathType::directory);
    EXPECT_EQ(found.path("/etc/folder").mode, 01750U);
    EXPECT_EQ(found.path("/etc/pipe").type, PathType::other);
    EXPECT_EQ(found.path("/etc/absent"), PathState());
    EXPECT_EQ(found.path("/etc/passwd/below"), PathState());
    EXPECT_EQ(found.unit("ours"), (UnitState{"loaded", "active", "enabled", "running"}));
    EXPECT_EQ(found.unit("absent.service"), (UnitState{"not-found", "inactive", "", "dead"}));
    EXPECT_TRUE(found.package_version("perl-base"));
    EXPECT_FALSE(found.package_version("absent-package"));
    ASSERT_TRUE(found.account("ours"));
    EXPECT_EQ(found.account("ours")->shell, "/bin/false");
    EXPECT_EQ(found.account("ours")->groups, (std::set<std::string>{"ours", "games", "audio"}));
    EXPECT_FALSE(found.account("absent"));
    EXPECT_TRUE(found.group_exists("ours"));
    EXPECT_FALSE(found.group_exists("absent"));
    EXPECT_EQ(found.sysctl("net.ipv4.ip_forward"), "1");
    EXPECT_TRUE(found.sysctl("net.ipv4.conf.lo.forwarding"));
    EXPECT_FALSE(found.sysctl("net.absent"));
    EXPECT_EQ(found.text("/etc/absent"), std::nullopt);
    EXPECT_EQ(found.command(broken), "");
    EXPECT_EQ(found.command(quoted), "it's\nno end");
    EXPECT_EQ(found.command("exit 1"), "");
    // The machine is this one, so its clock is ours.
    const auto now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
    EXPECT_LE(found.clock(), now);
    EXPECT_GT(found.clock(), now - std::chrono::minutes(5));
    EXPECT_EQ(node->counters().requests, 2U);
}

TEST_F(RemoteNodeTest, asking_for_what_was_not_probed_is_a_bug) {
    EXPECT_THROW((void)Observation().path("/etc/passwd"), std::logic_error);
}

}  // namespace
}  // namespace pigsty::node
