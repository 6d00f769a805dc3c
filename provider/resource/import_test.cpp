// What an import finds again of what this provider made: resources on a throw-away machine, with
// Terraform's part around them. Every session is a process of its own to the machine.

#include "core/node/testing/node_test.h"
#include "provider/framework/framework_server.h"
#include "provider/framework/testing/host.h"
#include "provider/resource/ca.h"

namespace pigsty::provider {
namespace {

using framework::testing::Host;
using framework::testing::texts;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using value::Value;

constexpr const char* kAddress = "10.10.10.11";

struct NoConfig {
    std::optional<std::string> nothing;
};

// The provider with one machine, however it is called.
class OneMachine final : public framework::TypedProvider<NoConfig> {
  public:
    explicit OneMachine(std::shared_ptr<node::LocalMachine> machine) : machine_(std::move(machine)) {}

    framework::Declaration<NoConfig> declare() const override {
        return {.description = "One machine.",
                .attributes = {framework::attribute("nothing", &NoConfig::nothing).optional().description("Nothing.")}};
    }
    Result<std::shared_ptr<void>> configure(const NoConfig&, const framework::Unknowns&,
                                            framework::Call&) const override {
        auto fleet = std::make_shared<Fleet>();
        fleet->nodes = std::make_shared<node::NodePool>(
            node::Connection{}, [machine = machine_](const node::NodeAddress&) { return machine->launcher(); });
        return std::shared_ptr<void>(std::move(fleet));
    }
    std::vector<framework::Entry<framework::Resource>> resources() const override {
        return {framework::entry<framework::Resource, CaResource>("pigsty_ca")};
    }

  private:
    std::shared_ptr<node::LocalMachine> machine_;
};

struct Session {
    Session(const std::shared_ptr<node::LocalMachine>& machine, const std::string& type)
        : server(std::make_unique<OneMachine>(machine)), host(server, type) {
        EXPECT_FALSE(server.configure({"1.15.9", Value::object({{"nothing", Value::null()}}), {}}).has_error());
    }
    framework::FrameworkServer server;
    Host host;
};

class ImportTest : public node::NodeTest {
  protected:
    Value ca(const value::Members& changes = {}) {
        value::Members members{{"nodes", Value::map({{"1", Value::object({{"address", Value::string(kAddress)}})}})}};
        for (const auto& [name, value] : changes) members.insert_or_assign(name, value);
        return Session(machine, "pigsty_ca").host.config(Value::object(std::move(members)));
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

    Session imported(machine, "pigsty_ca");
    EXPECT_THAT(texts(imported.host.import({"pigsty_ca", "pigsty-ca@10.10.10.11", std::nullopt, {}}).diagnostics),
                IsEmpty());
    expect_empty_plan(imported.host, config);
}

TEST_F(ImportTest, finds_it_after_an_apply_that_changed_nothing_else) {
    Session made(machine, "pigsty_ca");
    ASSERT_FALSE(made.host.apply(ca()).diagnostics.has_error());
    const Value config = ca({{"deletion_protection", Value::boolean(false)}});
    ASSERT_FALSE(made.host.apply(config).diagnostics.has_error());
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

}  // namespace
}  // namespace pigsty::provider
