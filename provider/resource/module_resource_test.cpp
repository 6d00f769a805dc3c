// What every resource with members has from ModuleResource, shown on the smallest one: throw-away machines, with Terraform's
// part around them.

#include "core/node/testing/node_test.h"
#include "provider/framework/framework_server.h"
#include "provider/framework/testing/host.h"
#include "provider/resource/testing/machines.h"

namespace pigsty::provider {
namespace {

using framework::testing::texts;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using value::Value;

using testing::kAddress;
using testing::Session;

constexpr const char* kType = "pigsty_tally_cluster";

Value member_at(const Value& address) { return Value::object({{"address", address}}); }

class ModuleResourceTest : public node::NodeTest {
  protected:
    Value tally(const value::Members& changes = {}) {
        const Value nodes = Value::map({{"1", member_at(Value::string(kAddress))}});
        value::Members members{{"name", Value::string("tally")},
                               {"members", nodes},
                               {"ca", Value::object({{"id", Value::string("the-id")},
                                                     {"name", Value::string("pigsty-ca")},
                                                     {"fingerprint", Value::string("abcd")},
                                                     {"nodes", nodes}})},
                               {"deletion_protection", Value::boolean(false)}};
        for (const auto& [name, value] : changes) members.insert_or_assign(name, value);
        return Session(machine, kType).host.config(Value::object(std::move(members)));
    }
};

TEST_F(ModuleResourceTest, lives_from_create_to_destroy) {
    Session session(machine, kType);
    ASSERT_THAT(texts(session.host.apply(tally()).diagnostics), IsEmpty());
    EXPECT_EQ(machine->read("/etc/tally.conf"), "tally-1 7000 abcd\n");
    EXPECT_EQ(session.host.state().get("access").get("id"), session.host.state().get("id"));
    EXPECT_THAT(texts(session.host.refresh().diagnostics), IsEmpty());
    EXPECT_EQ(session.host.plan(tally()).planned_state, session.host.state());

    ASSERT_THAT(texts(session.host.apply(tally({{"port", Value::number(7001)}})).diagnostics), IsEmpty());
    EXPECT_EQ(machine->read("/etc/tally.conf"), "tally-1 7001 abcd\n");
    EXPECT_EQ(session.host.state().get("access").get("endpoints"), Value::list({Value::string("10.10.10.11:7001")}));

    ASSERT_THAT(texts(session.host.apply(Value::null()).diagnostics), IsEmpty());
    EXPECT_EQ(machine->read("/etc/tally.conf"), "");
}

TEST_F(ModuleResourceTest, a_plan_tells_others_what_it_knows) {
    const auto access = [&](const value::Members& changes) {
        return Session(machine, kType).host.plan(tally(changes)).planned_state.get("access");
    };
    const Value known = access({});
    EXPECT_TRUE(known.get("id").is_unknown());
    EXPECT_EQ(known.get("endpoints"), Value::list({Value::string("10.10.10.11:7000")}));
    const Value address_comes = access({{"members", Value::map({{"1", member_at(Value::unknown())}})}});
    EXPECT_TRUE(address_comes.get("endpoints").elements().at(0).is_unknown()) << "how many there are is known";
    EXPECT_TRUE(access({{"members", Value::unknown()}}).is_unknown());
    EXPECT_TRUE(access({{"port", Value::unknown()}}).is_unknown());
}

TEST_F(ModuleResourceTest, refuses_two_members_at_one_address) {
    const Value here = member_at(Value::string(kAddress));
    EXPECT_THAT(
        texts(Session(machine, kType).host.validate(tally({{"members", Value::map({{"1", here}, {"2", here}})}}))),
        ElementsAre(HasSubstr("error at members[\"2\"].address: Two members at one address")));
}

TEST_F(ModuleResourceTest, refuses_members_of_a_living_cluster_that_move) {
    Session session(machine, kType);
    ASSERT_FALSE(session.host.apply(tally()).diagnostics.has_error());
    const Value elsewhere = Value::map({{"1", member_at(Value::string("10.10.10.12"))}});
    EXPECT_THAT(texts(session.host.plan(tally({{"members", elsewhere}})).diagnostics),
                Contains(HasSubstr("error at members[\"1\"].address: Member moved")));
}

TEST_F(ModuleResourceTest, is_imported_from_its_claim) {
    Session made(machine, kType);
    ASSERT_FALSE(made.host.apply(tally({{"port", Value::number(7001)}})).diagnostics.has_error());
    made.server.ended_in_order();
    Session imported(machine, kType);
    imported.host.import({kType, "tally@10.10.10.11", std::nullopt, {}});
    EXPECT_THAT(texts(imported.host.refresh().diagnostics), IsEmpty());
    EXPECT_EQ(imported.host.plan(tally({{"port", Value::number(7001)}})).planned_state, imported.host.state());
}

}  // namespace
}  // namespace pigsty::provider
