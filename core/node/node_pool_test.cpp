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
