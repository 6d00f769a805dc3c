// What an import finds again, by id and by identity, of what this provider made: resources on a throw-away machine, with
// Terraform's part around them. Every session is a process of its own to the machine.

#include "core/node/testing/node_test.h"
#include "provider/framework/framework_server.h"
#include "provider/framework/testing/host.h"
#include "provider/resource/ca.h"
#include "provider/resource/node.h"
#include "provider/resource/testing/machines.h"

namespace pigsty::provider {
namespace {

using framework::testing::Host;
using framework::testing::texts;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using value::Value;

using testing::kAddress;
using testing::Session;

class ImportTest : public node::NodeTest {
  protected:
    Value ca(const value::Members& changes = {}) {
        value::Members members{{"nodes", Value::map({{"1", Value::object({{"address", Value::string(kAddress)}})}})}};
        for (const auto& [name, value] : changes) members.insert_or_assign(name, value);
        return Session(machine, "pigsty_ca").host.config(Value::object(std::move(members)));
    }
    Value machine_of_ours(const value::Members& changes = {}) {
        value::Members members{{"address", Value::string(kAddress)},
                               {"hosts", Value::map({{"10.10.10.99", Value::list({Value::string("elsewhere")})}})}};
        for (const auto& [name, value] : changes) members.insert_or_assign(name, value);
        return Session(machine, "pigsty_node").host.config(Value::object(std::move(members)));
    }
    static Value identity(const value::Members& parts, const Value& id = Value::null()) {
        return Value::object(parts).with("id", id);
    }
    static Value ca_identity(const Value& id = Value::null()) {
        return identity({{"name", Value::string("pigsty-ca")}, {"address", Value::string(kAddress)}}, id);
    }

    void expect_empty_plan(Host& host, const Value& config) {
        EXPECT_THAT(texts(host.refresh().diagnostics), IsEmpty());
        EXPECT_EQ(host.plan(config).planned_state, host.state());
    }
};

TEST_F(ImportTest, finds_by_id_what_only_configures_the_resource) {
    const Value config = ca({{"deletion_protection", Value::boolean(false)},
                             {"drift_policy", Value::string("report")},
                             {"drift_ignore", Value::list({Value::string("pigsty-ca-1 *")})},
                             {"timeouts", Value::object({{"create", Value::string("7m")},
                                                         {"read", Value::null()},
                                                         {"update", Value::null()},
                                                         {"delete", Value::null()}})}});
    Session made(machine, "pigsty_ca");
    ASSERT_FALSE(made.host.apply(config).diagnostics.has_error());
    made.server.ended_in_order();

    Session imported(machine, "pigsty_ca");
    EXPECT_THAT(texts(imported.host.import({"pigsty_ca", "pigsty-ca@10.10.10.11", std::nullopt, {}}).diagnostics),
                IsEmpty());
    expect_empty_plan(imported.host, config);
}

TEST_F(ImportTest, finds_it_after_an_apply_that_changed_nothing_else) {
    Session made(machine, "pigsty_ca");
    ASSERT_FALSE(made.host.apply(ca()).diagnostics.has_error());
    made.server.ended_in_order();
    const Value config = ca({{"deletion_protection", Value::boolean(false)}});
    ASSERT_FALSE(made.host.apply(config).diagnostics.has_error());
    made.server.ended_in_order();
    expect_empty_plan(made.host, config);

    Session imported(machine, "pigsty_ca");
    imported.host.import({"pigsty_ca", "pigsty-ca@10.10.10.11", std::nullopt, {}});
    expect_empty_plan(imported.host, config);

    // And back to the default.
    ASSERT_FALSE(imported.host.apply(ca()).diagnostics.has_error());
    Session again(machine, "pigsty_ca");
    again.host.import({"pigsty_ca", "pigsty-ca@10.10.10.11", std::nullopt, {}});
    expect_empty_plan(again.host, ca());
}

TEST_F(ImportTest, reads_claims_that_do_not_know_it_yet) {
    Session made(machine, "pigsty_ca");
    ASSERT_FALSE(made.host.apply(ca({{"deletion_protection", Value::boolean(false)}})).diagnostics.has_error());
    made.server.ended_in_order();
    // As this provider wrote claims before.
    const std::string file = "/var/lib/pigsty/claims/ca-pigsty-ca.json";
    EXPECT_THAT(machine->read(file), HasSubstr("deletion_protection"));
    ASSERT_TRUE(machine->run("perl -0pi -e 's/,?\\s*\"resource\":\\s*\\{[^}]*\\}//' " + file));
    EXPECT_THAT(machine->read(file), ::testing::Not(HasSubstr("deletion_protection")));

    Session imported(machine, "pigsty_ca");
    EXPECT_THAT(texts(imported.host.import({"pigsty_ca", "pigsty-ca@10.10.10.11", std::nullopt, {}}).diagnostics),
                IsEmpty());
    expect_empty_plan(imported.host, ca());
}

// The CLI was killed after the create: who imports it instead has it in a state, and the next apply notes that.
TEST_F(ImportTest, of_what_a_killed_run_made_is_confirmed_by_the_next_apply) {
    Session made(machine, "pigsty_ca");
    ASSERT_FALSE(made.host.apply(ca()).diagnostics.has_error());
    Session imported(machine, "pigsty_ca");
    imported.host.import({"pigsty_ca", "pigsty-ca@10.10.10.11", std::nullopt, {}});
    EXPECT_THAT(texts(imported.host.refresh().diagnostics), IsEmpty());
    EXPECT_NE(imported.host.plan(ca()).planned_state, imported.host.state());
    ASSERT_FALSE(imported.host.apply(ca()).diagnostics.has_error());
    Session again(machine, "pigsty_ca");
    again.host.import({"pigsty_ca", "pigsty-ca@10.10.10.11", std::nullopt, {}});
    expect_empty_plan(again.host, ca());
}

TEST_F(ImportTest, finds_by_identity) {
    Session made(machine, "pigsty_ca");
    ASSERT_FALSE(made.host.apply(ca()).diagnostics.has_error());
    made.server.ended_in_order();
    const Value id = made.host.state().get("id");
    EXPECT_EQ(made.host.identity(),
              Value::object({{"name", Value::string("pigsty-ca")}, {"id", id}, {"address", Value::null()}}))
        << "the address is for import alone";

    for (const Value& asked : {Value::null(), id}) {
        Session imported(machine, "pigsty_ca");
        EXPECT_THAT(texts(imported.host.import({"pigsty_ca", "", ca_identity(asked), {}}).diagnostics), IsEmpty());
        expect_empty_plan(imported.host, ca());
        EXPECT_EQ(imported.host.identity(), made.host.identity());
        expect_empty_plan(imported.host, ca());
        EXPECT_EQ(imported.host.identity(), made.host.identity()) << "the same with every read";
    }
}

TEST_F(ImportTest, refuses_another_one_of_the_same_name) {
    Session made(machine, "pigsty_ca");
    ASSERT_FALSE(made.host.apply(ca()).diagnostics.has_error());
    made.server.ended_in_order();
    const std::string id = made.host.state().get("id").as_string();
    EXPECT_THAT(
        texts(made.server.import_state({"pigsty_ca", "", ca_identity(Value::string("another")), {}}).diagnostics),
        ElementsAre(HasSubstr("expected pigsty-ca with the id another, found one with the id " + id)));
}

TEST_F(ImportTest, a_node_is_its_address) {
    const Value config = machine_of_ours({{"drift_ignore", Value::list({Value::string("10.10.10.11 host name")})}});
    Session made(machine, "pigsty_node");
    ASSERT_FALSE(made.host.apply(config).diagnostics.has_error());
    made.server.ended_in_order();
    const Value address = Value::string(kAddress);
    EXPECT_EQ(made.host.identity(), identity({{"address", address}}, made.host.state().get("id")));

    Session by_id(machine, "pigsty_node");
    by_id.host.import({"pigsty_node", kAddress, std::nullopt, {}});
    expect_empty_plan(by_id.host, config);
    Session by_identity(machine, "pigsty_node");
    EXPECT_THAT(texts(by_identity.host.import({"pigsty_node", "", identity({{"address", address}}), {}}).diagnostics),
                IsEmpty());
    expect_empty_plan(by_identity.host, config);
    EXPECT_EQ(by_identity.host.identity(), made.host.identity());
}

TEST_F(ImportTest, a_create_that_fails_has_no_identity) {
    // The name of a folder that cannot be one.
    ASSERT_TRUE(machine->run("mkdir -p /var/lib/pigsty && touch /var/lib/pigsty/ca"));
    Session made(machine, "pigsty_ca");
    const auto applied = made.host.apply(ca());
    EXPECT_TRUE(applied.diagnostics.has_error());
    EXPECT_TRUE(applied.new_state.is_null());
    EXPECT_EQ(applied.new_identity, std::nullopt);
}

}  // namespace
}  // namespace pigsty::provider
