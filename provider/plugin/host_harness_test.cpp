// The harness itself: it follows a resource through its life, and notices what Terraform would.

#include "provider/plugin/host_harness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pigsty::plugin {
namespace {

using testing::HasSubstr;
using value::Path;
using value::Value;

const char* const kBinary = PIGSTY_TEST_PROVIDER;

template <class Body>
std::string host_error(const Body& body) {
    try {
        body();
    } catch (const HostError& error) {
        return error.what();
    }
    return "no error";
}

TEST(Host, follows_a_resource_through_its_life) {
    Host host(kBinary);
    EXPECT_FALSE(host.configure(R"({"user": "x"})").has_error());
    const Plan plan =
        host.plan("test_thing", R"({"name": "a", "size": 0.1, "secret": "s", "parts": {"p": {"port": 1}}})");
    EXPECT_TRUE(plan.planned_state.get("note").is_unknown());
    EXPECT_TRUE(plan.planned_state.get("secret").is_null());
    EXPECT_FALSE(plan.replaces());

    const Instance made = host.apply(plan);
    EXPECT_EQ(made.state.get("note").as_string(), "made by test");
    EXPECT_EQ(made.private_state, R"({"planned":"yes"})");
    EXPECT_EQ(made.identity->get("name").as_string(), "a");

    const Instance read = host.read("test_thing", made);
    EXPECT_EQ(read.state, made.state);
    EXPECT_EQ(read.private_state, made.private_state);
    EXPECT_EQ(read.identity, made.identity);
    EXPECT_TRUE(host.plan("test_thing", plan.config, read).is_no_op());

    const Plan renamed = host.plan("test_thing", R"({"name": "b"})", read);
    EXPECT_EQ(renamed.requires_replace, std::vector<Path>{Path::of("name")});

    const Instance destroyed = host.apply(host.plan_destroy("test_thing", read));
    EXPECT_TRUE(destroyed.state.is_null());
    EXPECT_EQ(host.process().shut_down(), 0);
}

TEST(Host, applies_with_what_became_known) {
    Host host(kBinary);
    const Value config = host.configuration("test_thing", R"({"name": "a"})").with("size", Value::unknown());
    const Plan plan = host.plan("test_thing", config);
    EXPECT_TRUE(plan.planned_state.get("size").is_unknown());
    const Instance made = host.apply(plan, config.with("size", Value::number(7)));
    EXPECT_EQ(made.state.get("size").as_int64(), 7);
}

TEST(Host, tells_diagnostics_with_their_paths) {
    Host host(kBinary);
    const auto told =
        host.validate("test_thing", host.configuration("test_thing", R"({"name": "a", "parts": {"bad": {}}})"));
    ASSERT_EQ(told.size(), 1U);
    EXPECT_TRUE(told[0].path == Path::of("parts"));
    EXPECT_EQ(told[0].detail, "At `parts[\"bad\"].port`: A part must not be called bad.");
    EXPECT_TRUE(host.validate_provider(R"({"user": "nobody"})").has_error());
}

TEST(Host, imports_upgrades_moves_and_generates) {
    Host host(kBinary);
    EXPECT_EQ(host.import_id("test_thing", "x").state.get("name").as_string(), "x");
    EXPECT_EQ(host.import_identity("test_thing", R"({"name": "y"})").state.get("name").as_string(), "y");
    EXPECT_EQ(host_error([&] { host.import_id("test_thing", "gone"); }),
              "Cannot import non-existent remote object: gone");
    const Instance upgraded =
        host.upgrade("test_thing", 1, R"({"name": "x", "gone": 1, "size": 18446744073709551617})");
    EXPECT_EQ(upgraded.state.get("size").as_number().to_text(), "18446744073709551617");
    EXPECT_TRUE(host.upgrade("test_thing", 1, R"({"name": []})").diagnostics.has_error());
    EXPECT_EQ(host.move("old_thing", R"({"name": "x"})", "test_thing").state.get("name").as_string(), "x");
    EXPECT_TRUE(host.move("other", R"({"name": "x"})", "test_thing").diagnostics.has_error());
    EXPECT_TRUE(host.generate_config("test_thing", upgraded.state).get("note").is_null());
}

TEST(Host, reads_data_and_calls_functions) {
    Host host(kBinary);
    const Instance fact = host.read_data("test_fact", R"({"name": "x"})");
    EXPECT_EQ(fact.state.get("note").as_string(), "found");
    EXPECT_TRUE(fact.state.get("filter").elements().empty());
    EXPECT_EQ(host.call("join", {Value::string("-"), Value::string("a"), Value::string("b")}), Value::string("a-b"));
    EXPECT_EQ(host.call("join", {Value::null(), Value::string("")}).error(), "words must not be empty");
}

TEST(Host, notices_values_that_do_not_fit_the_schema) {
    Host host(kBinary);
    const Plan plan = host.plan("test_thing", R"({"name": "misfit"})");
    ASSERT_TRUE(plan.diagnostics.has_error());
    EXPECT_EQ(plan.diagnostics[0].summary, "Provider produced an invalid value");
    EXPECT_EQ(
        plan.diagnostics[0].detail,
        "The planned state of test_thing does not fit its own schema. size: number is required. This is a bug in the "
        "provider: please report it.");
}

TEST(Host, notices_results_that_differ_from_the_plan) {
    Host host(kBinary);
    Plan plan = host.plan("test_thing", R"({"name": "a"})");
    plan.planned_state = plan.planned_state.with("size", Value::number(3));
    EXPECT_THAT(host_error([&] { host.apply(plan); }), HasSubstr("Provider produced inconsistent final plan"));
}

TEST(Host, plans_are_the_same_bytes_in_every_process) {
    const Host host(kBinary);
    const Value config = host.configuration("test_thing", R"({"name": "a", "tags": {"b": "1", "a": "2"}})");
    EXPECT_EQ(plan_twice_same_bytes(kBinary, "{}", "test_thing", config), "");
}

TEST(Host, reports_what_does_not_start) {
    EXPECT_THAT(host_error([] { const Host host("/no/such/binary"); }), HasSubstr("cannot start /no/such/binary"));
    EXPECT_THAT(host_error([] { const Host host("/bin/true"); }), HasSubstr("Unrecognized remote plugin message"));
}

}  // namespace
}  // namespace pigsty::plugin
