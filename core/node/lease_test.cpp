#include "core/node/lease.h"

#include <thread>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "core/node/journal.h"
#include "core/node/testing/node_test.h"

namespace pigsty::node {
namespace {

using namespace std::chrono_literals;

const RootEndSettings kImpatient{.silence = 2s, .touch = 100ms, .grace = 300ms};

class LeaseTest : public NodeTest {
  protected:
    void SetUp() override {
        NodeTest::SetUp();
        if (machine) other = connect(kImpatient);
    }
    Result<Leased> lease(const NodePtr& of, std::chrono::milliseconds lock_timeout = 0ms, const Probes& probes = {}) {
        return lease_all({{of, probes}}, "apply pg_cluster pg-test", lock_timeout, cancel);
    }

    std::shared_ptr<RemoteNode> other;  // another process's view of the machine
};

TEST_F(LeaseTest, it_is_taken_and_everything_seen_in_one_request) {
    const auto before = node->counters().requests;
    const auto leased = lease(node, 0ms, {{ProbeKind::path, "/etc/passwd"}});
    ASSERT_TRUE(leased) << summary(leased.error());
    EXPECT_EQ(leased->seen.at("10.10.10.11").path("/etc/passwd").type, PathType::file);
    EXPECT_EQ(node->counters().requests, before + 1);
    const auto file = nlohmann::json::parse(machine->read("/run/pigsty/lease.json"));
    EXPECT_EQ(file["holder"]["operation"], "apply pg_cluster pg-test");
    EXPECT_EQ(file["holder"]["pid"], ::getpid());
}

TEST_F(LeaseTest, another_process_is_refused_by_name_until_it_is_given_back) {
    {
        const auto leased = lease(node);
        ASSERT_TRUE(leased);
        const auto refused = lease(other, 0ms, {{ProbeKind::path, "/etc/passwd"}});
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::conflict);
        EXPECT_EQ(refused.error().host, "10.10.10.11");
        EXPECT_THAT(
            refused.error().message,
            testing::MatchesRegex(
                "the node is being changed by .+ on .+ \\(process [0-9]+, since .+: apply pg_cluster pg-test\\)"));
        EXPECT_EQ(connect()->lease_holder()->operation, "apply pg_cluster pg-test");
    }
    EXPECT_TRUE(lease(other, 10s));
    EXPECT_EQ(connect()->lease_holder(), std::nullopt);
}

TEST_F(LeaseTest, operations_of_one_process_share_it) {
    auto first = lease(node);
    auto second = lease(node);
    ASSERT_TRUE(first && second);
    first->lease.release();
    EXPECT_FALSE(lease(other));
    second->lease.release();
    EXPECT_TRUE(lease(other, 10s));
}

TEST_F(LeaseTest, who_waits_gets_it_and_can_be_stopped) {
    auto held = lease(node);
    ASSERT_TRUE(held);
    const Cancel stop;
    stop.request_stop();
    const auto stopped = lease_all({{other}}, "x", 60s, stop);
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::cancelled);
    std::jthread holder([&] {
        EXPECT_TRUE(cancel.pause(300ms));
        held->lease.release();
    });
    EXPECT_TRUE(lease(other, 30s));
}

TEST_F(LeaseTest, all_or_none) {
    const auto machine2 = LocalMachine::start();
    ASSERT_TRUE(machine2);
    const auto node2 = (*machine2)->connect(cancel, {}, "10.10.10.12");
    const auto other2 = (*machine2)->connect(cancel, {}, "10.10.10.12");
    ASSERT_TRUE(node2 && other2);
    const auto held = lease(*other2);
    ASSERT_TRUE(held);
    const auto both = lease_all({{*node2}, {node}}, "x", 0ms, cancel);
    ASSERT_FALSE(both);
    EXPECT_EQ(both.error().host, "10.10.10.12");
    EXPECT_TRUE(lease(other, 10s));
}

TEST_F(LeaseTest, a_holder_that_was_killed_leaves_nothing_running) {
    const std::string nap = "sleep 3" + std::to_string(::getpid());
    auto held = lease(node);
    ASSERT_TRUE(held);
    EXPECT_FALSE(node->request(
        {RunScript{.text = "(trap '' TERM; " + nap + ") & echo x > /run/begun; kill -9 $PPID; wait"}}, cancel, {}));
    ASSERT_TRUE(lease(other, 10s));
    EXPECT_EQ(*machine->run("pgrep -cf '" + nap + "$'; true"), "0\n");
}

TEST_F(LeaseTest, a_holder_that_hangs_is_ended) {
    auto hanging = connect(kImpatient);
    auto held = lease(hanging);
    ASSERT_TRUE(held);
    EXPECT_FALSE(hanging->request({RunScript{.text = "kill -STOP $PPID; sleep 1000"}}, cancel, {}));
    const auto taken = lease(other, 30s);
    EXPECT_TRUE(taken) << summary(taken.error());
    // And when it comes back it learns that somebody else was there.
    const auto late = hanging->request({RunScript{.text = ":"}}, cancel, {});
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::conflict);
}

TEST_F(LeaseTest, our_own_former_self_that_hangs_is_ended_at_once) {
    auto hanging = connect(kImpatient);
    auto held = lease(hanging);
    ASSERT_TRUE(held);
    EXPECT_FALSE(hanging->request({RunScript{.text = "kill -STOP $PPID; sleep 1000"}}, cancel, {}));
    const auto again = hanging->request({RunScript{.text = ":"}}, cancel, {});
    EXPECT_TRUE(again) << summary(again.error());
    EXPECT_FALSE(lease(other));
}

TEST_F(LeaseTest, a_connection_that_broke_takes_its_lease_again) {
    auto held = lease(node);
    ASSERT_TRUE(held);
    EXPECT_FALSE(node->request({RunScript{.text = "kill -9 $PPID"}}, cancel, {}));
    EXPECT_TRUE(node->request({RunScript{.text = ":"}}, cancel, {}));
    EXPECT_FALSE(lease(other));
}

TEST_F(LeaseTest, a_full_disk_is_an_error_before_the_first_step) {
    ASSERT_TRUE(machine->run("mkdir -p /var/lib/pigsty && mount -t tmpfs -o size=64k tmpfs /var/lib/pigsty"));
    const auto leased = lease(node);
    ASSERT_FALSE(leased);
    EXPECT_EQ(
        leased.error().message,
        "the node cannot keep a record of what is done there: write under /var/lib/pigsty: No space left on device\n");
    EXPECT_FALSE(machine->run("ls -A /var/lib/pigsty/journal")->find("room") != std::string::npos);
    ASSERT_TRUE(machine->run("umount /var/lib/pigsty"));
    EXPECT_TRUE(lease(other, 10s));
}

TEST_F(LeaseTest, the_journal_tells_steps_in_order_and_is_cleared_after_a_month) {
    const Journal journal("apply", "pg_cluster", "odd/name");
    EXPECT_THAT(journal.operation(), testing::MatchesRegex("[0-9]{8}T[0-9]{6}Z-apply-pg_cluster-odd-name-[0-9a-f]{8}"));
    done({journal.begin("files", {{"/etc/x", "3f1d5a0b9c7e"}}), PutFile{.path = "/etc/x", .content = "secret"},
          journal.end("files")});
    const auto text = machine->read("/var/lib/pigsty/journal/" + journal.operation() + ".jsonl");
    const auto lines = text.find('\n');
    const auto begin = nlohmann::json::parse(text.substr(0, lines));
    EXPECT_EQ(begin["event"], "begin");
    EXPECT_EQ(begin["items"]["/etc/x"], "3f1d5a0b9c7e");
    EXPECT_EQ(nlohmann::json::parse(text.substr(lines + 1))["event"], "end");
    EXPECT_EQ(text.find("secret"), std::string::npos);

    ASSERT_TRUE(machine->run("cd /var/lib/pigsty/journal; touch -d '-31 days' old.jsonl"));
    ASSERT_TRUE(lease(node));
    EXPECT_EQ(*machine->run("ls -A /var/lib/pigsty/journal"), journal.operation() + ".jsonl\n");
}

}  // namespace
}  // namespace pigsty::node
