#include "provider/framework/planner.h"
#include "provider/framework/testing/fixture.h"
#include "provider/framework/testing/text.h"

namespace pigsty::framework::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using PlanTest = ClusterTest;

TEST_F(PlanTest, create_takes_configuration_and_defaults_and_leaves_the_computed_unknown) {
    const Value planned = host.plan(config()).planned_state;
    EXPECT_EQ(planned.get("port"), Value::number(5432));
    EXPECT_EQ(planned.get("encoding"), text("UTF8"));
    EXPECT_EQ(planned.get("members").get("2").get("role"), text("replica"));
    EXPECT_TRUE(planned.get("members").get("2").get("ssh").is_null());
    EXPECT_TRUE(planned.get("rules").is_null());
    EXPECT_TRUE(planned.get("id").is_unknown());
    EXPECT_TRUE(planned.get("version").is_unknown());
    EXPECT_TRUE(planned.get("sizing").is_unknown());
    EXPECT_TRUE(planned.get("endpoint").is_unknown());
    EXPECT_EQ(planned.get("drift"), Value::list({}));
}

TEST_F(PlanTest, create_forecasts_what_needs_no_node) {
    const PlanResponse plan = host.plan(config());
    EXPECT_EQ(plan.planned_state.get("managed").members().size(), 2U);
    EXPECT_TRUE(plan.planned_state.get("managed").is_wholly_known());
    EXPECT_EQ(plan.planned_state.get("last_change"), Value::list({text("reload cluster")}));
    EXPECT_THAT(texts(plan.diagnostics), ElementsAre("warning: Advice for pg-test: This reloads."));
}

TEST_F(PlanTest, decided_objects_are_known_but_for_what_waits_for_the_create) {
    const Value connection = host.plan(config()).planned_state.get("connection");
    EXPECT_TRUE(connection.get("id").is_unknown());
    EXPECT_EQ(connection.get("name"), text("pg-test"));
    EXPECT_EQ(connection.get("members").get("2"), text("10.0.0.2"));
}

TEST_F(PlanTest, one_unknown_address_leaves_the_other_entries_known) {
    const Value unknown_member = Value::object({{"address", Value::unknown()}});
    const Value planned =
        host.plan(config({{"members", Value::map({{"1", member("10.0.0.1", "primary")}, {"2", unknown_member}})}}))
            .planned_state;
    EXPECT_TRUE(planned.get("managed").get("pg-test-1 /etc/cluster.conf").is_known());
    EXPECT_TRUE(planned.get("managed").get("pg-test-2 /etc/cluster.conf").is_unknown());
    EXPECT_EQ(planned.get("connection").get("members").get("1"), text("10.0.0.1"));
    EXPECT_TRUE(planned.get("connection").get("members").get("2").is_unknown());
    // It may turn out to be the address of before: then nothing happens, and a promise would have been broken.
    EXPECT_TRUE(planned.get("last_change").is_unknown());
}

TEST_F(PlanTest, an_unknown_that_the_forecast_cannot_see_makes_it_unknown) {
    const Value planned = host.plan(config({{"hosts", Value::unknown()}})).planned_state;
    EXPECT_TRUE(planned.get("hosts").is_unknown());
    EXPECT_TRUE(planned.get("managed").is_unknown());
    EXPECT_TRUE(planned.get("last_change").is_unknown());
}

TEST_F(PlanTest, an_unknown_name_makes_the_keys_of_managed_unknown) {
    const Value planned = host.plan(config({{"name", Value::unknown()}})).planned_state;
    EXPECT_TRUE(planned.get("managed").is_unknown());
    EXPECT_TRUE(planned.get("connection").get("name").is_unknown());
}

TEST_F(PlanTest, second_plan_is_equal_to_the_state) {
    host.apply(config());
    const PlanResponse plan = host.plan(config());
    EXPECT_EQ(plan.planned_state, host.state());
    EXPECT_EQ(plan.planned_private, host.private_state());
    EXPECT_THAT(plan.diagnostics, IsEmpty());
    host.refresh();
    EXPECT_EQ(host.plan(config()).planned_state, host.state());
}

TEST_F(PlanTest, update_keeps_what_was_decided_once_and_marks_the_rest_unknown) {
    host.apply(config());
    const Value planned = host.plan(config({{"port", Value::number(6432)}})).planned_state;
    EXPECT_EQ(planned.get("id"), text("id-1"));
    EXPECT_EQ(planned.get("version"), text("17"));
    EXPECT_EQ(planned.get("sizing"), host.state().get("sizing"));
    EXPECT_TRUE(planned.get("endpoint").is_unknown());
    EXPECT_NE(planned.get("managed"), host.state().get("managed"));
    EXPECT_TRUE(planned.get("managed").is_wholly_known());
    EXPECT_EQ(planned.get("drift"), Value::list({}));
}

TEST_F(PlanTest, removing_a_written_value_restores_the_default_and_keeps_the_kept) {
    host.apply(config({{"port", Value::number(6432)}, {"version", text("16")}}));
    const Value planned = host.plan(config()).planned_state;
    EXPECT_EQ(planned.get("port"), Value::number(5432));
    EXPECT_EQ(planned.get("version"), text("16"));
}

TEST_F(PlanTest, nested_members_follow_the_same_rules) {
    const Value ssh = Value::object({{"host", text("gate")}, {"port", Value::number(2222)}});
    const Value with_ssh = member("10.0.0.2").with("ssh", ssh);
    host.apply(config({{"members", Value::map({{"1", member("10.0.0.1", "primary")}, {"2", with_ssh}})}}));
    const Value without_port = member("10.0.0.2").with("ssh", Value::object({{"host", text("gate")}}));
    const Value changed =
        config({{"members", Value::map({{"1", member("10.0.0.1", "primary")}, {"2", without_port}})}});
    EXPECT_EQ(host.plan(changed).planned_state.get("members").get("2").get("ssh").get("port"), Value::number(22));
    EXPECT_TRUE(host.plan(config()).planned_state.get("members").get("2").get("ssh").is_null());
}

TEST_F(PlanTest, null_and_empty_list_are_different) {
    host.apply(config({{"rules", Value::list({})}}));
    EXPECT_EQ(host.state().get("rules"), Value::list({}));
    EXPECT_EQ(host.plan(config({{"rules", Value::list({})}})).planned_state, host.state());
    EXPECT_TRUE(host.plan(config()).planned_state.get("rules").is_null());
}

TEST_F(PlanTest, same_meaning_keeps_the_prior_spelling) {
    host.apply(config({{"comment", text("Ours")}}));
    EXPECT_EQ(host.plan(config({{"comment", text("OURS")}})).planned_state, host.state());
    EXPECT_EQ(host.plan(config({{"comment", text("theirs")}})).planned_state.get("comment"), text("theirs"));
    EXPECT_TRUE(host.plan(config({{"comment", Value::unknown()}})).planned_state.get("comment").is_unknown());
}

TEST_F(PlanTest, write_only_values_are_never_planned) {
    const Value written = config({{"password_wo", text("hunter2hunter2")}, {"password_wo_version", Value::number(1)}});
    EXPECT_TRUE(host.plan(written).planned_state.get("password_wo").is_null());
    host.apply(written);
    EXPECT_EQ(world->last_password, "hunter2hunter2");
    EXPECT_TRUE(host.state().get("password_wo").is_null());
    EXPECT_EQ(
        host.plan(config({{"password_wo", text("other")}, {"password_wo_version", Value::number(1)}})).planned_state,
        host.state());
}

TEST_F(PlanTest, drift_plans_a_repair) {
    host.apply(config());
    world->drift = {"pg-test-2 /etc/cluster.conf: content differs"};
    host.refresh();
    const PlanResponse plan = host.plan(config());
    EXPECT_EQ(plan.planned_state.get("drift"), Value::list({}));
    EXPECT_EQ(plan.planned_state.get("managed"), host.state().get("managed"));
    EXPECT_EQ(plan.planned_state.get("last_change"), Value::list({text("reload cluster")}));
    host.apply(config());
    EXPECT_EQ(host.plan(config()).planned_state, host.state());
}

TEST_F(PlanTest, reported_drift_plans_nothing_by_itself) {
    host.apply(config({{"drift_policy", text("report")}}));
    world->drift = {"pg-test-2 /etc/cluster.conf: content differs"};
    host.refresh();
    EXPECT_EQ(host.plan(config({{"drift_policy", text("report")}})).planned_state, host.state());
    const Value changed =
        host.plan(config({{"drift_policy", text("report")}, {"port", Value::number(6432)}})).planned_state;
    EXPECT_TRUE(changed.get("drift").is_unknown());
    EXPECT_EQ(host.plan(config()).planned_state.get("drift"), Value::list({}));
}

TEST_F(PlanTest, ignored_drift_is_not_noted) {
    const Value ignoring = config({{"drift_ignore", Value::list({text("pg-test-2 /etc/*")})}});
    host.apply(ignoring);
    world->drift = {"pg-test-2 /etc/cluster.conf: content differs"};
    host.refresh();
    EXPECT_EQ(host.plan(ignoring).planned_state, host.state());
}

TEST_F(PlanTest, a_new_name_replaces) {
    host.apply(config());
    const PlanResponse plan = host.plan(config({{"name", text("pg-other")}, {"encoding", text("LATIN1")}}));
    EXPECT_THAT(plan.requires_replace, ElementsAre(Path::of("name")));
    EXPECT_FALSE(plan.diagnostics.has_error()) << "what is fixed after creation is free in a new object";
    EXPECT_THAT(host.plan(config({{"name", Value::unknown()}})).requires_replace, ElementsAre(Path::of("name")));
    EXPECT_THAT(host.plan(config({{"port", Value::number(1)}})).requires_replace, IsEmpty());
}

TEST_F(PlanTest, a_change_of_what_is_fixed_is_refused_with_the_way_out) {
    host.apply(config());
    const PlanResponse plan = host.plan(config({{"encoding", text("LATIN1")}}));
    EXPECT_THAT(
        texts(plan.diagnostics),
        ::testing::Contains("error at encoding: Fixed after creation: encoding: `encoding` is \"UTF8\" and was decided "
                            "when the resource was created; it cannot become \"LATIN1\". Create another cluster with "
                            "it and move the data there."));
    EXPECT_FALSE(host.plan(config({{"encoding", Value::unknown()}})).diagnostics.has_error());
}

TEST_F(PlanTest, protected_objects_are_neither_destroyed_nor_replaced) {
    const Value protected_config = config({{"deletion_protection", Value::null()}});
    host.apply(protected_config);
    EXPECT_EQ(host.state().get("deletion_protection"), Value::boolean(true));
    EXPECT_THAT(
        texts(host.plan(Value::null()).diagnostics),
        ElementsAre("error at deletion_protection: Protected against deletion: This plan destroys a test_cluster, and "
                    "its `deletion_protection` is true. To go on, set `deletion_protection = false`, apply that, and "
                    "plan again."));
    const PlanResponse replaced = host.plan(config({{"name", text("pg-other")}}));
    EXPECT_THAT(
        texts(replaced.diagnostics),
        ::testing::Contains("error at name: Protected against deletion: The change of `name` replaces this "
                            "test_cluster, which destroys it first, and its `deletion_protection` is true. To go on, "
                            "set `deletion_protection = false`, apply that, and plan again."));
    const ApplyResponse applied = server.apply(
        {"test_cluster", host.state(), Value::null(), Value::null(), host.private_state(), host.identity()});
    EXPECT_TRUE(applied.diagnostics.has_error()) << "a tainted object is destroyed without a destroy plan";
    EXPECT_EQ(applied.new_state, host.state());
}

TEST_F(PlanTest, identity_is_planned_as_far_as_it_is_known) {
    const PlanResponse create = host.plan(config());
    EXPECT_EQ(create.planned_identity, std::nullopt) << "OpenTofu stores none with an unknown in it";
    host.apply(config());
    EXPECT_EQ(host.plan(config({{"port", Value::number(1)}})).planned_identity, host.identity());
}

TEST_F(PlanTest, a_member_added_later_has_unknowns_of_its_own) {
    host.apply(config());
    value::Members three = members().members();
    three.emplace("3", member("10.0.0.3"));
    const Value planned = host.plan(config({{"members", Value::map(three)}})).planned_state;
    EXPECT_EQ(planned.get("members").get("3").get("role"), text("replica"));
    EXPECT_THAT(planned.get("managed").members(), SizeIs(3));
}

TEST_F(PlanTest, private_data_of_somebody_else_is_refused) {
    const PlanResponse plan = server.plan({.type_name = "test_cluster",
                                           .prior_state = Value::null(),
                                           .proposed_new_state = config(),
                                           .config = config(),
                                           .prior_private = "[1]",
                                           .earlier_planned_private = std::nullopt,
                                           .prior_identity = std::nullopt,
                                           .client = {}});
    ASSERT_TRUE(plan.diagnostics.has_error());
    EXPECT_EQ(plan.diagnostics[0].summary,
              "expected private data that this provider wrote (a JSON object of texts), found something else");
}

}  // namespace
}  // namespace pigsty::framework::testing
