#include "provider/plugin/companion_services.h"

#include <mutex>

namespace pigsty::plugin {

namespace {

// Reactors own themselves: gRPC says with OnDone when they are no longer needed.
class ShutdownReactor final : public grpc::ServerUnaryReactor {
  public:
    explicit ShutdownReactor(const std::function<void()>& on_shutdown) : on_shutdown_(on_shutdown) {
        Finish(grpc::Status::OK);
    }
    void OnDone() override {
        const std::function<void()> on_shutdown = on_shutdown_;
        delete this;
        on_shutdown();
    }

  private:
    std::function<void()> on_shutdown_;
};

class BrokerReactor final : public grpc::ServerBidiReactor<::plugin::ConnInfo, ::plugin::ConnInfo> {
  public:
    BrokerReactor() { StartRead(&received_); }
    void OnReadDone(bool ok) override {
        if (ok) {
            StartRead(&received_);
        } else {
            finish();
        }
    }
    void OnCancel() override { finish(); }
    void OnDone() override { delete this; }

  private:
    // The end of the stream and its cancellation may be told by two threads.
    void finish() {
        std::call_once(finished_, [this] { Finish(grpc::Status::OK); });
    }

    ::plugin::ConnInfo received_;
    std::once_flag finished_;
};

class StdioReactor final : public grpc::ServerWriteReactor<::plugin::StdioData> {
  public:
    void OnCancel() override { Finish(grpc::Status::OK); }
    void OnDone() override { delete this; }
};

}  // namespace

grpc::ServerUnaryReactor* ControllerService::Shutdown(grpc::CallbackServerContext* /*context*/,
                                                      const ::plugin::Empty* /*request*/,
                                                      ::plugin::Empty* /*response*/) {
    return new ShutdownReactor(on_shutdown_);
}

grpc::ServerBidiReactor<::plugin::ConnInfo, ::plugin::ConnInfo>* BrokerService::StartStream(
    grpc::CallbackServerContext* /*context*/) {
    return new BrokerReactor();
}

grpc::ServerWriteReactor<::plugin::StdioData>* StdioService::StreamStdio(grpc::CallbackServerContext* /*context*/,
                                                                         const google::protobuf::Empty* /*request*/) {
    return new StdioReactor();
}

}  // namespace pigsty::plugin
