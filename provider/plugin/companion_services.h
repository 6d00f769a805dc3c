// The services go-plugin's host expects beside the provider: controller, broker, standard streams.
//
//     ControllerService controller([&guard] { guard.request_end(…); });
//     builder.RegisterService(&controller);
//
// Broker and stdio streams stay open until the host or the server ends them, and hold no thread.
#pragma once

#include <functional>

#include "proto/go_plugin.grpc.pb.h"

namespace pigsty::plugin {

// Without it every plugin process costs the host two seconds of waiting and a SIGKILL.
class ControllerService final : public ::plugin::GRPCController::CallbackService {
  public:
    // `on_shutdown` runs after the reply is on its way, on a thread of gRPC: it must not end the server itself.
    explicit ControllerService(std::function<void()> on_shutdown) : on_shutdown_(std::move(on_shutdown)) {}

    grpc::ServerUnaryReactor* Shutdown(grpc::CallbackServerContext* context, const ::plugin::Empty* request,
                                       ::plugin::Empty* response) override;

  private:
    std::function<void()> on_shutdown_;
};

// The host opens it for connections back to itself; a provider has none to make.
class BrokerService final : public ::plugin::GRPCBroker::CallbackService {
  public:
    grpc::ServerBidiReactor<::plugin::ConnInfo, ::plugin::ConnInfo>* StartStream(
        grpc::CallbackServerContext* context) override;
};

// Nothing is ever sent: what we print goes to standard error, which the host reads anyway.
class StdioService final : public ::plugin::GRPCStdio::CallbackService {
  public:
    grpc::ServerWriteReactor<::plugin::StdioData>* StreamStdio(grpc::CallbackServerContext* context,
                                                               const google::protobuf::Empty* request) override;
};

}  // namespace pigsty::plugin
