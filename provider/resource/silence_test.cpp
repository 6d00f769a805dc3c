// A resource whose only machine does not answer: its plan goes on from what was last seen, its apply and its destroy fail
// for it alone, and a machine that refuses is another matter.

#include "core/node/testing/node_test.h"
#include "provider/framework/framework_server.h"
#include "provider/framework/testing/host.h"
#include "provider/resource/ca.h"
#include "provider/resource/node.h"

namespace pigsty::provider {
namespace {

using framework::testing::Host;
using framework::testing::texts;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using value::Value;

constexpr const char* kAddress = "10.10.10.11";

struct NoConfig {
    std::optional<std::string> nothing;
};

class Unreachable final : public node::Launcher {
  public:
    explicit Unreachable(ErrorCode code) : code_(code) {}
    Result<std::unique_ptr<node::RemoteProcess>> start(const std::string&, const Cancel&) override {
        return fail(code_, "SSH port 22 did not answer within 10 s");
    }
    [[nodiscard]] std::string login_user() const override { return "root"; }

  private:
    ErrorCode code_;
};

// Every address is this machine, or what `down` says of it.
class Machines final : public framework::TypedProvider<NoConfig> {
  public:
    Machines(std::shared_ptr<node::LocalMachine> machine, std::map<std::string, ErrorCode> down, bool forget)
        : machine_(std::move(machine)), down_(std::move(down)), forget_(forget) {}

    framework::Declaration<NoConfig> declare() const override {
        return {.description = "Machines.",
                .attributes = {framework::attribute("nothing", &NoConfig::nothing).optional().description("Nothing.")}};
    }
    Result<std::shared_ptr<void>> configure(const NoConfig&, const framework::Unknowns&,
                                            framework::Call&) const override {
        auto fleet = std::make_shared<Fleet>();
        fleet->forget_unreachable = forget_;
        fleet->nodes = std::make_shared<node::NodePool>(
            node::Connection{},
            [machine = machine_, down = down_](const node::NodeAddress& at) -> std::shared_ptr<node::Launcher> {
                if (const auto found = down.find(at.address); found != down.end())
                    return std::make_shared<Unreachable>(found->second);
                return machine->launcher();
            });
        return std::shared_ptr<void>(std::move(fleet));
    }
    std::vector<framework::Entry<framework::Resource>> resources() const override {
        return {framework::entry<framework::Resource, NodeResource>("pigsty_node"),
                framework::entry<framework::Resource, CaResource>("pigsty_ca")};
    }

  private:
    std::shared_ptr<node::LocalMachine> machine_;
    std::map<std::string, ErrorCode> down_;
    bool forget_;
};

struct Session {
    Session(const std::shared_ptr<node::LocalMachine>& machine, const std::string& type,
            std::map<std::string, ErrorCode> down = {}, bool forget = false)
        : server(std::make_unique<Machines>(machine, std::move(down), forget)), host(server, type) {
        EXPECT_FALSE(server.configure({"1.15.9", Value::object({{"nothing", Value::null()}}), {}}).has_error());
    }
    framework::FrameworkServer server;
    Host host;
};

class SilenceTest : public node::NodeTest {
  protected:
    Value machine_of_ours(const char* name) {
        return Session(machine, "pigsty_node")
            .host.config(Value::object({{"address", Value::string(kAddress)},
                                        {"hosts", Value::map({{"10.10.10.99", Value::list({Value::string(name)})}})}}));
    }
};

TEST_F(SilenceTest, the_plan_of_a_machine_that_is_down_goes_on_from_what_was_last_seen) {
    const Value config = machine_of_ours("elsewhere");
    Session made(machine, "pigsty_node");
    ASSERT_FALSE(made.host.apply(config).diagnostics.has_error());

    Session down(machine, "pigsty_node", {{kAddress, ErrorCode::unreachable}});
    down.host.set_state(made.host.state());
    EXPECT_THAT(
        texts(down.host.refresh().diagnostics),
        ElementsAre(AllOf(HasSubstr("warning: 10.10.10.11 does not answer: "),
                          HasSubstr("SSH port 22 did not answer within 10 s"), HasSubstr("as it was last seen"))));
    EXPECT_EQ(down.host.state(), made.host.state());
    EXPECT_EQ(down.host.plan(config).planned_state, made.host.state());
}

TEST_F(SilenceTest, an_apply_that_must_change_it_and_a_destroy_fail_and_keep_what_is_known) {
    const Value config = machine_of_ours("elsewhere");
    Session made(machine, "pigsty_node");
    ASSERT_FALSE(made.host.apply(config).diagnostics.has_error());

    Session down(machine, "pigsty_node", {{kAddress, ErrorCode::unreachable}});
    down.host.set_state(made.host.state());
    const auto applied = down.host.apply(machine_of_ours("another"));
    EXPECT_THAT(texts(applied.diagnostics), Contains(HasSubstr("did not answer within 10 s")));
    EXPECT_EQ(applied.new_state, made.host.state());
    const auto destroyed = down.host.apply(Value::null());
    EXPECT_THAT(texts(destroyed.diagnostics),
                ElementsAre(AllOf(HasSubstr("error: "), HasSubstr("`state rm`"), HasSubstr("`removed {}`"))));
    EXPECT_EQ(destroyed.new_state, made.host.state());
}

TEST_F(SilenceTest, what_was_on_a_machine_that_is_gone_for_good_is_forgotten_when_asked_to) {
    Session made(machine, "pigsty_node");
    ASSERT_FALSE(made.host.apply(machine_of_ours("elsewhere")).diagnostics.has_error());
    Session forgetful(machine, "pigsty_node", {{kAddress, ErrorCode::unreachable}}, true);
    forgetful.host.set_state(made.host.state());
    const auto destroyed = forgetful.host.apply(Value::null());
    EXPECT_THAT(texts(destroyed.diagnostics),
                ElementsAre(AllOf(HasSubstr("warning: "), HasSubstr("what is on the nodes stays there"))));
    EXPECT_TRUE(destroyed.new_state.is_null());
    Session refusing(machine, "pigsty_node", {{kAddress, ErrorCode::denied}}, true);
    refusing.host.set_state(made.host.state());
    EXPECT_TRUE(refusing.host.apply(Value::null()).diagnostics.has_error());
}

TEST_F(SilenceTest, a_machine_that_refuses_is_an_error) {
    Session made(machine, "pigsty_node");
    ASSERT_FALSE(made.host.apply(machine_of_ours("elsewhere")).diagnostics.has_error());
    Session refusing(machine, "pigsty_node", {{kAddress, ErrorCode::denied}});
    refusing.host.set_state(made.host.state());
    EXPECT_THAT(texts(refusing.host.refresh().diagnostics), ElementsAre(HasSubstr("error: ")));
}

}  // namespace
}  // namespace pigsty::provider
