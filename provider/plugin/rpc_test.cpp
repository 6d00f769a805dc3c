// Every unary RPC over the real wire, in particular those that no CLI here calls. Streams are in stream_rpc_test.cpp.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "provider/plugin/plugin_process.h"
#include "provider/plugin/wire_value.h"

namespace pigsty::plugin {
namespace {

using testing::HasSubstr;
using value::Path;
using value::Type;
using value::Value;
using Stub = tfplugin6::Provider::Stub;

class Rpc : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        auto started = PluginProcess::start(PIGSTY_TEST_PROVIDER);
        ASSERT_TRUE(started) << started.error();
        plugin() = *std::move(started);
    }
    static void TearDownTestSuite() {
        EXPECT_EQ(plugin()->shut_down(), 0);
        plugin().reset();
    }
    static std::unique_ptr<PluginProcess>& plugin() {
        static std::unique_ptr<PluginProcess> process;
        return process;
    }

    template <class Request, class Response>
    Response call(grpc::Status (Stub::*rpc)(grpc::ClientContext*, const Request&, Response*), const Request& request) {
        grpc::ClientContext context;
        context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
        Response response;
        const grpc::Status status = (plugin()->provider().*rpc)(&context, request, &response);
        EXPECT_TRUE(status.ok()) << status.error_message();
        return response;
    }

    // A configuration of the kinds that have `name` and `note`.
    static void name_only(const std::string& name, tfplugin6::DynamicValue* message) {
        const Value config = Value::object({{"name", Value::string(name)}, {"note", Value::null()}});
        ASSERT_TRUE(write_dynamic(config, name_only_type(), message));
    }
    static Type name_only_type() { return Type::object({{"name", Type::string()}, {"note", Type::string()}}); }
};

// The one diagnostic of a reply, as "summary: detail".
template <class Response>
std::string only_diagnostic(const Response& response) {
    if (response.diagnostics_size() != 1) return std::to_string(response.diagnostics_size()) + " diagnostics";
    return response.diagnostics(0).summary() + ": " + response.diagnostics(0).detail();
}

TEST_F(Rpc, GetMetadata_lists_names_and_capabilities) {
    const auto response = call(&Stub::GetMetadata, {});
    EXPECT_TRUE(response.server_capabilities().plan_destroy());
    EXPECT_TRUE(response.server_capabilities().get_provider_schema_optional());
    EXPECT_TRUE(response.server_capabilities().move_resource_state());
    EXPECT_TRUE(response.server_capabilities().generate_resource_config());
    ASSERT_EQ(response.resources_size(), 1);
    EXPECT_EQ(response.resources(0).type_name(), "test_thing");
    ASSERT_EQ(response.data_sources_size(), 1);
    EXPECT_EQ(response.data_sources(0).type_name(), "test_fact");
    ASSERT_EQ(response.functions_size(), 1);
    EXPECT_EQ(response.functions(0).name(), "join");
    ASSERT_EQ(response.ephemeral_resources_size(), 1);
    EXPECT_EQ(response.ephemeral_resources(0).type_name(), "test_loan");
    ASSERT_EQ(response.list_resources_size(), 1);
    EXPECT_EQ(response.list_resources(0).type_name(), "test_thing");
    ASSERT_EQ(response.actions_size(), 1);
    EXPECT_EQ(response.actions(0).type_name(), "test_deed");
    EXPECT_EQ(response.state_stores_size(), 0);
}

TEST_F(Rpc, GetProviderSchema_holds_every_kind) {
    const auto response = call(&Stub::GetProviderSchema, {});
    EXPECT_TRUE(response.provider().has_block());
    EXPECT_EQ(response.resource_schemas().at("test_thing").version(), 2);
    EXPECT_EQ(response.resource_schemas().at("test_thing").block().description(), "A thing.");
    EXPECT_TRUE(response.data_source_schemas().contains("test_fact"));
    EXPECT_TRUE(response.ephemeral_resource_schemas().contains("test_loan"));
    EXPECT_TRUE(response.list_resource_schemas().contains("test_thing"));
    EXPECT_TRUE(response.action_schemas().at("test_deed").schema().has_block());
    EXPECT_EQ(response.functions().at("join").return_().type(), "\"string\"");
    EXPECT_FALSE(response.has_provider_meta());
}

TEST_F(Rpc, GetResourceIdentitySchemas_names_resources_with_identity) {
    const auto response = call(&Stub::GetResourceIdentitySchemas, {});
    ASSERT_EQ(response.identity_schemas_size(), 1);
    const auto& schema = response.identity_schemas().at("test_thing");
    EXPECT_EQ(schema.version(), 1);
    EXPECT_TRUE(schema.identity_attributes(0).required_for_import());
}

TEST_F(Rpc, ValidateProviderConfig_points_at_the_attribute) {
    tfplugin6::ValidateProviderConfig::Request request;
    const Type type = Type::object({{"user", Type::string()}});
    ASSERT_TRUE(write_dynamic(Value::object({{"user", Value::string("nobody")}}), type, request.mutable_config()));
    const auto response = call(&Stub::ValidateProviderConfig, request);
    EXPECT_EQ(only_diagnostic(response), "Nobody: At `user`: Nobody may not log in.");
    EXPECT_EQ(read_path(response.diagnostics(0).attribute()), Path::of("user"));
}

TEST_F(Rpc, ConfigureProvider_may_be_called_again_and_holds_unknowns) {
    tfplugin6::ConfigureProvider::Request request;
    request.set_terraform_version("1.15.9");
    const Type type = Type::object({{"user", Type::string()}});
    ASSERT_TRUE(write_dynamic(Value::object({{"user", Value::unknown()}}), type, request.mutable_config()));
    EXPECT_EQ(call(&Stub::ConfigureProvider, request).diagnostics_size(), 0);
    ASSERT_TRUE(write_dynamic(Value::object({{"user", Value::string("old")}}), type, request.mutable_config()));
    const auto response = call(&Stub::ConfigureProvider, request);
    EXPECT_EQ(only_diagnostic(response), "Old user: Told by Terraform 1.15.9.");
    EXPECT_EQ(response.diagnostics(0).severity(), tfplugin6::Diagnostic::WARNING);
}

TEST_F(Rpc, an_exception_becomes_a_diagnostic_and_the_process_lives) {
    tfplugin6::ValidateActionConfig::Request request;
    request.set_type_name("test_deed");
    name_only("throw", request.mutable_config());
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(only_diagnostic(call(&Stub::ValidateActionConfig, request)),
                  "Unexpected error in the provider: ValidateActionConfig ended with an exception: asked to throw. "
                  "This is a bug in the provider: please report it.");
    }
}

TEST_F(Rpc, names_the_provider_does_not_have_are_answered_with_those_it_has) {
    tfplugin6::ReadResource::Request resource;
    resource.set_type_name("test_nothing");
    EXPECT_EQ(only_diagnostic(call(&Stub::ReadResource, resource)),
              "Unknown resource type: This version of the provider has no resource type \"test_nothing\". It has: "
              "test_thing.");
    tfplugin6::ReadDataSource::Request data;
    data.set_type_name("test_nothing");
    EXPECT_EQ(
        only_diagnostic(call(&Stub::ReadDataSource, data)),
        "Unknown data source type: This version of the provider has no data source type \"test_nothing\". It has: "
        "test_fact.");
    tfplugin6::OpenEphemeralResource::Request open;
    open.set_type_name("test_nothing");
    EXPECT_EQ(only_diagnostic(call(&Stub::OpenEphemeralResource, open)),
              "Unknown ephemeral resource type: This version of the provider has no ephemeral resource type "
              "\"test_nothing\". It has: test_loan.");
    tfplugin6::ValidateListResourceConfig::Request list;
    list.set_type_name("test_nothing");
    EXPECT_EQ(only_diagnostic(call(&Stub::ValidateListResourceConfig, list)),
              "Unknown list resource type: This version of the provider has no list resource type \"test_nothing\". It "
              "has: test_thing.");
    tfplugin6::PlanAction::Request action;
    action.set_action_type("test_nothing");
    EXPECT_EQ(
        only_diagnostic(call(&Stub::PlanAction, action)),
        "Unknown action type: This version of the provider has no action type \"test_nothing\". It has: test_deed.");
    tfplugin6::CallFunction::Request function;
    function.set_name("nothing");
    EXPECT_EQ(call(&Stub::CallFunction, function).error().text(),
              "This version of the provider has no function \"nothing\". It has: join.");
}

TEST_F(Rpc, every_call_about_a_type_refuses_unknown_ones) {
    const auto refused = [&]<class Request, class Response>(
                             grpc::Status (Stub::*rpc)(grpc::ClientContext*, const Request&, Response*),
                             const std::string& kind) {
        Request request;
        if constexpr (requires { request.set_type_name(""); }) {
            request.set_type_name("x");
        } else if constexpr (requires { request.set_action_type(""); }) {
            request.set_action_type("x");
        } else {
            request.set_target_type_name("x");
        }
        EXPECT_THAT(only_diagnostic(call(rpc, request)), HasSubstr("Unknown " + kind + " type: "));
    };
    refused(&Stub::ValidateResourceConfig, "resource");
    refused(&Stub::UpgradeResourceState, "resource");
    refused(&Stub::UpgradeResourceIdentity, "resource");
    refused(&Stub::PlanResourceChange, "resource");
    refused(&Stub::ApplyResourceChange, "resource");
    refused(&Stub::ImportResourceState, "resource");
    refused(&Stub::MoveResourceState, "resource");
    refused(&Stub::GenerateResourceConfig, "resource");
    refused(&Stub::ValidateDataResourceConfig, "data source");
    refused(&Stub::ValidateEphemeralResourceConfig, "ephemeral resource");
    refused(&Stub::RenewEphemeralResource, "ephemeral resource");
    refused(&Stub::CloseEphemeralResource, "ephemeral resource");
    refused(&Stub::ValidateActionConfig, "action");
}

TEST_F(Rpc, a_value_of_another_schema_is_refused_with_its_place) {
    tfplugin6::ReadDataSource::Request request;
    request.set_type_name("test_fact");
    request.mutable_config()->set_json(R"({"name": []})");
    EXPECT_EQ(
        only_diagnostic(call(&Stub::ReadDataSource, request)),
        "Value does not fit the schema: Terraform sent a configuration for test_fact that does not fit this "
        "provider's schema. name: a string is required, found array. Was the provider replaced by another version "
        "during this run?");
}

TEST_F(Rpc, state_of_terraform_0_11_is_refused) {
    tfplugin6::UpgradeResourceState::Request request;
    request.set_type_name("test_thing");
    (*request.mutable_raw_state()->mutable_flatmap())["name"] = "x";
    EXPECT_EQ(
        only_diagnostic(call(&Stub::UpgradeResourceState, request)),
        "State in a form of Terraform 0.11 or older: The stored state is not JSON. This provider reads states written "
        "by Terraform 1.0 or OpenTofu 1.6 and later only.");
}

TEST_F(Rpc, UpgradeResourceIdentity_answers_the_identity) {
    tfplugin6::UpgradeResourceIdentity::Request request;
    request.set_type_name("test_thing");
    request.mutable_raw_identity()->set_json(R"({"name":"x"})");
    const auto response = call(&Stub::UpgradeResourceIdentity, request);
    const auto identity =
        read_dynamic(response.upgraded_identity().identity_data(), Type::object({{"name", Type::string()}}));
    EXPECT_EQ(identity->get("name").as_string(), "x");
}

TEST_F(Rpc, ImportResourceState_by_identity) {
    tfplugin6::ImportResourceState::Request request;
    request.set_type_name("test_thing");
    const Type type = Type::object({{"name", Type::string()}});
    ASSERT_TRUE(write_dynamic(Value::object({{"name", Value::string("x")}}), type,
                              request.mutable_identity()->mutable_identity_data()));
    const auto response = call(&Stub::ImportResourceState, request);
    ASSERT_EQ(response.imported_resources_size(), 1);
    const auto& identity = response.imported_resources(0).identity().identity_data();
    EXPECT_EQ(read_dynamic(identity, type)->get("name").as_string(), "x");
}

TEST_F(Rpc, MoveResourceState_refuses_other_sources) {
    tfplugin6::MoveResourceState::Request request;
    request.set_target_type_name("test_thing");
    request.set_source_type_name("foreign_thing");
    request.mutable_source_state()->set_json("{}");
    EXPECT_EQ(only_diagnostic(call(&Stub::MoveResourceState, request)),
              "Move not supported: Only old_thing moves to test_thing.");
}

TEST_F(Rpc, GetFunctions_says_the_same_as_the_schema) {
    const auto functions = call(&Stub::GetFunctions, {});
    const auto schema = call(&Stub::GetProviderSchema, {});
    ASSERT_EQ(functions.functions_size(), 1);
    EXPECT_EQ(functions.functions().at("join").SerializeAsString(), schema.functions().at("join").SerializeAsString());
}

class CallFunction : public Rpc {
  protected:
    tfplugin6::CallFunction::Response join(const std::vector<Value>& arguments) {
        tfplugin6::CallFunction::Request request;
        request.set_name("join");
        for (const Value& argument : arguments) {
            EXPECT_TRUE(write_dynamic(argument, Type::string(), request.add_arguments()));
        }
        return call(&Stub::CallFunction, request);
    }
};

TEST_F(CallFunction, answers_a_result) {
    const auto response = join({Value::string("-"), Value::string("a"), Value::string("b")});
    EXPECT_FALSE(response.has_error());
    EXPECT_EQ(read_dynamic(response.result(), Type::string())->as_string(), "a-b");
}

TEST_F(CallFunction, takes_null_as_both_tools_send_it) {
    EXPECT_EQ(read_dynamic(join({Value::null(), Value::string("a")}).result(), Type::string())->as_string(), "a");
    tfplugin6::CallFunction::Request request;
    request.set_name("join");
    request.add_arguments();
    EXPECT_EQ(read_dynamic(call(&Stub::CallFunction, request).result(), Type::string())->as_string(), "");
}

TEST_F(CallFunction, errors_point_at_the_argument) {
    const auto response = join({Value::string("-"), Value::string("a"), Value::string("")});
    EXPECT_EQ(response.error().text(), "words must not be empty");
    ASSERT_TRUE(response.error().has_function_argument());
    EXPECT_EQ(response.error().function_argument(), 2);
}

TEST_F(CallFunction, counts_and_types_its_arguments) {
    EXPECT_EQ(join({}).error().text(), "the function takes 1 or more arguments, found 0");
    tfplugin6::CallFunction::Request request;
    request.set_name("join");
    request.add_arguments()->set_msgpack("\x01");
    const auto response = call(&Stub::CallFunction, request);
    EXPECT_EQ(response.error().text(), "a string is required, found number");
    EXPECT_EQ(response.error().function_argument(), 0);
}

TEST_F(CallFunction, an_exception_becomes_its_error) {
    EXPECT_THAT(join({Value::null(), Value::string("throw")}).error().text(),
                HasSubstr("CallFunction ended with an exception: asked to throw"));
}

TEST_F(Rpc, ephemeral_resources_open_renew_and_close) {
    tfplugin6::OpenEphemeralResource::Request open;
    open.set_type_name("test_loan");
    name_only("x", open.mutable_config());
    const auto opened = call(&Stub::OpenEphemeralResource, open);
    EXPECT_EQ(read_dynamic(opened.result(), name_only_type())->get("note").as_string(), "lent");
    EXPECT_EQ(opened.private_(), "loan 1");
    ASSERT_TRUE(opened.has_renew_at());
    EXPECT_EQ(opened.renew_at().seconds(), 1);
    EXPECT_EQ(opened.renew_at().nanos(), 500000000);

    tfplugin6::RenewEphemeralResource::Request renew;
    renew.set_type_name("test_loan");
    renew.set_private_(opened.private_());
    const auto renewed = call(&Stub::RenewEphemeralResource, renew);
    EXPECT_EQ(renewed.private_(), "loan 1 renewed");
    EXPECT_FALSE(renewed.has_renew_at());

    tfplugin6::CloseEphemeralResource::Request close;
    close.set_type_name("test_loan");
    close.set_private_(opened.private_());
    EXPECT_EQ(call(&Stub::CloseEphemeralResource, close).diagnostics_size(), 0);
    close.clear_private_();
    EXPECT_EQ(call(&Stub::CloseEphemeralResource, close).diagnostics_size(), 1);

    tfplugin6::ValidateEphemeralResourceConfig::Request validate;
    validate.set_type_name("test_loan");
    name_only("x", validate.mutable_config());
    EXPECT_EQ(call(&Stub::ValidateEphemeralResourceConfig, validate).diagnostics_size(), 0);
}

TEST_F(Rpc, PlanAction_may_defer_where_the_client_allows_it) {
    tfplugin6::PlanAction::Request request;
    request.set_action_type("test_deed");
    ASSERT_TRUE(write_dynamic(Value::object({{"name", Value::unknown()}, {"note", Value::null()}}), name_only_type(),
                              request.mutable_config()));
    EXPECT_FALSE(call(&Stub::PlanAction, request).has_deferred());
    request.mutable_client_capabilities()->set_deferral_allowed(true);
    EXPECT_EQ(call(&Stub::PlanAction, request).deferred().reason(), tfplugin6::Deferred::PROVIDER_CONFIG_UNKNOWN);
    tfplugin6::ValidateActionConfig::Request validate;
    validate.set_type_name("test_deed");
    name_only("x", validate.mutable_config());
    EXPECT_EQ(call(&Stub::ValidateActionConfig, validate).diagnostics_size(), 0);
}

TEST_F(Rpc, state_stores_are_refused_in_one_sentence) {
    const std::string refusal =
        "State stores are not supported: This provider keeps no Terraform state. Choose a backend instead: a pigsty "
        "cluster "
        "serves one through the backend \"pg\".";
    EXPECT_EQ(only_diagnostic(call(&Stub::ValidateStateStoreConfig, {})), refusal);
    const auto configured = call(&Stub::ConfigureStateStore, {});
    EXPECT_EQ(only_diagnostic(configured), refusal);
    EXPECT_TRUE(configured.has_capabilities());
    EXPECT_EQ(only_diagnostic(call(&Stub::LockState, {})), refusal);
    EXPECT_EQ(only_diagnostic(call(&Stub::UnlockState, {})), refusal);
    EXPECT_EQ(only_diagnostic(call(&Stub::GetStates, {})), refusal);
    EXPECT_EQ(only_diagnostic(call(&Stub::DeleteState, {})), refusal);
}

}  // namespace
}  // namespace pigsty::plugin
