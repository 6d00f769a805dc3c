#include "provider/framework/schema_check.h"
#include "provider/framework/testing/fixture.h"
#include "provider/framework/testing/text.h"

namespace pigsty::framework::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

using ServerTest = ClusterTest;

TEST_F(ServerTest, schemas_follow_every_rule) { EXPECT_THAT(provider_problems(TestProvider(world)), IsEmpty()); }

TEST_F(ServerTest, names_and_schemas_are_found) {
    EXPECT_THAT(server.type_names(ObjectKind::kResource), ElementsAre("test_cluster"));
    EXPECT_THAT(server.function_names(), ElementsAre("join"));
    EXPECT_EQ(server.find_schema(ObjectKind::kResource, "other"), nullptr);
    const Schema& schema = *server.find_schema(ObjectKind::kResource, "test_cluster");
    EXPECT_EQ(schema.version, 1);
    EXPECT_EQ(schema.type().member("hosts")->to_json(), R"(["map",["list","string"]])");
    EXPECT_EQ(server.find_identity_schema("test_cluster")->attributes.size(), 3U);
    EXPECT_EQ(server.find_identity_schema("other"), nullptr);
}

TEST_F(ServerTest, a_good_configuration_passes_known_or_not) {
    EXPECT_THAT(texts(host.validate(config())), IsEmpty());
    EXPECT_THAT(texts(host.validate(config({{"members", Value::unknown()}}))), IsEmpty());
    const Value unknown_parts =
        Value::map({{"1", Value::object({{"address", Value::unknown()}, {"role", Value::unknown()}})}});
    EXPECT_THAT(texts(host.validate(
                    config({{"members", unknown_parts}, {"port", Value::unknown()}, {"hosts", Value::unknown()}}))),
                IsEmpty());
}

TEST_F(ServerTest, validators_name_path_and_finding) {
    const Value bad =
        config({{"members", Value::map({{"01", member("10.0.0", "primary")}, {"2", member("10.0.0.2", "leader")}})},
                {"port", Value::number(0)},
                {"token", text("short")}});
    EXPECT_THAT(texts(host.validate(bad)),
                ElementsAre("error at members[\"01\"]: Invalid value of members[\"01\"]: Expected a number without "
                            "leading zeros, as \"1\", "
                            "found \"01\".",
                            "error at members[\"01\"].address: Invalid value of members[\"01\"].address: Expected an "
                            "IPv4 or IPv6 address, found "
                            "\"10.0.0\".",
                            "error at members[\"2\"].role: Invalid value of members[\"2\"].role: Expected one of "
                            "\"primary\", \"replica\", found "
                            "\"leader\".",
                            "error at port: Invalid value of port: Expected a whole number from 1 to 65535, found 0.",
                            "error at token: Invalid value of token: Expected 8 to 64 bytes, found (sensitive value). "
                            "It has 5 bytes in UTF-8."));
}

TEST_F(ServerTest, resources_validate_with_defaults_filled_in) {
    EXPECT_THAT(texts(host.validate(config({{"members", Value::map({{"1", member("10.0.0.1")}})}}))),
                ElementsAre("error at members: No primary: Expected one member with role = \"primary\", found none."));
}

TEST_F(ServerTest, rules_between_attributes_hold) {
    EXPECT_THAT(
        texts(host.validate(config({{"password_wo", text("x")}}))),
        ElementsAre(
            "error at password_wo: Missing attribute: Expected `password_wo` and `password_wo_version` together "
            "or not at all, found `password_wo` alone. Write the others too, or none."));
    EXPECT_THAT(texts(host.validate(config({{"password_wo", text("x")}, {"password_wo_version", Value::unknown()}}))),
                IsEmpty());
}

TEST_F(ServerTest, what_the_structs_cannot_hold_is_refused) {
    EXPECT_THAT(
        texts(host.validate(config({{"hosts", Value::map({{"10.0.0.9", Value::list({text("a"), Value::null()})}})}}))),
        ElementsAre("error at hosts[\"10.0.0.9\"][1]: Null element in hosts[\"10.0.0.9\"]: Expected a value at "
                    "hosts[\"10.0.0.9\"][1], found null. Leave the element out instead."));
    EXPECT_THAT(
        texts(host.validate(config({{"comment", text("a\xEF\xB7\x90z")}}))),
        ElementsAre("error at comment: Character that is not allowed: `comment` holds the noncharacter U+FDD0, which "
                    "Unicode reserves for internal use. Remove it."));
    const Value half =
        config({{"password_wo_version", Value::number(*value::Number::parse("1.5"))}, {"password_wo", text("x")}});
    EXPECT_THAT(texts(host.validate(half)),
                ElementsAre("error at password_wo_version: Value does not fit: expected a whole number from "
                            "-9223372036854775808 to 9223372036854775807, found 1.5"));
}

TEST_F(ServerTest, write_only_needs_a_client_that_keeps_it_out) {
    const Value secret = config({{"password_wo", text("x")}, {"password_wo_version", Value::number(1)}});
    EXPECT_THAT(
        texts(server.validate_resource({"test_cluster", secret, {}})),
        ElementsAre("error at password_wo: Write-only attribute not allowed: `password_wo` is write-only, which needs "
                    "Terraform 1.11 or OpenTofu 1.11 or later. Upgrade, or use the attribute that is kept in the "
                    "state."));
}

TEST_F(ServerTest, provider_configuration_may_be_unknown) {
    const Value unknown = Value::object({{"address", Value::unknown()}, {"parallel", Value::null()}});
    EXPECT_THAT(server.validate_provider_config(unknown), IsEmpty());
    EXPECT_THAT(server.configure({"1.15.9", unknown, {}}), IsEmpty());
    EXPECT_EQ(world->last_password, "address unknown");
    const Value refused = Value::object({{"address", text("refuse")}, {"parallel", Value::null()}});
    EXPECT_THAT(texts(server.configure({"1.15.9", refused, {}})), ElementsAre("error: expected another address: "));
}

TEST_F(ServerTest, data_sources_answer_or_fail) {
    const Value config = Value::object({{"name", text("pg-test")}, {"facts", Value::null()}});
    EXPECT_THAT(texts(server.read_data({"test_facts", config, {}}).diagnostics),
                ElementsAre("error: expected a cluster named pg-test, found none: "));
    host.apply(this->config());
    EXPECT_EQ(server.read_data({"test_facts", config, {}}).state,
              Value::object({{"name", text("pg-test")}, {"facts", text("exists")}}));
}

TEST_F(ServerTest, functions_take_typed_and_variadic_arguments) {
    const FunctionSchema& schema = *server.find_function("join");
    EXPECT_EQ(schema.parameters.size(), 2U);
    EXPECT_EQ(schema.variadic_parameter->name, "parts");
    const auto call = [&](std::vector<Value> arguments) {
        return server.call_function({"join", std::move(arguments)});
    };
    EXPECT_EQ(call({text("-"), Value::number(2), text("a"), text("b")}).result, text("a-a-b-b"));
    EXPECT_EQ(call({text("-"), Value::number(2)}).result, text(""));
    const auto low = call({text("-"), Value::number(0)});
    EXPECT_EQ(low.error->argument, 1);
    EXPECT_EQ(low.error->text, "expected at least 1, found 0");
    EXPECT_EQ(call({text("-"), Value::number(*value::Number::parse("0.5"))}).error->argument, 1);
}

TEST_F(ServerTest, ephemerals_open_and_close) {
    const Value config = Value::object({{"name", text("a")}, {"secret", Value::null()}});
    const auto opened = server.open_ephemeral({"test_lease", config, {}});
    EXPECT_THAT(texts(opened.diagnostics), IsEmpty());
    EXPECT_EQ(opened.result.get("secret"), text("s3cret"));
    EXPECT_THAT(server.close_ephemeral({"test_lease", opened.private_state}), IsEmpty());
    EXPECT_EQ(world->last_password, "closed by a");
}

TEST_F(ServerTest, lists_stop_at_the_limit) {
    host.apply(config());
    Host(server, "test_cluster").apply(config({{"name", text("pg-two")}}));
    std::vector<std::string> names;
    const auto push = [&](const ListEvent& event) {
        names.push_back(event.display_name);
        EXPECT_TRUE(event.identity->get("address").is_null());
        return true;
    };
    server.list({"test_cluster", Value::object({}), false, 1}, push);
    EXPECT_THAT(names, ElementsAre("pg-test"));
    server.list({"test_cluster", Value::object({}), false, 0}, push);
    EXPECT_THAT(names, ElementsAre("pg-test", "pg-test", "pg-two"));
}

TEST_F(ServerTest, lists_bring_the_whole_object_when_asked) {
    host.apply(config());
    Value object;
    server.list({"test_cluster", Value::object({}), true, 0}, [&](const ListEvent& event) {
        EXPECT_THAT(texts(event.diagnostics), IsEmpty());
        object = event.resource_object.value_or(Value::null());
        return true;
    });
    EXPECT_EQ(object, host.state());
}

TEST_F(ServerTest, what_is_only_configured_has_nothing_computed) {
    for (const AttributeSchema& attribute : server.provider_schema().block.attributes) EXPECT_FALSE(attribute.computed);
    EXPECT_EQ(server.provider_schema().block.attributes[1].name, "parallel");
}

TEST_F(ServerTest, actions_look_before_they_act) {
    const auto config = [](const Value& name) { return Value::object({{"name", name}}); };
    EXPECT_THAT(texts(server.plan_action({"test_switch", config(text("never")), {}}).diagnostics),
                ElementsAre("error: expected another name than \"never\": "));
    EXPECT_THAT(server.plan_action({"test_switch", config(Value::unknown()), {}}).diagnostics, IsEmpty());
    std::vector<std::string> progress;
    const auto done = server.invoke_action({"test_switch", config(text("a")), {}},
                                           [&](std::string line) { progress.push_back(std::move(line)); });
    EXPECT_THAT(done, IsEmpty());
    EXPECT_THAT(progress, ElementsAre("switching a"));
}

}  // namespace
}  // namespace pigsty::framework::testing
