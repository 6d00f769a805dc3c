#include "provider/plugin/serve.h"

#include <cstdio>

#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include "provider/plugin/certificate.h"
#include "provider/plugin/companion_services.h"
#include "provider/plugin/handshake.h"
#include "provider/plugin/log.h"
#include "provider/plugin/process_guard.h"
#include "provider/plugin/provider_service.h"
#include "provider/plugin/socket_directory.h"

namespace pigsty::plugin {

namespace {

// The limits of HashiCorp's own servers; gRPC's default of 4 MiB is less than a large state.
constexpr int kMaxMessage = 256 << 20;

// Calls that still run when the host leaves get this long to end on their own. The host itself kills us after two
// seconds, so this bounds the case in which the host is gone.
constexpr std::chrono::seconds kFarewell{20};

int complain(const Error& error) {
    std::fprintf(stderr, "terraform-provider-pigsty: %s\n", summary(error).c_str());
    if (const std::string more = detail(error); !more.empty()) std::fprintf(stderr, "%s\n", more.c_str());
    return 1;
}

// The running server and everything that has to live as long.
class Listener {
  public:
    Listener(framework::ProviderServer& server, ProcessGuard& guard, SocketDirectory directory)
        : server_(server),
          directory_(std::move(directory)),
          provider_(server),
          controller_([&guard] { guard.request_end(ProcessGuard::Reason::kAskedByHost); }) {}

    Status listen(const std::shared_ptr<grpc::ServerCredentials>& credentials) {
        grpc::EnableDefaultHealthCheckService(true);
        grpc::ServerBuilder builder;
        builder.SetMaxReceiveMessageSize(kMaxMessage);
        builder.SetMaxSendMessageSize(kMaxMessage);
        // One queue with one thread that waits for calls; gRPC adds threads while calls run and lets them go after.
        builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
        builder.SetSyncServerOption(grpc::ServerBuilder::MIN_POLLERS, 1);
        builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 2);
        builder.AddListeningPort("unix:" + directory_.socket_path(), credentials);
        builder.RegisterService(&provider_);
        builder.RegisterService(&controller_);
        builder.RegisterService(&broker_);
        builder.RegisterService(&stdio_);
        grpc_ = builder.BuildAndStart();
        if (!grpc_) {
            return fail(Error{.code = ErrorCode::failed,
                              .message = "cannot listen on " + directory_.socket_path(),
                              .hint = "is there space left, and does TMPDIR allow sockets?"});
        }
        // The name go-plugin's Ping asks for.
        grpc_->GetHealthCheckService()->SetServingStatus("plugin", true);
        return directory_.admit_group();
    }

    [[nodiscard]] std::string address() const { return directory_.socket_path(); }

    // Ends calls early, then the server. From the main thread: a handler that did this would wait for itself.
    void end(ProcessGuard::Reason reason) {
        spdlog::debug("ending: {}", reason == ProcessGuard::Reason::kHostGone ? "the host is gone" : "asked to");
        server_.stop();
        // A host that is gone, or a signal that it did not send, says nothing of what became of our answers.
        if (reason == ProcessGuard::Reason::kAskedByHost) server_.ended_in_order();
        if (!provider_.wait_until_idle(kFarewell)) {
            // gRPC would wait for these calls for ever.
            spdlog::error("a call still runs {} s after it was told to end: leaving it", kFarewell.count());
            directory_.remove();
            _exit(1);
        }
        grpc_->Shutdown(std::chrono::system_clock::now());
        // All calls are answered and no thread serves any more. Destroying the last server also tears down what gRPC keeps
        // for the process, and that can wait ten seconds for a poller that has nothing left to poll (run_poller of its
        // tcp_posix.cc): longer than any host waits. The end of the process is as good; reachable, so that it is no leak.
        static grpc::Server* const left_to_the_kernel [[maybe_unused]] = grpc_.release();
    }

  private:
    framework::ProviderServer& server_;
    SocketDirectory directory_;
    ProviderService provider_;
    ControllerService controller_;
    BrokerService broker_;
    StdioService stdio_;
    std::unique_ptr<grpc::Server> grpc_;
};

std::shared_ptr<grpc::ServerCredentials> credentials_for(const HandshakeRequest& request,
                                                         const Certificate& certificate) {
    if (request.client_certificate.empty()) return grpc::InsecureServerCredentials();
    // The weaker request types would let every local user in.
    grpc::SslServerCredentialsOptions tls(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    tls.pem_root_certs = request.client_certificate;
    tls.pem_key_cert_pairs.push_back({.private_key = certificate.key_pem, .cert_chain = certificate.certificate_pem});
    return grpc::SslServerCredentials(tls);
}

Status print_line(const std::string& line) {
    if (std::fputs(line.c_str(), stdout) < 0 || std::fflush(stdout) != 0) {
        return fail(ErrorCode::failed, "cannot write the handshake to standard output");
    }
    return {};
}

Status run_as_plugin(framework::ProviderServer& server, const HandshakeRequest& request) {
    ProcessGuard guard(ProcessGuard::Mode::kPlugin);
    TRY(SocketDirectory directory, SocketDirectory::make(request.socket_directory, request.socket_group));
    Certificate certificate;
    if (!request.client_certificate.empty()) {
        TRY(certificate, make_certificate());
    }
    Listener listener(server, guard, std::move(directory));
    TRY_VOID(listener.listen(credentials_for(request, certificate)));
    TRY_VOID(print_line(handshake_line({.network = "unix",
                                        .address = listener.address(),
                                        .certificate = certificate.base64_der,
                                        .multiplex_asked = request.multiplex_asked})));
    ProcessGuard::give_up_stdout();
    listener.end(guard.wait());
    return {};
}

Status run_for_debugger(framework::ProviderServer& server, const ServeOptions& options) {
    ProcessGuard guard(ProcessGuard::Mode::kDebug);
    TRY(SocketDirectory directory, SocketDirectory::make("", ""));
    Listener listener(server, guard, std::move(directory));
    TRY_VOID(listener.listen(grpc::InsecureServerCredentials()));
    const nlohmann::ordered_json reattach{{options.source_address,
                                           {{"Protocol", "grpc"},
                                            {"ProtocolVersion", kProtocolVersion},
                                            {"Pid", getpid()},
                                            {"Test", true},
                                            {"Addr", {{"Network", "unix"}, {"String", listener.address()}}}}}};
    TRY_VOID(print_line("Provider started. To use it in another terminal:\n\n\texport TF_REATTACH_PROVIDERS='" +
                        reattach.dump() + "'\n\nCtrl-C ends it.\n"));
    listener.end(guard.wait());
    return {};
}

}  // namespace

bool started_by_host() { return read_handshake_request(process_environment()).cookie_matches; }

int serve(framework::ProviderServer& server, const ServeOptions& options) {
    const EnvironmentReader environment = process_environment();
    const HandshakeRequest request = read_handshake_request(environment);
    if (!request.cookie_matches) {
        std::fprintf(
            stderr,
            "This program is a provider for Terraform and OpenTofu, which start it themselves: name %s in\n"
            "required_providers and run `tofu init` or `terraform init`. See --help for what it does by hand.\n",
            options.source_address.c_str());
        return 1;
    }
    install_logging(level_from_environment(environment));
    const Status done = run_as_plugin(server, request);
    return done ? 0 : complain(done.error());
}

int serve_debug(framework::ProviderServer& server, const ServeOptions& options) {
    install_logging(level_from_environment(process_environment(), spdlog::level::info));
    const Status done = run_for_debugger(server, options);
    return done ? 0 : complain(done.error());
}

}  // namespace pigsty::plugin
