// The same through SSH and sudo on a real node. Runs inside the lab's network, where there is one:
//
//     acceptance/lab/lab up --bare node-1=10.10.10.11
// PIGSTY_TEST_BECOME_PASSWORD: where sudo asks there.
//     PIGSTY_TEST_NODE=10.10.10.11 acceptance/lab/lab run -- BUILD/core/node/pigsty_core_node_test --gtest_filter='LabNode*'
#include <chrono>
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/node/bridge.h"
#include "core/node/lease.h"
#include "core/node/node_pool.h"

namespace pigsty::node {
namespace {

using namespace std::chrono_literals;

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

Connection lab_connection() {
    Connection connection;
    connection.route.endpoint.user = environment("PIGSTY_SSH_USER");
    connection.route.credentials.private_key_file = environment("PIGSTY_SSH_PRIVATE_KEY_FILE");
    connection.become.password = Secret(environment("PIGSTY_TEST_BECOME_PASSWORD"));
    connection.host_keys.files = {environment("PIGSTY_SSH_KNOWN_HOSTS_FILE")};
    return connection;
}

class LabNode : public testing::Test {
  protected:
    void SetUp() override {
        address = {.address = environment("PIGSTY_TEST_NODE")};
        if (address.address.empty()) GTEST_SKIP() << "PIGSTY_TEST_NODE names no node of a lab";
        auto found = pool.node(address, cancel);
        ASSERT_TRUE(found) << summary(found.error()) << detail(found.error());
        node = *found;
    }

    const Cancel cancel = Cancel::within(60s);
    NodePool pool{lab_connection()};
    NodeAddress address;
    NodePtr node;
};

TEST_F(LabNode, costs_one_request_for_facts_and_one_for_everything_seen) {
    EXPECT_THAT(node->facts().systemd, testing::MatchesRegex("[0-9]+"));
    EXPECT_EQ(node->facts().init, "systemd");
    Probes probes;
    // The same unit by two names, a template's instance, one that is masked or absent, a timer, a mount.
    const std::vector<std::string> units = {"ssh",          "ssh.service",        "systemd-journald.service",
                                            "absent-unit",  "getty@tty1.service", "tmp.mount",
                                            "cron.service", "apt-daily.timer"};
    for (const auto& unit : units) probes.insert({ProbeKind::unit, unit});
    for (const std::string package : {"sudo", "perl-base", "libc6", "absent-package"})
        probes.insert({ProbeKind::package, package});
    probes.insert({ProbeKind::account, "vagrant"});
    probes.insert({ProbeKind::sysctl, "kernel.ostype"});
    const auto seen = node->observe(probes, cancel);
    ASSERT_TRUE(seen) << summary(seen.error()) << detail(seen.error());
    EXPECT_EQ(seen->unit("ssh"), seen->unit("ssh.service"));
    EXPECT_EQ(seen->unit("ssh").load, "loaded");
    EXPECT_EQ(seen->unit("systemd-journald.service").active, "active");
    EXPECT_EQ(seen->unit("absent-unit").load, "not-found");
    EXPECT_EQ(seen->unit("getty@tty1.service").load, "loaded");
    EXPECT_TRUE(seen->package_version("libc6"));
    EXPECT_FALSE(seen->package_version("absent-package"));
    EXPECT_TRUE(seen->account("vagrant"));
    EXPECT_EQ(seen->sysctl("kernel.ostype"), "Linux");
    EXPECT_TRUE(pool.node(address, cancel));
    EXPECT_EQ(node->counters().requests, 2U);
}

TEST_F(LabNode, runs_as_root_and_moves_large_output) {
    const auto results = node->request({RunScript{.text = "id -u; head -c 30000000 /dev/zero | tr '\\0' x"},
                                        RunScript{.text = "cat | wc -c", .input = std::string(5'000'000, 'y')}},
                                       cancel);
    ASSERT_TRUE(results) << summary(results.error());
    EXPECT_EQ((*results)[0].out.substr(0, 2), "0\n");
    EXPECT_EQ((*results)[0].out.size(), 30'000'002U);
    EXPECT_EQ((*results)[1].out, "5000000\n");
}

TEST_F(LabNode, lease_and_bridge_work_through_sudo) {
    const auto leased = lease_all({{node, {{ProbeKind::path, "/etc/passwd"}}}}, "test", 5s, cancel);
    ASSERT_TRUE(leased) << summary(leased.error()) << detail(leased.error());
    NodePool another{lab_connection()};
    const auto other = another.node(address, cancel);
    ASSERT_TRUE(other);
    EXPECT_EQ((*other)->lease_holder()->operation, "test");
    EXPECT_FALSE(lease_all({{*other}}, "other", 0ms, cancel));

    // sshd's own port greets first.
    const auto stream = node->open_stream("games", "tcp:127.0.0.1:22", cancel);
    ASSERT_TRUE(stream) << summary(stream.error()) << detail(stream.error());
    std::array<char, 64> greeting{};
    const auto count = (*stream)->read(greeting, cancel);
    ASSERT_TRUE(count);
    EXPECT_EQ(std::string_view(greeting.data(), 4), "SSH-");
}

TEST_F(LabNode, cancel_ends_what_runs_there) {
    const auto results = node->request({RunScript{.text = "sleep 4711"}}, Cancel::within(500ms));
    ASSERT_FALSE(results);
    EXPECT_EQ(results.error().code, ErrorCode::stalled);
    const auto left = node->request({RunScript{.text = "pgrep -cx -f 'sleep 4711'; true"}}, cancel);
    ASSERT_TRUE(left) << summary(left.error());
    EXPECT_EQ((*left)[0].out, "0\n");
}

TEST_F(LabNode, a_wrong_password_for_sudo_is_denied) {
    auto connection = lab_connection();
    if (connection.become.password.empty()) GTEST_SKIP() << "sudo asks for no password there";
    for (const auto& [password, message] : std::vector<std::pair<std::string, std::string>>{
             {"wrong", "sudo did not accept the password"}, {"", "sudo asks for a password, and none is configured"}}) {
        connection.become.password = Secret(password);
        NodePool wrong(connection);
        const auto refused = wrong.node(address, cancel);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::denied);
        EXPECT_EQ(refused.error().message, message);
    }
}

TEST_F(LabNode, a_wrong_key_is_denied) {
    auto connection = lab_connection();
    connection.route.credentials.private_key_file = "/dev/null";
    NodePool wrong(connection);
    const auto refused = wrong.node(address, cancel, Reach::change);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().code, testing::AnyOf(ErrorCode::denied, ErrorCode::invalid))
        << summary(refused.error());
}

}  // namespace
}  // namespace pigsty::node
