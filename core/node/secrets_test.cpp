#include "core/node/secrets.h"

#include "core/node/testing/node_test.h"

namespace pigsty::node {
namespace {

class SecretsTest : public NodeTest {
  protected:
    void SetUp() override {
        NodeTest::SetUp();
        if (!machine) return;
        nodes = {node};
        for (const std::string address : {"10.10.10.12", "10.10.10.13"}) {
            auto more = LocalMachine::start();
            ASSERT_TRUE(more);
            machines.push_back(*more);
            nodes.push_back((*more)->connect(cancel, {}, address).value_or(nullptr));
        }
    }
    std::string on_disk(std::size_t i) {
        return (i == 0 ? machine : machines.at(i - 1))->read("/var/lib/pigsty/secrets/pg-test/replication");
    }

    std::vector<std::shared_ptr<LocalMachine>> machines;
    std::vector<NodePtr> nodes;
};

TEST_F(SecretsTest, are_made_once_and_are_the_same_everywhere) {
    const auto made = ensure_secrets(nodes, "pg-test", {"replication", "monitor"}, cancel);
    ASSERT_TRUE(made) << summary(made.error());
    EXPECT_EQ(made->at("replication").generation, 1);
    EXPECT_FALSE(made->at("replication").value == made->at("monitor").value);
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_EQ(on_disk(i), "1\n" + std::string(made->at("replication").value.reveal()));
    EXPECT_EQ(*machine->run("stat -c '%a %U' /var/lib/pigsty/secrets /var/lib/pigsty/secrets/pg-test/monitor"),
              "700 root\n600 root\n");

    const auto before = nodes[1]->counters();
    EXPECT_EQ(ensure_secrets(nodes, "pg-test", {"replication", "monitor"}, cancel).value(), *made);
    EXPECT_EQ(nodes[1]->counters().requests, before.requests + 1);
    EXPECT_EQ(nodes[1]->counters().writes, before.writes);
}

TEST_F(SecretsTest, what_most_nodes_hold_wins) {
    const auto made = ensure_secrets(nodes, "pg-test", {"replication"}, cancel);
    ASSERT_TRUE(made);
    const std::string right = on_disk(1);
    ASSERT_TRUE(machine->run("printf '7\\nother' > /var/lib/pigsty/secrets/pg-test/replication"));
    EXPECT_EQ(ensure_secrets(nodes, "pg-test", {"replication"}, cancel).value(), *made);
    EXPECT_EQ(on_disk(0), right);
}

TEST_F(SecretsTest, a_new_generation_goes_everywhere_and_files_name_theirs) {
    ASSERT_TRUE(ensure_secrets(nodes, "pg-test", {"replication"}, cancel));
    const StoredSecret next{.generation = 2, .value = Secret("pa}}ss\n\\1$&")};
    ASSERT_TRUE(store_secrets(nodes, "pg-test", {{"replication", next}}, cancel));
    EXPECT_EQ(read_secrets(*nodes[2], "pg-test", {"replication", "absent"}, cancel).value(),
              (StoredSecrets{{"replication", next}}));

    PutFile file{.path = "/etc/x", .content = "a {{replication:2}} b {{ no:1 }}", .secret_scope = "pg-test"};
    EXPECT_EQ(done({file}).at(0).status, 0);
    EXPECT_EQ(machine->read("/etc/x"), "a pa}}ss\n\\1$& b {{ no:1 }}");
    file.content = "{{replication:1}}";
    EXPECT_EQ(done({file}).at(0).err, "the secret replication of pg-test has generation 2 on this node, expected 1\n");
    EXPECT_EQ(machine->read("/etc/x"), "a pa}}ss\n\\1$& b {{ no:1 }}");
}

TEST_F(SecretsTest, names_cannot_leave_their_folder) {
    for (const auto& [scope, name] :
         std::vector<std::pair<std::string, std::string>>{{"..", "key"}, {"a/b", "c"}, {"a", "../x"}, {"", "x"}}) {
        const auto read = read_secrets(*node, scope, {name}, cancel);
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().code, ErrorCode::failed);
    }
}

}  // namespace
}  // namespace pigsty::node
