#include "provider/framework/testing/fixture.h"
#include "provider/framework/testing/text.h"

namespace pigsty::framework::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using ApplyTest = ClusterTest;

TEST_F(ApplyTest, create_fills_in_what_was_unknown) {
    const ApplyResponse applied = host.apply(config());
    EXPECT_THAT(texts(applied.diagnostics), IsEmpty());
    EXPECT_EQ(host.state().get("id"), text("id-1"));
    EXPECT_EQ(host.state().get("version"), text("17"));
    EXPECT_EQ(host.state().get("connection").get("id"), text("id-1"));
    EXPECT_EQ(host.identity()->get("id"), text("id-1"));
    EXPECT_EQ(host.private_state(), R"({"facts":"{\"cpu\":2}"})");
}

TEST_F(ApplyTest, what_was_unknown_in_the_plan_may_come_known) {
    const Value unknown_member = Value::object({{"address", Value::unknown()}});
    const Value first =
        config({{"members", Value::map({{"1", member("10.0.0.1", "primary")}, {"2", unknown_member}})}});
    EXPECT_THAT(texts(host.apply(config(), first).diagnostics), IsEmpty());
    EXPECT_EQ(host.state().get("members").get("2").get("address"), text("10.0.0.2"));
}

TEST_F(ApplyTest, a_failed_create_answers_null_and_the_error) {
    world->fail_create = Error{.code = ErrorCode::unreachable,
                               .message = "no answer",
                               .host = "10.0.0.2",
                               .step = "step 3 of 9",
                               .hint = "apply again to continue"};
    const ApplyResponse applied = host.apply(config());
    EXPECT_TRUE(applied.new_state.is_null());
    ASSERT_THAT(applied.diagnostics, ::testing::SizeIs(1));
    EXPECT_EQ(applied.diagnostics[0].summary, "10.0.0.2: step 3 of 9: no answer");
    EXPECT_NE(applied.diagnostics[0].detail.find("apply again to continue"), std::string::npos);
}

TEST_F(ApplyTest, a_failed_update_keeps_the_prior_state) {
    host.apply(config());
    const Value before = host.state();
    world->fail_update = Error{.message = "no"};
    const ApplyResponse applied = host.apply(config({{"port", Value::number(1)}}));
    EXPECT_TRUE(applied.diagnostics.has_error());
    EXPECT_EQ(applied.new_state, before);
}

TEST_F(ApplyTest, a_failed_update_says_what_exists_now) {
    host.apply(config());
    world->fail_update = Error{.message = "one member does not answer"};
    world->fail_update_with_state = true;
    const ApplyResponse applied = host.apply(config({{"port", Value::number(1)}}));
    EXPECT_TRUE(applied.diagnostics.has_error());
    EXPECT_EQ(applied.new_state.get("port"), Value::number(5432));
    EXPECT_EQ(applied.new_state.get("drift").elements().size(), 1U);
    EXPECT_TRUE(applied.new_state.is_wholly_known());
    world->fail_update.reset();
    EXPECT_EQ(host.plan(config()).planned_state.get("drift"), Value::list({}));
}

TEST_F(ApplyTest, a_created_object_is_not_lost_to_a_bug) {
    world->forget_endpoint = true;
    world->wrong_port = true;
    const Value wanted = config();
    const PlanResponse plan = host.plan(wanted);
    const ApplyResponse applied = server.apply(
        {"test_cluster", Value::null(), plan.planned_state, wanted, plan.planned_private, plan.planned_identity});
    EXPECT_FALSE(applied.diagnostics.has_error()) << "an error would taint it, and the next plan destroy it";
    EXPECT_THAT(
        texts(applied.diagnostics),
        ElementsAre("warning at port: Bug in the provider: result differs from the plan: The result of test_cluster "
                    "does not follow its plan: port: has another value now. Please report this.",
                    "warning at endpoint: Bug in the provider: result differs from the plan: The result of "
                    "test_cluster does not follow its plan: endpoint: is still unknown. Please report this."));
    EXPECT_EQ(applied.new_state.get("port"), Value::number(5432));
    EXPECT_TRUE(applied.new_state.get("endpoint").is_null());
    EXPECT_EQ(applied.new_state.get("id"), text("id-1"));
}

TEST_F(ApplyTest, an_update_that_breaks_its_plan_is_reported_with_the_path) {
    host.apply(config());
    world->wrong_port = true;
    const Value wanted = config({{"hosts", Value::map({{"10.0.0.9", Value::list({text("nine")})}})}});
    const PlanResponse plan = host.plan(wanted);
    const ApplyResponse applied = server.apply(
        {"test_cluster", host.state(), plan.planned_state, wanted, plan.planned_private, plan.planned_identity});
    EXPECT_THAT(
        texts(applied.diagnostics),
        Contains("error at port: Bug in the provider: result differs from the plan: The result of test_cluster does "
                 "not follow its plan: port: has another value now. Please report this."));
    EXPECT_EQ(applied.new_state.get("port"), Value::number(1));
}

TEST_F(ApplyTest, every_kind_of_value_comes_back_as_it_was_written) {
    const Value all =
        config({{"rules", Value::list({Value::object({{"title", text("a")}}),
                                       Value::object({{"title", text("b")}, {"order", Value::number(7)}})})},
                {"packages", Value::set({text("vim"), text("curl")})},
                {"hosts",
                 Value::map({{"10.0.0.9", Value::list({text("nine"), text("neuf")})}, {"10.0.0.8", Value::list({})}})},
                {"comment", text("")},
                {"token", text("0123456789")},
                {"sizing", Value::object({{"cpu", Value::number(8)}, {"memory_mb", Value::number(16384)}})},
                {"route", Value::object({{"host", text("gate")}})},
                {"timeouts", Value::object({{"create", text("90s")}})}});
    EXPECT_THAT(texts(host.apply(all).diagnostics), IsEmpty());
    EXPECT_EQ(host.state().get("comment"), text(""));
    EXPECT_EQ(host.state().get("route").get("port"), Value::number(22));
    EXPECT_EQ(host.state().get("rules").elements()[0].get("order"), Value::number(100));
    host.refresh();
    EXPECT_EQ(host.plan(all).planned_state, host.state());
    const Value empty = config({{"packages", Value::set({})}, {"hosts", Value::map({})}, {"token", text("")}});
    EXPECT_THAT(texts(host.apply(empty).diagnostics), IsEmpty());
    EXPECT_EQ(host.plan(empty).planned_state, host.state());
    EXPECT_THAT(texts(host.apply(config()).diagnostics), IsEmpty());
    EXPECT_TRUE(host.state().get("packages").is_null());
    EXPECT_EQ(host.plan(config()).planned_state, host.state());
}

TEST_F(ApplyTest, timeouts_bound_the_operation) {
    host.apply(config({{"timeouts", Value::object({{"create", text("90s")}})}}));
    EXPECT_LE(world->time_left, std::chrono::seconds(90));
    EXPECT_GT(world->time_left, std::chrono::seconds(80));
}

TEST_F(ApplyTest, stop_reaches_running_operations) {
    server.stop();
    host.apply(config());
    EXPECT_EQ(world->clusters.size(), 1U) << "stopping is the resource's own decision";
}

TEST_F(ApplyTest, destroy_answers_null_and_a_failed_one_keeps_the_state) {
    host.apply(config());
    world->clusters.clear();
    const Value before = host.state();
    const ApplyResponse failed = host.apply(Value::null());
    EXPECT_TRUE(failed.diagnostics.has_error());
    EXPECT_EQ(failed.new_state, before);
    host.set_state(before);
    world->clusters["pg-test"] = {};
    EXPECT_THAT(texts(host.apply(Value::null()).diagnostics), IsEmpty());
    EXPECT_TRUE(host.state().is_null());
}

TEST_F(ApplyTest, read_tells_that_it_is_gone) {
    host.apply(config());
    world->clusters.clear();
    EXPECT_TRUE(host.refresh().new_state.is_null());
}

TEST_F(ApplyTest, read_refuses_another_identity) {
    host.apply(config());
    world->clusters["pg-test"].common.id = "id-9";
    EXPECT_THAT(
        texts(host.refresh().diagnostics),
        ElementsAre("error: Unexpected identity change: The identity's `id` was \"id-1\" and is now \"id-9\". What has "
                    "another identity is another object: if it was made anew outside Terraform, take this one out "
                    "with `state rm` and import the new one."));
}

TEST_F(ApplyTest, import_by_id_then_read_gives_an_empty_plan) {
    host.apply(config());
    Host other(server, "test_cluster");
    other.import({"test_cluster", "pg-test@10.0.0.1", std::nullopt, {}});
    EXPECT_EQ(other.state().get("name"), text("pg-test"));
    EXPECT_TRUE(other.state().get("id").is_known() && other.state().get("id").as_string().empty());
    other.refresh();
    EXPECT_EQ(other.identity()->get("id"), text("id-1"));
    EXPECT_EQ(other.private_state(), R"({"address":"10.0.0.1","facts":"{\"cpu\":2}"})");
    EXPECT_EQ(other.plan(config()).planned_state, other.state());
}

TEST_F(ApplyTest, import_by_identity_carries_it) {
    host.apply(config());
    Host other(server, "test_cluster");
    const Value identity =
        Value::object({{"name", text("pg-test")}, {"id", Value::null()}, {"address", text("10.0.0.1")}});
    other.import({"test_cluster", "", identity, {}});
    EXPECT_EQ(other.identity(), identity);
    EXPECT_THAT(texts(other.refresh().diagnostics), IsEmpty());
    EXPECT_TRUE(other.identity()->get("address").is_null());
}

TEST_F(ApplyTest, an_import_that_says_nothing_is_a_bug) {
    const ImportResponse imported = server.import_state({"test_cluster", "@10.0.0.1", std::nullopt, {}});
    EXPECT_THAT(
        texts(imported.diagnostics),
        ElementsAre("error: Bug in the provider: empty import: The import of test_cluster set no attribute, so nothing "
                    "could be read afterwards. Please report this."));
}

TEST_F(ApplyTest, states_of_the_same_version_pass) {
    const auto upgraded = server.upgrade_state(
        {"test_cluster", 1, R"({"name":"pg-test","gone_attribute":1,"port":5432,"password_wo":"leaked"})"});
    EXPECT_THAT(texts(upgraded.diagnostics), IsEmpty());
    EXPECT_EQ(upgraded.upgraded_state.get("name"), text("pg-test"));
    EXPECT_EQ(upgraded.upgraded_state.get("encoding"), text("UTF8"))
        << "an attribute that came since is as if left out";
    EXPECT_TRUE(upgraded.upgraded_state.get("password_wo").is_null());
}

TEST_F(ApplyTest, old_states_are_upgraded_and_newer_ones_refused) {
    EXPECT_EQ(server.upgrade_state({"test_cluster", 0, R"({"name":"a"})"}).upgraded_state.get("comment"),
              text("upgraded"));
    EXPECT_THAT(
        texts(server.upgrade_state({"test_cluster", 2, "{}"}).diagnostics),
        ElementsAre("error: State of another version: Expected a state of test_cluster with schema version 1 or one "
                    "that can be upgraded, found version 2. Use the provider version that wrote it, or a newer one."));
    EXPECT_TRUE(server.upgrade_state({"test_cluster", 1, R"({"port":[]})"}).diagnostics.has_error());
}

TEST_F(ApplyTest, takes_over_no_state_of_another_resource) {
    const MoveRequest request{.source_provider_address = "example.org/old/old",
                              .source_type_name = "aws_instance",
                              .source_schema_version = 0,
                              .source_state = R"({"title":"pg-old"})",
                              .source_private = {},
                              .source_identity = std::nullopt,
                              .source_identity_schema_version = 0,
                              .target_type_name = "test_cluster"};
    EXPECT_THAT(
        texts(server.move(request).diagnostics),
        ElementsAre("error: Move not supported: test_cluster cannot take over the state of aws_instance of provider "
                    "example.org/old/old. Import the object instead, and take the old resource out of the "
                    "state with a `removed` block."));
}

TEST_F(ApplyTest, generated_configuration_holds_what_a_user_would_write) {
    host.apply(config({{"port", Value::number(6432)}, {"comment", text("x")}}));
    const Value generated = server.generate_config({"test_cluster", host.state()}).config;
    EXPECT_EQ(generated.get("port"), Value::number(6432));
    EXPECT_TRUE(generated.get("encoding").is_null()) << "equal to its default";
    EXPECT_TRUE(generated.get("managed").is_null());
    EXPECT_TRUE(generated.get("comment").is_null()) << "tidied";
    EXPECT_TRUE(generated.get("members").get("2").get("role").is_null());
    EXPECT_EQ(generated.get("version"), text("17"));
}

}  // namespace
}  // namespace pigsty::framework::testing
