#include "provider/plugin/test_server.h"

#include <cstdio>

#include <spdlog/spdlog.h>

#include "provider/value/json.h"

namespace pigsty::plugin {

using framework::AttributeSchema;
using framework::Diagnostics;
using framework::ObjectKind;
using framework::Schema;
using value::Path;
using value::Type;
using value::Value;

namespace {

const Schema& thing_schema() {
    static const Schema schema = [] {
        AttributeSchema name{.name = "name", .type = Type::string(), .description = "Its name.", .required = true};
        AttributeSchema size{.name = "size", .type = Type::number(), .description = "Its size.", .optional = true};
        AttributeSchema tags{
            .name = "tags", .type = Type::map(Type::string()), .description = "Its tags.", .optional = true};
        AttributeSchema any{.name = "any", .type = Type::dynamic(), .description = "Anything.", .optional = true};
        AttributeSchema secret{.name = "secret",
                               .type = Type::string(),
                               .description = "Its secret.",
                               .optional = true,
                               .sensitive = true,
                               .write_only = true};
        AttributeSchema note{.name = "note", .type = Type::string(), .description = "Our note.", .computed = true};
        AttributeSchema port{.name = "port", .type = Type::number(), .description = "A port.", .optional = true};
        AttributeSchema parts{.name = "parts",
                              .nested = std::make_shared<const framework::ObjectSchema>(framework::ObjectSchema{
                                  .nesting = framework::ObjectNesting::kMap, .attributes = {port}}),
                              .description = "Its parts.",
                              .optional = true};
        Schema built{.version = 2, .block = {}};
        built.block.description = "A thing.";
        built.block.attributes = {name, size, tags, any, secret, note, parts};
        return built;
    }();
    return schema;
}

const Schema& name_only_schema() {
    static const Schema schema = [] {
        Schema built;
        built.block.attributes = {
            AttributeSchema{.name = "name", .type = Type::string(), .description = "A name.", .required = true},
            AttributeSchema{.name = "note", .type = Type::string(), .description = "A note.", .computed = true}};
        return built;
    }();
    return schema;
}

const Schema& fact_schema() {
    static const Schema schema = [] {
        AttributeSchema port{.name = "port", .type = Type::number(), .description = "A port.", .optional = true};
        framework::NestedBlockSchema filter{
            .type_name = "filter",
            .nesting = framework::BlockNesting::kList,
            .block = std::make_shared<const framework::BlockSchema>(framework::BlockSchema{.attributes = {port}})};
        Schema built = name_only_schema();
        built.block.blocks = {filter};
        return built;
    }();
    return schema;
}

void obey(const Value& object) {
    const Value& name = object.get("name");
    if (!name.is_known()) return;
    if (name.as_string() == "throw") throw std::runtime_error("asked to throw");
    if (name.as_string() == "print") std::puts("stray text on standard output");
}

bool is_misfit(const Value& object) { return object.get("name") == Value::string("misfit"); }

Value identity_of(const Value& state) { return Value::object({{"name", state.get("name")}}); }

Value with_note(const Value& object) {
    return object.with("note", Value::string("made by test")).with("secret", Value::null());
}

Diagnostics complaint_about(const Value& config) {
    Diagnostics diagnostics;
    const Value& parts = config.get("parts");
    if (parts.is_known() && parts.members().contains("bad")) {
        diagnostics.add_error("Bad part", "A part must not be called bad.",
                              Path::of("parts").key("bad").attribute("port"));
    }
    return diagnostics;
}

}  // namespace

const Schema& TestServer::provider_schema() {
    static const Schema schema = [] {
        Schema built;
        built.block.attributes = {
            AttributeSchema{.name = "user", .type = Type::string(), .description = "Who.", .optional = true}};
        return built;
    }();
    return schema;
}

std::vector<std::string> TestServer::type_names(ObjectKind kind) const {
    switch (kind) {
        case ObjectKind::kResource:
        case ObjectKind::kList: return {"test_thing"};
        case ObjectKind::kDataSource: return {"test_fact"};
        case ObjectKind::kEphemeral: return {"test_loan"};
        case ObjectKind::kAction: return {"test_deed"};
    }
    return {};
}

const Schema* TestServer::find_schema(ObjectKind kind, std::string_view type_name) {
    for (const std::string& name : type_names(kind)) {
        if (name != type_name) continue;
        if (kind == ObjectKind::kResource) return &thing_schema();
        return kind == ObjectKind::kDataSource ? &fact_schema() : &name_only_schema();
    }
    return nullptr;
}

const framework::IdentitySchema* TestServer::find_identity_schema(std::string_view resource_type) {
    static const framework::IdentitySchema schema{
        .version = 1,
        .attributes = {
            {.name = "name", .type = Type::string(), .required_for_import = true, .description = "Its name."}}};
    return resource_type == "test_thing" ? &schema : nullptr;
}

std::vector<std::string> TestServer::function_names() const { return {"join"}; }

const framework::FunctionSchema* TestServer::find_function(std::string_view name) {
    static const framework::FunctionSchema schema{
        .parameters =
            {{.name = "separator", .type = Type::string(), .allow_null = true, .description = "Between them."}},
        .variadic_parameter =
            framework::ParameterSchema{.name = "words", .type = Type::string(), .description = "The words."},
        .return_type = Type::string(),
        .summary = "Joins.",
        .description = "Joins words."};
    return name == "join" ? &schema : nullptr;
}

Diagnostics TestServer::validate_provider_config(const Value& config) {
    Diagnostics diagnostics;
    if (config.get("user") == Value::string("nobody")) {
        diagnostics.add_error("Nobody", "Nobody may not log in.", Path::of("user"));
    }
    return diagnostics;
}

Diagnostics TestServer::configure(const framework::ConfigureRequest& request) {
    Diagnostics diagnostics;
    if (request.config.get("user") == Value::string("old")) {
        diagnostics.add_warning("Old user", "Told by Terraform " + request.terraform_version + ".");
    }
    return diagnostics;
}

void TestServer::stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    stopping_.notify_all();
}

void TestServer::ended_in_order() { spdlog::debug("ended in order"); }

Diagnostics TestServer::validate_resource(const framework::ValidateRequest& request) {
    obey(request.config);
    return complaint_about(request.config);
}

framework::UpgradeStateResponse TestServer::upgrade_state(const framework::UpgradeStateRequest& request) {
    framework::UpgradeStateResponse response;
    auto state = value::from_json(request.raw_state, thing_schema().type(), {.ignore_unknown_members = true});
    if (state) {
        response.upgraded_state = *std::move(state);
    } else {
        response.diagnostics.add_error("State cannot be read", state.error().to_string());
    }
    return response;
}

framework::UpgradeIdentityResponse TestServer::upgrade_identity(const framework::UpgradeIdentityRequest& request) {
    framework::UpgradeIdentityResponse response;
    auto identity = value::from_json(request.raw_identity, Type::object({{"name", Type::string()}}));
    if (identity) response.upgraded_identity = *std::move(identity);
    return response;
}

framework::ReadResponse TestServer::read(const framework::ReadRequest& request) {
    obey(request.current_state);
    const bool gone = request.current_state.get("name") == Value::string("gone");
    return {.new_state = gone ? Value::null() : request.current_state,
            .private_state = request.private_state,
            .new_identity = identity_of(request.current_state),
            .deferred = {},
            .diagnostics = {}};
}

framework::PlanResponse TestServer::plan(const framework::PlanRequest& request) {
    obey(request.config);
    framework::PlanResponse response{.planned_state = request.proposed_new_state,
                                     .requires_replace = {},
                                     .planned_private = request.prior_private,
                                     .planned_identity = {},
                                     .deferred = {},
                                     .diagnostics = {}};
    if (request.proposed_new_state.is_null()) return response;
    Value planned = request.proposed_new_state.with("secret", Value::null());
    if (request.prior_state.is_null()) planned = planned.with("note", Value::unknown());
    if (is_misfit(request.config)) planned = planned.with("size", Value::string("many"));
    response.planned_state = planned;
    response.planned_identity = identity_of(planned);
    response.planned_private = R"({"planned":"yes"})";
    response.requires_replace = {Path::of("name")};
    return response;
}

framework::ApplyResponse TestServer::apply(const framework::ApplyRequest& request) {
    obey(request.config);
    framework::ApplyResponse response{
        .new_state = {}, .private_state = request.planned_private, .new_identity = {}, .diagnostics = {}};
    if (request.planned_state.is_null()) return response;
    if (request.config.get("name") == Value::string("slow")) {
        std::unique_lock lock(mutex_);
        stopping_.wait(lock, [this] { return stopped_; });
        response.diagnostics.add_error("Stopped", "Ended early because Terraform asked to stop.");
        return response;
    }
    response.new_state = with_note(request.planned_state);
    response.new_identity = identity_of(response.new_state);
    return response;
}

framework::ImportResponse TestServer::import_state(const framework::ImportRequest& request) {
    framework::ImportResponse response;
    const Value name = request.identity ? request.identity->get("name") : Value::string(request.id);
    // An empty object of the type: every member null.
    const Value stub = *value::from_json("{}", thing_schema().type());
    const Value state = stub.with("name", name);
    response.resources.push_back(
        {.type_name = request.type_name, .state = state, .private_state = {}, .identity = identity_of(state)});
    return response;
}

framework::MoveResponse TestServer::move(const framework::MoveRequest& request) {
    framework::MoveResponse response;
    if (request.source_type_name != "old_thing") {
        response.diagnostics.add_error("Move not supported", "Only old_thing moves to test_thing.");
        return response;
    }
    auto state = value::from_json(request.source_state, thing_schema().type(), {.ignore_unknown_members = true});
    if (state) response.target_state = *std::move(state);
    response.target_private = request.source_private;
    return response;
}

framework::GenerateConfigResponse TestServer::generate_config(const framework::GenerateConfigRequest& request) {
    return {.config = request.state.with("note", Value::null()), .diagnostics = {}};
}

Diagnostics TestServer::validate_data(const framework::ValidateRequest& request) {
    obey(request.config);
    return {};
}

framework::ReadDataResponse TestServer::read_data(const framework::ReadDataRequest& request) {
    obey(request.config);
    spdlog::info("looked up {}", request.config.get("name").as_string());
    return {.state = request.config.with("note", Value::string("found")), .deferred = {}, .diagnostics = {}};
}

framework::CallFunctionResponse TestServer::call_function(const framework::CallFunctionRequest& request) {
    const std::string separator = request.arguments[0].is_null() ? "" : request.arguments[0].as_string();
    std::string text;
    for (std::size_t i = 1; i < request.arguments.size(); ++i) {
        const std::string& word = request.arguments[i].as_string();
        if (word == "throw") throw std::runtime_error("asked to throw");
        if (word.empty()) {
            return {.result = {},
                    .error = framework::FunctionError{.text = "words must not be empty",
                                                      .argument = static_cast<std::int64_t>(i)}};
        }
        if (i > 1) text += separator;
        text += word;
    }
    return {.result = Value::string(text), .error = {}};
}

Diagnostics TestServer::validate_ephemeral(const framework::ValidateRequest& request) {
    obey(request.config);
    return {};
}

framework::OpenEphemeralResponse TestServer::open_ephemeral(const framework::OpenEphemeralRequest& request) {
    return {.result = request.config.with("note", Value::string("lent")),
            .private_state = "loan 1",
            .renew_at = std::chrono::system_clock::time_point(std::chrono::milliseconds(1500)),
            .deferred = {},
            .diagnostics = {}};
}

framework::RenewEphemeralResponse TestServer::renew_ephemeral(const framework::EphemeralRequest& request) {
    return {.private_state = *request.private_state + " renewed", .renew_at = {}, .diagnostics = {}};
}

Diagnostics TestServer::close_ephemeral(const framework::EphemeralRequest& request) {
    Diagnostics diagnostics;
    if (request.private_state != "loan 1") diagnostics.add_error("Wrong loan", "Terraform closes what Open gave.");
    return diagnostics;
}

Diagnostics TestServer::validate_list(const framework::ValidateRequest& request) {
    obey(request.config);
    return {};
}

void TestServer::list(const framework::ListRequest& request, const framework::ListPush& push) {
    for (std::int64_t i = 0; i < request.limit; ++i) {
        framework::ListEvent event;
        event.display_name = "thing " + std::to_string(i);
        event.identity = Value::object({{"name", Value::string(std::to_string(i))}});
        if (request.include_resource_object) {
            event.resource_object =
                import_state({.type_name = "test_thing", .id = std::to_string(i), .identity = {}, .client = {}})
                    .resources[0]
                    .state;
        }
        if (!push(std::move(event))) return;
    }
    obey(request.config);
}

Diagnostics TestServer::validate_action(const framework::ValidateRequest& request) {
    obey(request.config);
    return {};
}

framework::PlanActionResponse TestServer::plan_action(const framework::ActionRequest& request) {
    framework::PlanActionResponse response;
    if (request.config.get("name").is_unknown() && request.client.deferral_allowed) {
        response.deferred = framework::DeferredReason::kProviderConfigUnknown;
    }
    return response;
}

Diagnostics TestServer::invoke_action(const framework::ActionRequest& request,
                                      const framework::ActionProgress& progress) {
    progress("begun");
    obey(request.config);
    progress("half done");
    Diagnostics diagnostics;
    diagnostics.add_warning("Done", "It was easy.");
    return diagnostics;
}

}  // namespace pigsty::plugin
