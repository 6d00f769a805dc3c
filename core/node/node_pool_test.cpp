#include "core/node/node_pool.h"

#include <atomic>

#include "core/node/testing/node_test.h"

namespace pigsty::node {
namespace {

using namespace std::chrono_literals;

using NodePoolTest = NodeTest;

TEST_F(NodePoolTest, ten_threads_get_one_node_with_one_connection) {
    std::atomic<int> made = 0;
    NodePool pool({}, [&](const NodeAddress&) {
        ++made;
        return machine->launcher();
    });
    std::vector<NodePtr> nodes(10);
    {
        std::vector<std::jthread> threads;
        for (auto& slot : nodes)
            threads.emplace_back([&] { slot = pool.node({.address = "10.10.10.11"}, cancel).value_or(nullptr); });
    }
    for (const auto& found : nodes) EXPECT_EQ(found, nodes[0]);
    EXPECT_TRUE(nodes[0]);
    EXPECT_EQ(made, 1);
    EXPECT_EQ(pool.counters().at("10.10.10.11").requests, 1U);
}

TEST_F(NodePoolTest, a_read_does_not_knock_twice_in_a_row_and_a_change_does) {
    class Deaf : public Launcher {
      public:
        explicit Deaf(std::atomic<int>& knocks) : knocks_(knocks) {}
        Result<std::unique_ptr<RemoteProcess>> start(const std::string&, const Cancel&) override {
            ++knocks_;
            return fail(ErrorCode::unreachable, "no answer");
        }
        [[nodiscard]] std::string login_user() const override { return "root"; }

      private:
        std::atomic<int>& knocks_;
    };
    std::atomic<int> knocks = 0;
    NodePool pool({}, [&](const NodeAddress&) { return std::make_shared<Deaf>(knocks); });
    for (int i = 0; i < 3; ++i) {
        const auto found = pool.node({.address = "10.10.10.19"}, cancel);
        ASSERT_FALSE(found);
        EXPECT_EQ(summary(found.error()), "10.10.10.19: no answer");
    }
    EXPECT_EQ(knocks, 1);
    EXPECT_FALSE(pool.node({.address = "10.10.10.19"}, cancel, Reach::change));
    EXPECT_EQ(knocks, 2);
}

class CloudInitTest : public NodePoolTest {
  protected:
    void SetUp() override {
        NodePoolTest::SetUp();
        if (!node) return;
        machine
            ->run(
                "mkdir -p /run/cloud-init; rm -f /run/cloud-init/result.json; printf '#!/bin/sh\\necho status: "
                "running\\n' > "
                "/usr/bin/cloud-init; chmod 0755 /usr/bin/cloud-init")
            .value();
    }
    std::unique_ptr<NodePool> pool_with(std::chrono::seconds connect_timeout) {
        Connection connection;
        connection.route.connect_timeout = connect_timeout;
        return std::make_unique<NodePool>(std::move(connection),
                                          [this](const NodeAddress&) { return machine->launcher(); });
    }
    void end_with(const std::string& result) {
        machine
            ->run("printf '%s' '" + result +
                  "' > /run/cloud-init/new && mv /run/cloud-init/new /run/cloud-init/result.json")
            .value();
    }
    const NodeAddress address{.address = "10.10.10.11"};
};

TEST_F(CloudInitTest, is_waited_for_by_a_change_though_a_read_was_first) {
    const auto pool = pool_with(60s);
    std::vector<std::string> told;
    pool->tell_waits([&](const std::string& where, const std::string& what, std::chrono::milliseconds) {
        told.push_back(where + " " + what);
        if (told.size() == 2) end_with(R"({"v1": {"datasource": "NoCloud", "errors": []}})");
    });
    const auto read = pool->node(address, cancel);
    ASSERT_TRUE(read) << summary(read.error());
    EXPECT_EQ((*read)->facts().cloud_init, "running");
    EXPECT_TRUE(told.empty());
    const auto change = pool->node(address, cancel, Reach::change);
    ASSERT_TRUE(change) << summary(change.error());
    // What was known before is of a machine that was still being made.
    EXPECT_NE(*change, *read);
    EXPECT_EQ((*change)->facts().cloud_init, "done");
    ASSERT_GE(told.size(), 2U);
    EXPECT_THAT(told[0], testing::StartsWith("10.10.10.11 cloud-init, which has not ended: waits since 20"));
    EXPECT_EQ(pool->take_notice("10.10.10.11"), std::nullopt);
    EXPECT_EQ(pool->node(address, cancel, Reach::change).value(), *change);
    EXPECT_EQ(pool->node(address, cancel).value(), *change);
}

TEST_F(CloudInitTest, that_failed_is_said_once) {
    end_with(R"({"v1": {"datasource": "NoCloud", "errors": ["runcmd: exit 1"]}})");
    const auto pool = pool_with(60s);
    ASSERT_TRUE(pool->node(address, cancel, Reach::change));
    EXPECT_EQ(
        pool->take_notice("10.10.10.11"),
        "10.10.10.11: cloud-init has failed: \"runcmd: exit 1\" (`cloud-init status --long` there tells more): what it "
        "did not come to is missing on the machine");
    EXPECT_EQ(pool->take_notice("10.10.10.11"), std::nullopt);
    EXPECT_EQ(pool->take_notice("10.10.10.12"), std::nullopt);
}

TEST_F(CloudInitTest, that_gave_up_is_not_waited_for) {
    machine->run("printf '#!/bin/sh\\necho status: error\\n' > /usr/bin/cloud-init").value();
    const auto pool = pool_with(60s);
    ASSERT_TRUE(pool->node(address, cancel, Reach::change));
    EXPECT_THAT(pool->take_notice("10.10.10.11").value_or(""),
                testing::HasSubstr("cloud-init has failed: it ended without writing a result"));
}

TEST_F(CloudInitTest, that_does_not_end_is_an_error_that_says_since_when) {
    const auto pool = pool_with(1s);
    const auto change = pool->node(address, cancel, Reach::change);
    ASSERT_FALSE(change);
    EXPECT_THAT(
        summary(change.error()),
        testing::MatchesRegex("10.10.10.11: cloud-init has not ended within 1 s \\(connect_timeout\\), waited for "
                              "since ....-..-..T..:..:..Z"));
    EXPECT_TRUE(pool->node(address, cancel)) << "a read needs no machine that is finished";
}

TEST(Facts, name_the_systems_that_are_supported) {
    Facts facts;
    facts.os_id = "debian";
    facts.os_version = "13";
    facts.init = "systemd";
    EXPECT_TRUE(check_supported(facts));
    facts.init = "tini";
    EXPECT_EQ(check_supported(facts).error().message, "the node's first process is tini, expected systemd");
    facts.os_id = "fedora";
    facts.os_version = "43";
    EXPECT_EQ(check_supported(facts).error().code, ErrorCode::unsupported);
    EXPECT_EQ(check_supported(facts).error().message,
              "expected Debian 12 or 13 or Ubuntu 22.04 or 24.04, found fedora 43 (/etc/os-release)");
}

TEST(Facts, are_read_from_what_the_node_says) {
    const auto facts =
        parse_facts({"os_release", "ID=ubuntu\nVERSION_ID=\"24.04\"\nVERSION_CODENAME=noble\n", "systemd",
                     "systemd 255 (255.4-1ubuntu8)\n", "meminfo", "MemTotal:        2038512 kB\nMemFree: 1 kB\n", "df",
                     "/dev/vda1 20511312 2 3 1% /\n", "timezone", "/usr/share/zoneinfo/Etc/UTC", "cpu", "4",
                     "machine_id", "abc\n"});
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->os_id, "ubuntu");
    EXPECT_EQ(facts->os_version, "24.04");
    EXPECT_EQ(facts->codename, "noble");
    EXPECT_EQ(facts->systemd, "255");
    EXPECT_EQ(facts->memory_mb, 1990);
    EXPECT_EQ(facts->data_disk_gb, 19);
    EXPECT_EQ(facts->timezone, "Etc/UTC");
    EXPECT_EQ(facts->cpu, 4);
    EXPECT_EQ(facts->machine_id, "abc");
}

}  // namespace
}  // namespace pigsty::node
