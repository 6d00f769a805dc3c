#include "provider/plugin/host_harness.h"

#include "provider/framework/host_checks.h"
#include "provider/plugin/host_wire.h"
#include "provider/plugin/read_schema.h"

namespace pigsty::plugin {

using framework::Diagnostics;
using framework::Mismatches;
using framework::Schema;
using value::Value;

namespace {

// Members of a configuration that core never leaves null: absent list, set and map blocks are empty.
Value with_empty_blocks(const framework::BlockSchema& block, const Value& object) {
    if (!object.is_known()) return object;
    Value out = object;
    for (const auto& nested : block.blocks) {
        const Value& member = out.get(nested.type_name);
        if (!member.is_null()) continue;
        switch (nested.nesting) {
            case framework::BlockNesting::kList: out = out.with(nested.type_name, Value::list({})); break;
            case framework::BlockNesting::kSet: out = out.with(nested.type_name, Value::set({})); break;
            case framework::BlockNesting::kMap: out = out.with(nested.type_name, Value::map({})); break;
            case framework::BlockNesting::kSingle:
            case framework::BlockNesting::kGroup: break;
        }
    }
    return out;
}

}  // namespace

Host::Host(const std::string& binary, const LaunchOptions& options) {
    auto process = PluginProcess::start(binary, options);
    if (!process) refuse("Failed to start", process.error());
    process_ = *std::move(process);
    const auto schemas = called(*process_, &tfplugin6::Provider::Stub::GetProviderSchema, {});
    check_diagnostics(schemas.diagnostics());
    if (!schemas.has_provider()) refuse("missing provider schema", binary);
    provider_ = loaded(read_schema(schemas.provider()), "the provider");
    for (const auto& [name, schema] : schemas.resource_schemas()) {
        resources_.emplace(name, loaded(read_schema(schema), name));
    }
    for (const auto& [name, schema] : schemas.data_source_schemas()) {
        data_sources_.emplace(name, loaded(read_schema(schema), name));
    }
    for (const auto& [name, function] : schemas.functions()) {
        functions_.emplace(name, loaded(read_function(function), name));
    }
    const auto identities = called(*process_, &tfplugin6::Provider::Stub::GetResourceIdentitySchemas, {});
    for (const auto& [name, schema] : identities.identity_schemas()) {
        if (!resources_.contains(name)) refuse("identity schema without a resource", name);
        identities_.emplace(name, loaded(read_identity_schema(schema), name).type());
    }
}

const Schema& Host::resource_schema(const std::string& type_name) const {
    const auto found = resources_.find(type_name);
    if (found == resources_.end()) throw HostError("the provider has no resource type " + type_name);
    return found->second;
}

const Schema& Host::data_source_schema(const std::string& type_name) const {
    const auto found = data_sources_.find(type_name);
    if (found == data_sources_.end()) throw HostError("the provider has no data source type " + type_name);
    return found->second;
}

std::vector<std::string> Host::resource_types() const {
    std::vector<std::string> names;
    for (const auto& [name, schema] : resources_) names.push_back(name);
    return names;
}

Value Host::configuration(const std::string& resource_type, std::string_view json) const {
    const Schema& schema = resource_schema(resource_type);
    return with_empty_blocks(schema.block, value_from(schema.type(), json));
}

const value::Type* Host::identity_type(const std::string& type_name) const {
    const auto found = identities_.find(type_name);
    return found == identities_.end() ? nullptr : &found->second;
}

Diagnostics Host::validate_provider(std::string_view json) {
    tfplugin6::ValidateProviderConfig::Request request;
    encode(with_empty_blocks(provider_.block, value_from(provider_.type(), json)), provider_.type(),
           request.mutable_config());
    return told(called(*process_, &tfplugin6::Provider::Stub::ValidateProviderConfig, request).diagnostics());
}

Diagnostics Host::configure(std::string_view json) {
    tfplugin6::ConfigureProvider::Request request;
    request.set_terraform_version("1.15.9");
    request.mutable_client_capabilities()->set_write_only_attributes_allowed(true);
    encode(with_empty_blocks(provider_.block, value_from(provider_.type(), json)), provider_.type(),
           request.mutable_config());
    return told(called(*process_, &tfplugin6::Provider::Stub::ConfigureProvider, request).diagnostics());
}

void Host::stop() { called(*process_, &tfplugin6::Provider::Stub::StopProvider, {}); }

Diagnostics Host::validate(const std::string& type_name, const Value& config) {
    tfplugin6::ValidateResourceConfig::Request request;
    request.set_type_name(type_name);
    request.mutable_client_capabilities()->set_write_only_attributes_allowed(true);
    encode(config, resource_schema(type_name).type(), request.mutable_config());
    return told(called(*process_, &tfplugin6::Provider::Stub::ValidateResourceConfig, request).diagnostics());
}

Plan Host::plan(const std::string& type_name, const Value& config, const Instance& prior) {
    const Schema& schema = resource_schema(type_name);
    const value::Type type = schema.type();
    const value::Type* identity = identity_type(type_name);
    tfplugin6::PlanResourceChange::Request request;
    request.set_type_name(type_name);
    request.mutable_client_capabilities()->set_write_only_attributes_allowed(true);
    request.set_prior_private(prior.private_state);
    encode(prior.state, type, request.mutable_prior_state());
    encode(config, type, request.mutable_config());
    encode(config.is_null() ? Value::null() : proposed_new_state(schema, config, prior.state), type,
           request.mutable_proposed_new_state());
    if (prior.identity && identity != nullptr) {
        encode(*prior.identity, *identity, request.mutable_prior_identity()->mutable_identity_data());
    }
    const auto response = called(*process_, &tfplugin6::Provider::Stub::PlanResourceChange, request);

    Plan plan{.type_name = type_name,
              .config = config,
              .prior = prior,
              .planned_state = {},
              .planned_private = response.planned_private(),
              .planned_identity = {},
              .requires_replace = {},
              .diagnostics = told(response.diagnostics()),
              .bytes = deterministic_bytes(response)};
    if (plan.diagnostics.has_error()) return plan;
    if (response.legacy_type_system()) refuse("Provider produced invalid plan", "legacy_type_system is set");
    if (response.has_deferred()) refuse("Provider deferred changes when Terraform did not allow deferrals", type_name);
    plan.planned_state = decode(response.planned_state(), type, "planned state");
    check(check_plan(schema, config, prior.state, plan.planned_state), "Provider produced invalid plan");
    for (const auto& message : response.requires_replace()) {
        const value::Path path = read_path(message);
        if (prior.state.is_null() || config.is_null()) continue;
        if (!(path.look_up(prior.state) == path.look_up(plan.planned_state))) plan.requires_replace.push_back(path);
    }
    if (response.has_planned_identity()) {
        if (identity == nullptr) refuse("Provider produced invalid identity", "the resource has none in the schema");
        plan.planned_identity = decode(response.planned_identity().identity_data(), *identity, "planned identity");
    }
    return plan;
}

Plan Host::plan(const std::string& type_name, std::string_view json, const Instance& prior) {
    return plan(type_name, configuration(type_name, json), prior);
}

Plan Host::plan_destroy(const std::string& type_name, const Instance& prior) {
    return plan(type_name, Value::null(), prior);
}

Instance Host::apply(const Plan& plan) { return apply(plan, plan.config); }

Instance Host::apply(const Plan& planned, const Value& known_config) {
    if (planned.diagnostics.has_error())
        throw HostError("a plan with errors is not applied: " + planned.diagnostics[0].detail);
    const Schema& schema = resource_schema(planned.type_name);
    const value::Type type = schema.type();
    const value::Type* identity = identity_type(planned.type_name);
    Plan final = planned;
    if (!planned.config.is_null()) {
        final = plan(planned.type_name, known_config, planned.prior);
        if (final.diagnostics.has_error())
            return {.state = planned.prior.state,
                    .private_state = planned.prior.private_state,
                    .identity = planned.prior.identity,
                    .diagnostics = final.diagnostics};
        check(check_final_plan(schema, planned.planned_state, final.planned_state),
              "Provider produced inconsistent final plan");
    }
    tfplugin6::ApplyResourceChange::Request request;
    request.set_type_name(planned.type_name);
    request.set_planned_private(final.planned_private);
    encode(planned.prior.state, type, request.mutable_prior_state());
    encode(final.planned_state, type, request.mutable_planned_state());
    encode(planned.config.is_null() ? Value::null() : known_config, type, request.mutable_config());
    if (final.planned_identity && identity != nullptr) {
        encode(*final.planned_identity, *identity, request.mutable_planned_identity()->mutable_identity_data());
    }
    const auto response = called(*process_, &tfplugin6::Provider::Stub::ApplyResourceChange, request);

    Instance result{.state = decode(response.new_state(), type, "new state"),
                    .private_state = response.private_(),
                    .identity = {},
                    .diagnostics = told(response.diagnostics())};
    if (response.has_new_identity() && identity != nullptr) {
        result.identity = decode(response.new_identity().identity_data(), *identity, "new identity");
        if (!result.identity->is_wholly_known()) refuse("Provider produced invalid identity", "unknown after apply");
    }
    if (result.diagnostics.has_error()) {
        // Null with an error keeps the prior state; anything else is saved as it is.
        if (result.state.is_null() && !planned.config.is_null()) result.state = planned.prior.state;
        return result;
    }
    check(check_apply(schema, final.planned_state, result.state), "Provider produced inconsistent result after apply");
    if (!result.state.is_null())
        check(check_state(schema, result.state), "Provider returned invalid result object after apply");
    return result;
}

Instance Host::read(const std::string& type_name, const Instance& current) {
    const Schema& schema = resource_schema(type_name);
    const value::Type type = schema.type();
    const value::Type* identity = identity_type(type_name);
    tfplugin6::ReadResource::Request request;
    request.set_type_name(type_name);
    request.set_private_(current.private_state);
    encode(current.state, type, request.mutable_current_state());
    if (current.identity && identity != nullptr) {
        encode(*current.identity, *identity, request.mutable_current_identity()->mutable_identity_data());
    }
    const auto response = called(*process_, &tfplugin6::Provider::Stub::ReadResource, request);
    Instance result{.state = decode(response.new_state(), type, "new state"),
                    .private_state = response.private_(),
                    .identity = {},
                    .diagnostics = told(response.diagnostics())};
    if (response.has_new_identity() && identity != nullptr) {
        result.identity = decode(response.new_identity().identity_data(), *identity, "new identity");
    }
    if (result.diagnostics.has_error()) return result;
    if (!result.state.is_null()) check(check_state(schema, result.state), "Provider produced invalid object");
    if (current.identity && result.state.is_known() && !result.identity)
        refuse("Provider lost the identity", type_name);
    return result;
}

Instance Host::import_id(const std::string& type_name, const std::string& id) {
    tfplugin6::ImportResourceState::Request request;
    request.set_type_name(type_name);
    request.set_id(id);
    return imported(request);
}

Instance Host::import_identity(const std::string& type_name, std::string_view json) {
    const value::Type* identity = identity_type(type_name);
    if (identity == nullptr) throw HostError("the resource has no identity: " + type_name);
    tfplugin6::ImportResourceState::Request request;
    request.set_type_name(type_name);
    encode(value_from(*identity, json), *identity, request.mutable_identity()->mutable_identity_data());
    return imported(request);
}

Instance Host::imported(const tfplugin6::ImportResourceState::Request& request) {
    const std::string& type_name = request.type_name();
    const Schema& schema = resource_schema(type_name);
    const auto response = called(*process_, &tfplugin6::Provider::Stub::ImportResourceState, request);
    const Diagnostics diagnostics = told(response.diagnostics());
    if (diagnostics.has_error()) return {.state = {}, .private_state = {}, .identity = {}, .diagnostics = diagnostics};
    if (response.imported_resources_size() == 0) refuse("Import returned no resources", type_name);
    if (response.imported_resources_size() > 1) refuse("Multiple import states not supported", type_name);
    const auto& imported = response.imported_resources(0);
    if (imported.type_name() != type_name) refuse("Import returned another type", imported.type_name());
    Instance stub{.state = decode(imported.state(), schema.type(), "imported state"),
                  .private_state = imported.private_(),
                  .identity = {},
                  .diagnostics = diagnostics};
    if (stub.state.is_null()) refuse("Import returned null resource", type_name);
    check(check_state(schema, stub.state), "Provider produced invalid object");
    if (imported.has_identity() && identity_type(type_name) != nullptr) {
        stub.identity = decode(imported.identity().identity_data(), *identity_type(type_name), "identity");
    }
    Instance result = read(type_name, stub);
    if (result.state.is_null() && !result.diagnostics.has_error())
        refuse("Cannot import non-existent remote object", request.id());
    return result;
}

Instance Host::upgrade(const std::string& type_name, std::int64_t version, const std::string& raw_state) {
    const Schema& schema = resource_schema(type_name);
    tfplugin6::UpgradeResourceState::Request request;
    request.set_type_name(type_name);
    request.set_version(version);
    request.mutable_raw_state()->set_json(raw_state);
    const auto response = called(*process_, &tfplugin6::Provider::Stub::UpgradeResourceState, request);
    Instance result{.state = {}, .private_state = {}, .identity = {}, .diagnostics = told(response.diagnostics())};
    if (result.diagnostics.has_error()) return result;
    result.state = decode(response.upgraded_state(), schema.type(), "upgraded state");
    check(check_state(schema, result.state), "Invalid resource state upgrade");
    return result;
}

Instance Host::move(const std::string& source_type, const std::string& raw_state, const std::string& target_type) {
    const Schema& schema = resource_schema(target_type);
    tfplugin6::MoveResourceState::Request request;
    request.set_source_provider_address("example.org/pigsty/pigsty");
    request.set_source_type_name(source_type);
    request.mutable_source_state()->set_json(raw_state);
    request.set_target_type_name(target_type);
    const auto response = called(*process_, &tfplugin6::Provider::Stub::MoveResourceState, request);
    Instance result{.state = {},
                    .private_state = response.target_private(),
                    .identity = {},
                    .diagnostics = told(response.diagnostics())};
    if (result.diagnostics.has_error()) return result;
    result.state = decode(response.target_state(), schema.type(), "moved state");
    if (result.state.is_null()) refuse("Provider returned invalid value", "the moved state is null");
    check(check_state(schema, result.state), "Provider returned invalid value");
    return result;
}

Value Host::generate_config(const std::string& type_name, const Value& state) {
    const Schema& schema = resource_schema(type_name);
    tfplugin6::GenerateResourceConfig::Request request;
    request.set_type_name(type_name);
    encode(state, schema.type(), request.mutable_state());
    const auto response = called(*process_, &tfplugin6::Provider::Stub::GenerateResourceConfig, request);
    if (const Diagnostics diagnostics = told(response.diagnostics()); diagnostics.has_error()) {
        refuse(diagnostics[0].summary, diagnostics[0].detail);
    }
    return decode(response.config(), schema.type(), "generated configuration");
}

Instance Host::read_data(const std::string& type_name, std::string_view json) {
    const Schema& schema = data_source_schema(type_name);
    tfplugin6::ReadDataSource::Request request;
    request.set_type_name(type_name);
    encode(with_empty_blocks(schema.block, value_from(schema.type(), json)), schema.type(), request.mutable_config());
    const auto response = called(*process_, &tfplugin6::Provider::Stub::ReadDataSource, request);
    Instance result{.state = decode(response.state(), schema.type(), "state"),
                    .private_state = {},
                    .identity = {},
                    .diagnostics = told(response.diagnostics())};
    if (result.diagnostics.has_error()) return result;
    if (result.state.is_null()) refuse("Provider produced null object", type_name);
    check(check_state(schema, result.state), "Provider produced invalid object");
    return result;
}

std::expected<Value, std::string> Host::call(const std::string& function, const std::vector<Value>& arguments) {
    const auto found = functions_.find(function);
    if (found == functions_.end()) throw HostError("the provider has no function " + function);
    const framework::FunctionSchema& schema = found->second;
    tfplugin6::CallFunction::Request request;
    request.set_name(function);
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const bool fixed = i < schema.parameters.size();
        if (!fixed && !schema.variadic_parameter) throw HostError("too many arguments for " + function);
        encode(arguments[i], fixed ? schema.parameters[i].type : schema.variadic_parameter->type,
               request.add_arguments());
    }
    const auto response = called(*process_, &tfplugin6::Provider::Stub::CallFunction, request);
    if (response.has_error()) return std::unexpected(response.error().text());
    return decode(response.result(), schema.return_type, "result");
}

std::string difference_of(const Plan& one, const Plan& other) {
    if (one.bytes == other.bytes) return {};
    if (!(one.planned_state == other.planned_state)) {
        return "planned states differ:\n  " + one.planned_state.to_display(4000) + "\n  " +
               other.planned_state.to_display(4000);
    }
    return "planned states are equal, but the replies differ elsewhere (private state, identity, diagnostics)";
}

std::string plan_twice_same_bytes(const std::string& binary, std::string_view provider_config,
                                  const std::string& type_name, const Value& config, const Instance& prior) {
    std::vector<Plan> plans;
    for (int i = 0; i < 2; ++i) {
        Host host(binary);
        if (const Diagnostics told = host.configure(provider_config); told.has_error()) return told[0].detail;
        plans.push_back(host.plan(type_name, config, prior));
        if (const int code = host.process().shut_down(); code != 0)
            return "the provider ended with exit code " + std::to_string(code);
    }
    return difference_of(plans[0], plans[1]);
}

}  // namespace pigsty::plugin
