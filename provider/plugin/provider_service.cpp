#include "provider/plugin/provider_service.h"

#include "provider/plugin/wire_schema.h"

namespace pigsty::plugin {

using framework::ObjectKind;
using grpc::ServerContext;

namespace {

const std::string kProvider = "the provider";

}  // namespace

ProviderService::Running::Running(ProviderService& service) : service_(service) {
    const std::lock_guard lock(service_.running_mutex_);
    ++service_.running_;
}

ProviderService::Running::~Running() {
    const std::lock_guard lock(service_.running_mutex_);
    if (--service_.running_ == 0) service_.idle_.notify_all();
}

bool ProviderService::wait_until_idle(std::chrono::milliseconds bound) {
    std::unique_lock lock(running_mutex_);
    return idle_.wait_for(lock, bound, [this] { return running_ == 0; });
}

grpc::Status ProviderService::GetMetadata(ServerContext*, const tfplugin6::GetMetadataRpc::Request*,
                                          tfplugin6::GetMetadataRpc::Response* response) {
    return answer("GetMetadata", kProvider, response->mutable_diagnostics(), [&](RpcCall&) {
        write_capabilities(server_.capabilities(), response->mutable_server_capabilities());
        const auto add_all = [this](ObjectKind kind, auto* list) {
            for (const std::string& name : server_.type_names(kind)) list->Add()->set_type_name(name);
        };
        add_all(ObjectKind::kResource, response->mutable_resources());
        add_all(ObjectKind::kDataSource, response->mutable_data_sources());
        add_all(ObjectKind::kEphemeral, response->mutable_ephemeral_resources());
        add_all(ObjectKind::kList, response->mutable_list_resources());
        add_all(ObjectKind::kAction, response->mutable_actions());
        for (const std::string& name : server_.function_names()) response->add_functions()->set_name(name);
    });
}

grpc::Status ProviderService::GetProviderSchema(ServerContext*, const tfplugin6::GetProviderSchema::Request*,
                                                tfplugin6::GetProviderSchema::Response* response) {
    return answer("GetProviderSchema", kProvider, response->mutable_diagnostics(), [&](RpcCall&) {
        write_capabilities(server_.capabilities(), response->mutable_server_capabilities());
        write_schema(server_.provider_schema(), response->mutable_provider());
        const auto add_all = [this](ObjectKind kind, auto* schemas) {
            for (const std::string& name : server_.type_names(kind)) {
                const framework::Schema* schema = server_.find_schema(kind, name);
                if (schema != nullptr) write_schema(*schema, &(*schemas)[name]);
            }
        };
        add_all(ObjectKind::kResource, response->mutable_resource_schemas());
        add_all(ObjectKind::kDataSource, response->mutable_data_source_schemas());
        add_all(ObjectKind::kEphemeral, response->mutable_ephemeral_resource_schemas());
        add_all(ObjectKind::kList, response->mutable_list_resource_schemas());
        for (const std::string& name : server_.type_names(ObjectKind::kAction)) {
            const framework::Schema* schema = server_.find_schema(ObjectKind::kAction, name);
            if (schema != nullptr) write_schema(*schema, (*response->mutable_action_schemas())[name].mutable_schema());
        }
        for (const std::string& name : server_.function_names()) {
            const framework::FunctionSchema* function = server_.find_function(name);
            if (function != nullptr) write_function(*function, &(*response->mutable_functions())[name]);
        }
    });
}

grpc::Status ProviderService::GetResourceIdentitySchemas(ServerContext*,
                                                         const tfplugin6::GetResourceIdentitySchemas::Request*,
                                                         tfplugin6::GetResourceIdentitySchemas::Response* response) {
    return answer("GetResourceIdentitySchemas", kProvider, response->mutable_diagnostics(), [&](RpcCall&) {
        for (const std::string& name : server_.type_names(ObjectKind::kResource)) {
            const framework::IdentitySchema* schema = server_.find_identity_schema(name);
            if (schema != nullptr) write_identity_schema(*schema, &(*response->mutable_identity_schemas())[name]);
        }
    });
}

grpc::Status ProviderService::ValidateProviderConfig(ServerContext*,
                                                     const tfplugin6::ValidateProviderConfig::Request* request,
                                                     tfplugin6::ValidateProviderConfig::Response* response) {
    return answer("ValidateProviderConfig", kProvider, response->mutable_diagnostics(), [&](RpcCall& call) {
        const value::Value config = call.read(request->config(), call.provider_type(), "configuration");
        if (call.failed()) return;
        call.add(server_.validate_provider_config(config));
    });
}

grpc::Status ProviderService::ConfigureProvider(ServerContext*, const tfplugin6::ConfigureProvider::Request* request,
                                                tfplugin6::ConfigureProvider::Response* response) {
    return answer("ConfigureProvider", kProvider, response->mutable_diagnostics(), [&](RpcCall& call) {
        const framework::ConfigureRequest configure{
            .terraform_version = request->terraform_version(),
            .config = call.read(request->config(), call.provider_type(), "configuration"),
            .client = read_capabilities(request->client_capabilities())};
        if (call.failed()) return;
        call.add(server_.configure(configure));
    });
}

grpc::Status ProviderService::StopProvider(ServerContext*, const tfplugin6::StopProvider::Request*,
                                           tfplugin6::StopProvider::Response* response) {
    // Its reply has no diagnostics; Terraform ignores the text too.
    DiagnosticList none;
    const grpc::Status status = answer("StopProvider", kProvider, &none, [&](RpcCall&) { server_.stop(); });
    if (!none.empty()) response->set_error(none[0].detail());
    return status;
}

}  // namespace pigsty::plugin
