#include "provider/plugin/provider_service.h"

namespace pigsty::plugin {

using framework::ObjectKind;
using grpc::ServerContext;
using value::Type;

namespace {

// State written by Terraform 0.11 and older has another form; no version of this provider ever wrote it.
void refuse_flatmap(const tfplugin6::RawState& raw, RpcCall& call) {
    if (call.failed() || !raw.json().empty()) return;
    call.fail("State in a form of Terraform 0.11 or older",
              "The stored state is not JSON. This provider reads states written by Terraform 1.0 or OpenTofu 1.6 and "
              "later only.");
}

}  // namespace

grpc::Status ProviderService::ValidateResourceConfig(ServerContext*,
                                                     const tfplugin6::ValidateResourceConfig::Request* request,
                                                     tfplugin6::ValidateResourceConfig::Response* response) {
    const std::string& name = request->type_name();
    return answer("ValidateResourceConfig", name, response->mutable_diagnostics(), [&](RpcCall& call) {
        const Type& type = call.type_of(ObjectKind::kResource, name);
        const framework::ValidateRequest validate{.type_name = name,
                                                  .config = call.read(request->config(), type, "configuration"),
                                                  .client = read_capabilities(request->client_capabilities())};
        if (call.failed()) return;
        call.add(server_.validate_resource(validate));
    });
}

grpc::Status ProviderService::UpgradeResourceState(ServerContext*,
                                                   const tfplugin6::UpgradeResourceState::Request* request,
                                                   tfplugin6::UpgradeResourceState::Response* response) {
    const std::string& name = request->type_name();
    return answer("UpgradeResourceState", name, response->mutable_diagnostics(), [&](RpcCall& call) {
        const Type& type = call.type_of(ObjectKind::kResource, name);
        refuse_flatmap(request->raw_state(), call);
        if (call.failed()) return;
        const auto upgraded = server_.upgrade_state(
            {.type_name = name, .version = request->version(), .raw_state = request->raw_state().json()});
        call.add(upgraded.diagnostics);
        call.write(upgraded.upgraded_state, type, response->mutable_upgraded_state(), "upgraded state");
    });
}

grpc::Status ProviderService::UpgradeResourceIdentity(ServerContext*,
                                                      const tfplugin6::UpgradeResourceIdentity::Request* request,
                                                      tfplugin6::UpgradeResourceIdentity::Response* response) {
    const std::string& name = request->type_name();
    return answer("UpgradeResourceIdentity", name, response->mutable_diagnostics(), [&](RpcCall& call) {
        call.type_of(ObjectKind::kResource, name);
        refuse_flatmap(request->raw_identity(), call);
        if (call.failed()) return;
        if (server_.find_identity_schema(name) == nullptr) {
            call.fail("Resource has no identity", "Resource type \"" + name + "\" has no identity to upgrade.");
            return;
        }
        const auto upgraded = server_.upgrade_identity(
            {.type_name = name, .version = request->version(), .raw_identity = request->raw_identity().json()});
        call.add(upgraded.diagnostics);
        call.write_identity(upgraded.upgraded_identity, name, [&] { return response->mutable_upgraded_identity(); });
    });
}

grpc::Status ProviderService::ReadResource(ServerContext*, const tfplugin6::ReadResource::Request* request,
                                           tfplugin6::ReadResource::Response* response) {
    const std::string& name = request->type_name();
    return answer("ReadResource", name, response->mutable_diagnostics(), [&](RpcCall& call) {
        const Type& type = call.type_of(ObjectKind::kResource, name);
        const framework::ReadRequest read{
            .type_name = name,
            .current_state = call.read(request->current_state(), type, "current state"),
            .private_state = request->private_(),
            .current_identity = call.read_identity(request->has_current_identity(), request->current_identity(), name),
            .client = read_capabilities(request->client_capabilities())};
        if (call.failed()) return;
        const auto result = server_.read(read);
        call.add(result.diagnostics);
        call.write(result.new_state, type, response->mutable_new_state(), "new state");
        response->set_private_(result.private_state);
        call.write_identity(result.new_identity, name, [&] { return response->mutable_new_identity(); });
        write_deferred(result.deferred, response);
    });
}

grpc::Status ProviderService::PlanResourceChange(ServerContext*, const tfplugin6::PlanResourceChange::Request* request,
                                                 tfplugin6::PlanResourceChange::Response* response) {
    const std::string& name = request->type_name();
    return answer("PlanResourceChange", name, response->mutable_diagnostics(), [&](RpcCall& call) {
        const Type& type = call.type_of(ObjectKind::kResource, name);
        framework::PlanRequest plan{
            .type_name = name,
            .prior_state = call.read(request->prior_state(), type, "prior state"),
            .proposed_new_state = call.read(request->proposed_new_state(), type, "proposed state"),
            .config = call.read(request->config(), type, "configuration"),
            .prior_private = request->prior_private(),
            .earlier_planned_private = {},
            .prior_identity = call.read_identity(request->has_prior_identity(), request->prior_identity(), name),
            .client = read_capabilities(request->client_capabilities())};
        if (!request->planned_private().empty()) plan.earlier_planned_private = request->planned_private();
        if (call.failed()) return;
        const auto result = server_.plan(plan);
        call.add(result.diagnostics);
        call.write(result.planned_state, type, response->mutable_planned_state(), "planned state");
        for (const value::Path& path : result.requires_replace) write_path(path, response->add_requires_replace());
        response->set_planned_private(result.planned_private);
        call.write_identity(result.planned_identity, name, [&] { return response->mutable_planned_identity(); });
        write_deferred(result.deferred, response);
    });
}

grpc::Status ProviderService::ApplyResourceChange(ServerContext*,
                                                  const tfplugin6::ApplyResourceChange::Request* request,
                                                  tfplugin6::ApplyResourceChange::Response* response) {
    const std::string& name = request->type_name();
    return answer("ApplyResourceChange", name, response->mutable_diagnostics(), [&](RpcCall& call) {
        const Type& type = call.type_of(ObjectKind::kResource, name);
        const framework::ApplyRequest apply{
            .type_name = name,
            .prior_state = call.read(request->prior_state(), type, "prior state"),
            .planned_state = call.read(request->planned_state(), type, "planned state"),
            .config = call.read(request->config(), type, "configuration"),
            .planned_private = request->planned_private(),
            .planned_identity = call.read_identity(request->has_planned_identity(), request->planned_identity(), name)};
        // Nothing was touched yet: an error without a state makes Terraform keep the one it has.
        if (call.failed()) return;
        const auto result = server_.apply(apply);
        call.add(result.diagnostics);
        call.write(result.new_state, type, response->mutable_new_state(), "new state");
        response->set_private_(result.private_state);
        call.write_identity(result.new_identity, name, [&] { return response->mutable_new_identity(); });
    });
}

grpc::Status ProviderService::ImportResourceState(ServerContext*,
                                                  const tfplugin6::ImportResourceState::Request* request,
                                                  tfplugin6::ImportResourceState::Response* response) {
    const std::string& name = request->type_name();
    return answer("ImportResourceState", name, response->mutable_diagnostics(), [&](RpcCall& call) {
        call.type_of(ObjectKind::kResource, name);
        const framework::ImportRequest import_request{
            .type_name = name,
            .id = request->id(),
            .identity = call.read_identity(request->has_identity(), request->identity(), name),
            .client = read_capabilities(request->client_capabilities())};
        if (call.failed()) return;
        const auto result = server_.import_state(import_request);
        call.add(result.diagnostics);
        for (const framework::ImportedResource& imported : result.resources) {
            const Type& type = call.type_of(ObjectKind::kResource, imported.type_name);
            if (call.failed()) return;
            auto* out = response->add_imported_resources();
            out->set_type_name(imported.type_name);
            call.write(imported.state, type, out->mutable_state(), "imported state");
            out->set_private_(imported.private_state);
            call.write_identity(imported.identity, imported.type_name, [&] { return out->mutable_identity(); });
        }
        write_deferred(result.deferred, response);
    });
}

grpc::Status ProviderService::MoveResourceState(ServerContext*, const tfplugin6::MoveResourceState::Request* request,
                                                tfplugin6::MoveResourceState::Response* response) {
    const std::string& name = request->target_type_name();
    return answer("MoveResourceState", name, response->mutable_diagnostics(), [&](RpcCall& call) {
        const Type& type = call.type_of(ObjectKind::kResource, name);
        refuse_flatmap(request->source_state(), call);
        if (call.failed()) return;
        framework::MoveRequest move{.source_provider_address = request->source_provider_address(),
                                    .source_type_name = request->source_type_name(),
                                    .source_schema_version = request->source_schema_version(),
                                    .source_state = request->source_state().json(),
                                    .source_private = request->source_private(),
                                    .source_identity = {},
                                    .source_identity_schema_version = request->source_identity_schema_version(),
                                    .target_type_name = name};
        if (!request->source_identity().json().empty()) move.source_identity = request->source_identity().json();
        const auto result = server_.move(move);
        call.add(result.diagnostics);
        call.write(result.target_state, type, response->mutable_target_state(), "moved state");
        response->set_target_private(result.target_private);
        call.write_identity(result.target_identity, name, [&] { return response->mutable_target_identity(); });
    });
}

grpc::Status ProviderService::GenerateResourceConfig(ServerContext*,
                                                     const tfplugin6::GenerateResourceConfig::Request* request,
                                                     tfplugin6::GenerateResourceConfig::Response* response) {
    const std::string& name = request->type_name();
    return answer("GenerateResourceConfig", name, response->mutable_diagnostics(), [&](RpcCall& call) {
        const Type& type = call.type_of(ObjectKind::kResource, name);
        const framework::GenerateConfigRequest generate{.type_name = name,
                                                        .state = call.read(request->state(), type, "state")};
        if (call.failed()) return;
        const auto result = server_.generate_config(generate);
        call.add(result.diagnostics);
        call.write(result.config, type, response->mutable_config(), "generated configuration");
    });
}

}  // namespace pigsty::plugin
