#include <thread>

#include <gtest/gtest.h>

#include "provider/plugin/provider_service.h"
#include "provider/plugin/read_schema.h"
#include "provider/plugin/test_server.h"
#include "provider/plugin/wire_schema.h"
#include "provider/plugin/wire_value.h"
#include "provider/value/json.h"

namespace pigsty::plugin {
namespace {

using framework::Diagnostics;
using framework::ObjectKind;
using value::Path;
using value::Type;
using value::Value;

TEST(Wire, both_fields_empty_is_null) { EXPECT_TRUE(read_dynamic({}, Type::string())->is_null()); }

TEST(Wire, reads_json_where_there_is_no_msgpack) {
    tfplugin6::DynamicValue message;
    message.set_json("\"x\"");
    EXPECT_EQ(read_dynamic(message, Type::string())->as_string(), "x");
    message.set_msgpack("\xa1y");
    EXPECT_EQ(read_dynamic(message, Type::string())->as_string(), "y");
}

TEST(Wire, paths_survive_both_ways) {
    const Path path = Path::of("instances").key("2").attribute("rules").index(3);
    tfplugin6::AttributePath message;
    write_path(path, &message);
    EXPECT_EQ(message.steps_size(), 4);
    EXPECT_EQ(read_path(message), path);
}

TEST(Wire, diagnostics_survive_both_ways) {
    Diagnostics diagnostics;
    diagnostics.add_error("Summary", "Detail", Path::of("a"));
    diagnostics.add_warning("Careful", "");
    DiagnosticList list;
    write_diagnostics(diagnostics, &list);
    EXPECT_EQ(read_diagnostics(list), diagnostics);
}

TEST(Wire, a_diagnostic_about_the_whole_object_has_no_path) {
    DiagnosticList list;
    write_diagnostic({.summary = "s", .detail = "d", .path = Path::root()}, list.Add());
    EXPECT_FALSE(list[0].has_attribute());
}

// Both CLIs print the source line of an attribute and nothing of what is below it.
TEST(Wire, a_path_into_an_attribute_stands_in_the_text_and_ends_at_the_attribute) {
    DiagnosticList list;
    const Path role = Path::of("instances").key("2").attribute("role");
    write_diagnostic({.summary = "Two primaries", .detail = "Choose one.", .path = role}, list.Add());
    EXPECT_EQ(list[0].detail(), "At `instances[\"2\"].role`: Choose one.");
    EXPECT_EQ(read_path(list[0].attribute()), Path::of("instances"));
    write_diagnostic(
        {.summary = "A bad key", .detail = "Found instances[\"x\"].", .path = Path::of("instances").key("x")},
        list.Add());
    EXPECT_EQ(list[1].detail(), "Found instances[\"x\"].");
    EXPECT_EQ(read_path(list[1].attribute()), Path::of("instances"));
    write_diagnostic({.summary = "A bad rule", .detail = "", .path = Path::of("hba_rules").index(1)}, list.Add());
    EXPECT_EQ(list[2].detail(), "At `hba_rules[1]`.");
    EXPECT_EQ(read_path(list[2].attribute()), Path::of("hba_rules").index(1));
}

// protobuf drops a message with a bad byte, and with it what the user should have been told.
TEST(Wire, bad_bytes_in_messages_are_replaced) {
    DiagnosticList list;
    write_diagnostic({.summary = "node said \xff", .detail = "\xc3", .path = {}}, list.Add());
    EXPECT_EQ(list[0].summary(), "node said \xEF\xBF\xBD");
    std::string bytes;
    EXPECT_TRUE(list[0].SerializeToString(&bytes));
    tfplugin6::Diagnostic back;
    EXPECT_TRUE(back.ParseFromString(bytes));
}

TEST(Wire, schemas_survive_both_ways) {
    TestServer server;
    for (const ObjectKind kind : {ObjectKind::kResource, ObjectKind::kDataSource}) {
        for (const std::string& name : server.type_names(kind)) {
            const framework::Schema& schema = *server.find_schema(kind, name);
            tfplugin6::Schema message;
            write_schema(schema, &message);
            const auto back = read_schema(message);
            ASSERT_TRUE(back) << back.error();
            EXPECT_EQ(back->version, schema.version);
            EXPECT_EQ(back->type(), schema.type());
            ASSERT_EQ(back->block.attributes.size(), schema.block.attributes.size());
            for (std::size_t i = 0; i < schema.block.attributes.size(); ++i) {
                const auto& expected = schema.block.attributes[i];
                const auto& found = back->block.attributes[i];
                EXPECT_EQ(found.name, expected.name);
                EXPECT_EQ(found.required, expected.required);
                EXPECT_EQ(found.optional, expected.optional);
                EXPECT_EQ(found.computed, expected.computed);
                EXPECT_EQ(found.sensitive, expected.sensitive);
                EXPECT_EQ(found.write_only, expected.write_only);
                EXPECT_EQ(found.description, expected.description);
            }
        }
    }
}

TEST(Wire, even_an_empty_schema_has_a_block) {
    tfplugin6::Schema message;
    write_schema({}, &message);
    EXPECT_TRUE(message.has_block());
}

TEST(Wire, every_nesting_has_its_type) {
    using framework::BlockNesting;
    using framework::BlockSchema;
    using framework::ObjectNesting;
    const framework::AttributeSchema inner{.name = "a", .type = Type::string(), .optional = true};
    const framework::AttributeSchema any{.name = "a", .type = Type::dynamic(), .optional = true};
    const auto object = [&](ObjectNesting nesting) {
        return framework::ObjectSchema{.nesting = nesting, .attributes = {inner}}.type().to_json();
    };
    EXPECT_EQ(object(ObjectNesting::kSingle), R"(["object",{"a":"string"}])");
    EXPECT_EQ(object(ObjectNesting::kList), R"(["list",["object",{"a":"string"}]])");
    EXPECT_EQ(object(ObjectNesting::kSet), R"(["set",["object",{"a":"string"}]])");
    EXPECT_EQ(object(ObjectNesting::kMap), R"(["map",["object",{"a":"string"}]])");
    const auto block = [&](BlockNesting nesting, const framework::AttributeSchema& attribute) {
        const auto nested = std::make_shared<const BlockSchema>(BlockSchema{.attributes = {attribute}});
        const BlockSchema outer{.blocks = {{.type_name = "b", .nesting = nesting, .block = nested}}};
        tfplugin6::Schema message;
        write_schema({.version = 0, .block = outer}, &message);
        EXPECT_EQ(read_schema(message)->type(), outer.type());
        return outer.type().member("b")->to_json();
    };
    EXPECT_EQ(block(BlockNesting::kSingle, inner), R"(["object",{"a":"string"}])");
    EXPECT_EQ(block(BlockNesting::kGroup, inner), R"(["object",{"a":"string"}])");
    EXPECT_EQ(block(BlockNesting::kList, inner), R"(["list",["object",{"a":"string"}]])");
    EXPECT_EQ(block(BlockNesting::kSet, inner), R"(["set",["object",{"a":"string"}]])");
    EXPECT_EQ(block(BlockNesting::kMap, inner), R"(["map",["object",{"a":"string"}]])");
    // Elements of different types have no list or map type.
    EXPECT_EQ(block(BlockNesting::kList, any), R"("dynamic")");
    EXPECT_EQ(block(BlockNesting::kMap, any), R"("dynamic")");
}

TEST(Wire, functions_survive_both_ways) {
    TestServer server;
    const framework::FunctionSchema& function = *server.find_function("join");
    tfplugin6::Function message;
    write_function(function, &message);
    const auto back = read_function(message);
    ASSERT_TRUE(back) << back.error();
    ASSERT_EQ(back->parameters.size(), 1U);
    EXPECT_TRUE(back->parameters[0].allow_null);
    ASSERT_TRUE(back->variadic_parameter);
    EXPECT_EQ(back->variadic_parameter->type, Type::string());
    EXPECT_EQ(back->return_type, Type::string());
}

TEST(Wire, schemas_terraform_would_stumble_over_are_refused) {
    EXPECT_EQ(read_schema({}).error(), "a schema needs a block");
    tfplugin6::Schema message;
    message.mutable_block()->add_attributes()->set_name("a");
    EXPECT_EQ(read_schema(message).error(), "a: exactly one of type and nested_type is required");
    message.mutable_block()->mutable_attributes(0)->set_type("\"int\"");
    EXPECT_FALSE(read_schema(message));
    EXPECT_EQ(read_function({}).error(), "a function needs a return type");
}

TEST(Wire, deferral_reasons_keep_their_meaning) {
    using framework::DeferredReason;
    EXPECT_EQ(wire_reason(DeferredReason::kUnknown), tfplugin6::Deferred::UNKNOWN);
    EXPECT_EQ(wire_reason(DeferredReason::kResourceConfigUnknown), tfplugin6::Deferred::RESOURCE_CONFIG_UNKNOWN);
    EXPECT_EQ(wire_reason(DeferredReason::kProviderConfigUnknown), tfplugin6::Deferred::PROVIDER_CONFIG_UNKNOWN);
    EXPECT_EQ(wire_reason(DeferredReason::kAbsentPrerequisite), tfplugin6::Deferred::ABSENT_PREREQ);
}

// Without a gRPC server, whose library no sanitizer knows: what the service shares between calls is seen by them here.
TEST(Wire, many_calls_are_answered_at_once) {
    TestServer server;
    ProviderService service(server);
    tfplugin6::ReadResource::Request request;
    request.set_type_name("test_thing");
    const Type type = server.find_schema(ObjectKind::kResource, "test_thing")->type();
    const Value state = value::from_json(R"({"name": "a", "tags": {"k": "v"}})", type).value();
    ASSERT_TRUE(write_dynamic(state, type, request.mutable_current_state()));
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            for (int round = 0; round < 20; ++round) {
                tfplugin6::ReadResource::Response response;
                EXPECT_TRUE(service.ReadResource(nullptr, &request, &response).ok());
                EXPECT_EQ(response.new_state().msgpack(), request.current_state().msgpack());
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_TRUE(service.wait_until_idle(std::chrono::milliseconds(0)));
}

}  // namespace
}  // namespace pigsty::plugin
