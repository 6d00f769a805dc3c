// The provider is no state store. Terraform asks only providers whose schema announces one; whoever asks all the same
// gets one clear answer instead of a gRPC error.

#include "provider/plugin/provider_service.h"

namespace pigsty::plugin {

using grpc::ServerContext;

namespace {

grpc::Status refuse(DiagnosticList* diagnostics) {
    write_diagnostic(
        {.summary = "State stores are not supported",
         .detail = "This provider keeps no Terraform state. Choose a backend instead: a pigsty cluster serves "
                   "one through the backend \"pg\".",
         .path = {}},
        diagnostics->Add());
    return grpc::Status::OK;
}

}  // namespace

grpc::Status ProviderService::ValidateStateStoreConfig(ServerContext*, const tfplugin6::ValidateStateStore::Request*,
                                                       tfplugin6::ValidateStateStore::Response* response) {
    return refuse(response->mutable_diagnostics());
}

grpc::Status ProviderService::ConfigureStateStore(ServerContext*,
                                                  const tfplugin6::ConfigureStateStore::Request* request,
                                                  tfplugin6::ConfigureStateStore::Response* response) {
    // Terraform reads this field before it looks at the diagnostics.
    response->mutable_capabilities()->set_chunk_size(request->capabilities().chunk_size());
    return refuse(response->mutable_diagnostics());
}

grpc::Status ProviderService::ReadStateBytes(ServerContext*, const tfplugin6::ReadStateBytes::Request*,
                                             grpc::ServerWriter<tfplugin6::ReadStateBytes::Response>* writer) {
    tfplugin6::ReadStateBytes::Response response;
    response.mutable_range();  // Terraform reads it without looking whether it is there
    refuse(response.mutable_diagnostics());
    writer->Write(response);
    return grpc::Status::OK;
}

grpc::Status ProviderService::WriteStateBytes(ServerContext*,
                                              grpc::ServerReader<tfplugin6::WriteStateBytes::RequestChunk>* /*reader*/,
                                              tfplugin6::WriteStateBytes::Response* response) {
    return refuse(response->mutable_diagnostics());
}

grpc::Status ProviderService::LockState(ServerContext*, const tfplugin6::LockState::Request*,
                                        tfplugin6::LockState::Response* response) {
    return refuse(response->mutable_diagnostics());
}

grpc::Status ProviderService::UnlockState(ServerContext*, const tfplugin6::UnlockState::Request*,
                                          tfplugin6::UnlockState::Response* response) {
    return refuse(response->mutable_diagnostics());
}

grpc::Status ProviderService::GetStates(ServerContext*, const tfplugin6::GetStates::Request*,
                                        tfplugin6::GetStates::Response* response) {
    return refuse(response->mutable_diagnostics());
}

grpc::Status ProviderService::DeleteState(ServerContext*, const tfplugin6::DeleteState::Request*,
                                          tfplugin6::DeleteState::Response* response) {
    return refuse(response->mutable_diagnostics());
}

}  // namespace pigsty::plugin
