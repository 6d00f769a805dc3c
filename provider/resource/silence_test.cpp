// A resource whose only machine does not answer: its plan goes on from what was last seen, its apply and its destroy fail
// for it alone, and a machine that refuses is another matter.

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
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using value::Value;

using testing::kAddress;
using testing::Session;

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
