#include "core/converge/table.h"

#include <gmock/gmock.h>

#include "core/base/member_key.h"
#include "core/converge/members.h"
#include "core/converge/removal.h"
#include "core/item/reservation.h"

namespace pigsty::converge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(TableBuilder, rows_stand_in_the_order_in_which_they_were_written) {
    const auto nothing = [](Site&, StepContext&) -> Status { return {}; };
    TableBuilder builder;
    builder.items("ports", {item::port_reservation(2379)});
    builder
        .items("replicas",
               [](const Site& site) -> item::Items {
                   return {std::make_shared<item::ReservationItem>("unit of " + site.member.name)};
               })
        .where([](const Site& site) { return site.member.number != "1"; })
        .then(When::create, nothing);
    builder.act("quorum", When::when_changed, nothing).watches({"ports", "replicas"});
    builder.act("streaming", When::always, nothing).on_each();
    builder.items("key", item::Items{}).one_after_the_other();
    const Table table = builder.done();

    ASSERT_EQ(table.size(), 5U);
    const Site first{.member = {.number = "1", .name = "t-1", .address = {}}};
    const Site second{.member = {.number = "2", .name = "t-2", .address = {}}};
    EXPECT_EQ(table[0].name, "ports");
    EXPECT_EQ(table[0].spread, Spread::parallel);
    EXPECT_EQ(table[0].items(first).at(0)->label(), "port 2379");
    // Rendered once, the same for all.
    EXPECT_EQ(table[0].items(first).at(0), table[0].items(second).at(0));
    EXPECT_FALSE(table[0].act);

    EXPECT_FALSE(table[1].where(first));
    EXPECT_TRUE(table[1].where(second));
    EXPECT_EQ(table[1].items(second).at(0)->label(), "unit of t-2");
    EXPECT_TRUE(table[1].act);
    EXPECT_EQ(table[1].act_when, When::create);

    EXPECT_EQ(table[2].spread, Spread::once);
    EXPECT_EQ(table[2].act_when, When::when_changed);
    EXPECT_THAT(table[2].watches, ElementsAre("ports", "replicas"));
    EXPECT_FALSE(table[2].items);
    EXPECT_EQ(table[3].spread, Spread::parallel);
    EXPECT_EQ(table[3].act_when, When::always);
    EXPECT_EQ(table[4].spread, Spread::serial);
}

TEST(Members, come_in_the_order_of_their_numbers_and_are_called_after_the_cluster) {
    struct Instance {
        node::NodeAddress node;
    };
    const MemberMap<Instance> instances{{"10", {{.address = "10.10.10.20"}}}, {"2", {{.address = "10.10.10.12"}}}};
    const auto members = members_of("pg-test", instances, &Instance::node);
    ASSERT_EQ(members.size(), 2U);
    EXPECT_EQ(members[0], (Member{.number = "2", .name = "pg-test-2", .address = {.address = "10.10.10.12"}}));
    EXPECT_EQ(members[1].name, "pg-test-10");
}

TEST(Removal, nothing_is_removed_before_everything_stopped_and_the_proof_holds) {
    const std::string script = removal_script(
        {.units = {"etcd.service"}, .proof = "exit 3", .paths = {"/data/it's/member"}, .secrets = "etcd-etcd"});
    const auto stop = script.find("stop_unit 'etcd.service' || exit 1");
    const auto proof = script.find("(\nexit 3\n) || exit 1");
    const auto data = script.find(R"(rm -rf -- '/data/it'\''s/member' || exit 1)");
    const auto secrets = script.find("rm -rf -- '/var/lib/pigsty/secrets/etcd-etcd' || exit 1");
    ASSERT_NE(stop, std::string::npos);
    EXPECT_LT(stop, proof);
    EXPECT_LT(proof, data);
    EXPECT_LT(data, secrets);
    EXPECT_NE(secrets, std::string::npos);
}

TEST(Removal, a_server_that_saves_before_it_ends_is_killed_while_it_stops) {
    const std::string script = removal_script({.units = {"redis-a-1-6379.service"}, .kills = true});
    const auto told = script.find("systemctl stop --no-block -- 'redis-a-1-6379.service'");
    const auto killed = script.find("systemctl kill --signal=KILL -- 'redis-a-1-6379.service'");
    const auto stopped = script.find("stop_unit 'redis-a-1-6379.service' || exit 1");
    ASSERT_NE(told, std::string::npos);
    EXPECT_LT(told, killed);
    EXPECT_LT(killed, stopped);
    EXPECT_EQ(removal_script({.units = {"etcd.service"}}).find("signal=KILL"), std::string::npos);
}

}  // namespace
}  // namespace pigsty::converge
