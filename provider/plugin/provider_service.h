// The service tfplugin6.Provider: decodes each call, hands it to a framework::ProviderServer, encodes the answer.
//
//     ProviderService service(server);
//     builder.RegisterService(&service);
//
// Every reply has gRPC status OK: what goes wrong is told in diagnostics, because Terraform shows a status as a crash
// of the plugin. What the provider does not offer is answered with:
//
//     Unknown resource type           This version of the provider has no resource type "x". It has: pigsty_node, ….
//     Unknown data source type        (the same for data source, ephemeral resource, list resource and action types)
//     (function error)                This version of the provider has no function "x". It has: …
//     State stores are not supported  The provider keeps no Terraform state. Choose a backend instead: …
//
// Calls run in parallel, on threads of gRPC.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "proto/tfplugin6.grpc.pb.h"
#include "provider/framework/server.h"
#include "provider/plugin/rpc_call.h"

namespace pigsty::plugin {

class ProviderService final : public tfplugin6::Provider::Service {
  public:
    explicit ProviderService(framework::ProviderServer& server) : server_(server) {}

    // Waits for the calls that run; false when some still do after `bound`.
    bool wait_until_idle(std::chrono::milliseconds bound);

    // The protocol's signature: context, request, response.
#define PIGSTY_UNARY(rpc, messages)                                                             \
    grpc::Status rpc(grpc::ServerContext* context, const tfplugin6::messages::Request* request, \
                     tfplugin6::messages::Response* response) override
    // provider_service.cpp
    PIGSTY_UNARY(GetMetadata, GetMetadataRpc);
    PIGSTY_UNARY(GetProviderSchema, GetProviderSchema);
    PIGSTY_UNARY(GetResourceIdentitySchemas, GetResourceIdentitySchemas);
    PIGSTY_UNARY(ValidateProviderConfig, ValidateProviderConfig);
    PIGSTY_UNARY(ConfigureProvider, ConfigureProvider);
    PIGSTY_UNARY(StopProvider, StopProvider);
    // resource_calls.cpp
    PIGSTY_UNARY(ValidateResourceConfig, ValidateResourceConfig);
    PIGSTY_UNARY(UpgradeResourceState, UpgradeResourceState);
    PIGSTY_UNARY(UpgradeResourceIdentity, UpgradeResourceIdentity);
    PIGSTY_UNARY(ReadResource, ReadResource);
    PIGSTY_UNARY(PlanResourceChange, PlanResourceChange);
    PIGSTY_UNARY(ApplyResourceChange, ApplyResourceChange);
    PIGSTY_UNARY(ImportResourceState, ImportResourceState);
    PIGSTY_UNARY(MoveResourceState, MoveResourceState);
    PIGSTY_UNARY(GenerateResourceConfig, GenerateResourceConfig);
    // other_calls.cpp
    PIGSTY_UNARY(ValidateDataResourceConfig, ValidateDataResourceConfig);
    PIGSTY_UNARY(ReadDataSource, ReadDataSource);
    PIGSTY_UNARY(GetFunctions, GetFunctions);
    PIGSTY_UNARY(CallFunction, CallFunction);
    PIGSTY_UNARY(ValidateEphemeralResourceConfig, ValidateEphemeralResourceConfig);
    PIGSTY_UNARY(OpenEphemeralResource, OpenEphemeralResource);
    PIGSTY_UNARY(RenewEphemeralResource, RenewEphemeralResource);
    PIGSTY_UNARY(CloseEphemeralResource, CloseEphemeralResource);
    PIGSTY_UNARY(ValidateListResourceConfig, ValidateListResourceConfig);
    grpc::Status ListResource(grpc::ServerContext* context, const tfplugin6::ListResource::Request* request,
                              grpc::ServerWriter<tfplugin6::ListResource::Event>* writer) override;
    PIGSTY_UNARY(ValidateActionConfig, ValidateActionConfig);
    PIGSTY_UNARY(PlanAction, PlanAction);
    grpc::Status InvokeAction(grpc::ServerContext* context, const tfplugin6::InvokeAction::Request* request,
                              grpc::ServerWriter<tfplugin6::InvokeAction::Event>* writer) override;
    // state_store_calls.cpp
    PIGSTY_UNARY(ValidateStateStoreConfig, ValidateStateStore);
    PIGSTY_UNARY(ConfigureStateStore, ConfigureStateStore);
    grpc::Status ReadStateBytes(grpc::ServerContext* context, const tfplugin6::ReadStateBytes::Request* request,
                                grpc::ServerWriter<tfplugin6::ReadStateBytes::Response>* writer) override;
    grpc::Status WriteStateBytes(grpc::ServerContext* context,
                                 grpc::ServerReader<tfplugin6::WriteStateBytes::RequestChunk>* reader,
                                 tfplugin6::WriteStateBytes::Response* response) override;
    PIGSTY_UNARY(LockState, LockState);
    PIGSTY_UNARY(UnlockState, UnlockState);
    PIGSTY_UNARY(GetStates, GetStates);
    PIGSTY_UNARY(DeleteState, DeleteState);
#undef PIGSTY_UNARY

  private:
    // Runs `body(RpcCall&)`; whatever escapes it becomes a diagnostic in `diagnostics`.
    template <class Body>
    grpc::Status answer(const char* rpc, const std::string& object, DiagnosticList* diagnostics, const Body& body) {
        const Running running(*this);
        try {
            RpcCall call(rpc, object, server_, types_, diagnostics);
            body(call);
        } catch (const std::exception& exception) {
            write_diagnostic(describe_exception(rpc, exception.what()), diagnostics->Add());
        } catch (...) {
            write_diagnostic(describe_exception(rpc, "of unknown kind"), diagnostics->Add());
        }
        return grpc::Status::OK;
    }

    // Counts a call while it runs.
    class Running {
      public:
        explicit Running(ProviderService& service);
        Running(const Running&) = delete;
        Running& operator=(const Running&) = delete;
        ~Running();

      private:
        ProviderService& service_;
    };

    framework::ProviderServer& server_;
    TypeCache types_;
    std::mutex running_mutex_;
    std::condition_variable idle_;
    int running_ = 0;  // guarded by running_mutex_
};

}  // namespace pigsty::plugin
