// The plugin as a process: launch, handshake, TLS, services beside the provider, and every way to end.

#include <filesystem>
#include <sstream>

#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/go_plugin.grpc.pb.h"
#include "provider/plugin/certificate.h"
#include "provider/plugin/handshake.h"
#include "provider/plugin/host_harness.h"
#include "provider/plugin/plugin_process.h"

namespace pigsty::plugin {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

const char* const kServedBinary = PIGSTY_TEST_PROVIDER;

std::unique_ptr<PluginProcess> started(const LaunchOptions& options = {}) {
    auto plugin = PluginProcess::start(kServedBinary, options);
    EXPECT_TRUE(plugin) << plugin.error();
    return plugin ? *std::move(plugin) : nullptr;
}

grpc::Status get_schema(PluginProcess& plugin) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
    tfplugin6::GetProviderSchema::Response response;
    return plugin.provider().GetProviderSchema(&context, {}, &response);
}

TEST(Serve, explains_itself_when_started_by_hand) {
    const FinishedProcess finished = run_to_end(kServedBinary, {.tls = false, .environment = {}, .arguments = {}});
    EXPECT_EQ(finished.exit_code, 1);
    EXPECT_THAT(finished.out, IsEmpty());
    EXPECT_THAT(finished.err, HasSubstr("This program is a provider for Terraform and OpenTofu"));
    EXPECT_THAT(finished.err, HasSubstr("example.org/pigsty/test"));
}

TEST(Serve, answers_the_handshake_and_serves_over_mutual_tls) {
    const auto plugin = started();
    ASSERT_TRUE(plugin);
    EXPECT_THAT(plugin->handshake(), MatchesRegex("1\\|6\\|unix\\|/[^|]*/plugin\\.sock\\|grpc\\|[A-Za-z0-9+/]{400,}"));
    EXPECT_TRUE(get_schema(*plugin).ok());
    EXPECT_EQ(plugin->shut_down(), 0);
}

TEST(Serve, serves_plainly_where_the_user_switched_tls_off) {
    const auto plugin = started({.tls = false, .environment = {}, .arguments = {}});
    ASSERT_TRUE(plugin);
    EXPECT_TRUE(plugin->handshake().ends_with("|grpc|"));
    EXPECT_TRUE(get_schema(*plugin).ok());
    EXPECT_EQ(plugin->shut_down(), 0);
}

TEST(Serve, lets_nobody_in_without_the_hosts_certificate) {
    const auto plugin = started();
    ASSERT_TRUE(plugin);
    const auto attempt = [&](const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
        grpc::ChannelArguments arguments;
        arguments.SetSslTargetNameOverride("localhost");
        const auto channel = grpc::CreateCustomChannel("unix:" + plugin->socket_path(), credentials, arguments);
        const auto stub = tfplugin6::Provider::NewStub(channel);
        grpc::ClientContext context;
        context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
        tfplugin6::GetProviderSchema::Response response;
        return stub->GetProviderSchema(&context, {}, &response).ok();
    };
    std::string server = plugin->handshake().substr(plugin->handshake().rfind('|') + 1);
    while (server.size() % 4 != 0) server += '=';
    std::string pem = "-----BEGIN CERTIFICATE-----\n";
    for (std::size_t i = 0; i < server.size(); i += 64) pem += server.substr(i, 64) + '\n';
    pem += "-----END CERTIFICATE-----\n";
    const auto stranger = make_certificate(Curve::kP521);
    ASSERT_TRUE(stranger);
    EXPECT_FALSE(attempt(grpc::InsecureChannelCredentials()));
    EXPECT_FALSE(attempt(grpc::SslCredentials({.pem_root_certs = pem, .pem_private_key = {}, .pem_cert_chain = {}})));
    EXPECT_FALSE(attempt(grpc::SslCredentials(
        {.pem_root_certs = pem, .pem_private_key = stranger->key_pem, .pem_cert_chain = stranger->certificate_pem})));
    EXPECT_TRUE(get_schema(*plugin).ok());
}

TEST(Serve, prints_six_even_when_the_host_offers_only_five) {
    const auto plugin = started({.tls = true, .environment = {{"PLUGIN_PROTOCOL_VERSIONS", "5"}}, .arguments = {}});
    ASSERT_TRUE(plugin);
    EXPECT_TRUE(plugin->handshake().starts_with("1|6|unix|"));
}

TEST(Serve, answers_hosts_that_ask_for_multiplexing) {
    const auto plugin = started({.tls = true, .environment = {{"PLUGIN_MULTIPLEX_GRPC", "true"}}, .arguments = {}});
    ASSERT_TRUE(plugin);
    EXPECT_TRUE(plugin->handshake().ends_with("|false"));
    EXPECT_TRUE(get_schema(*plugin).ok());
}

TEST(Serve, removes_its_socket_when_it_ends) {
    const auto plugin = started();
    ASSERT_TRUE(plugin);
    const auto directory = std::filesystem::path(plugin->socket_path()).parent_path();
    EXPECT_TRUE(std::filesystem::exists(plugin->socket_path()));
    EXPECT_EQ(plugin->shut_down(), 0);
    EXPECT_FALSE(std::filesystem::exists(directory));
}

TEST(Serve, is_healthy_under_the_name_go_plugin_asks_for) {
    const auto plugin = started();
    ASSERT_TRUE(plugin);
    // grpc.health.v1: request {1: service}, response {1: status}; SERVING is 1.
    grpc::GenericStub stub(plugin->channel());
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    const std::string request = "\x0a\x06plugin";
    const grpc::Slice slice(request);
    const grpc::ByteBuffer message(&slice, 1);
    auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", message, &queue);
    call->StartCall();
    grpc::ByteBuffer response;
    grpc::Status status;
    call->Finish(&response, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    ASSERT_TRUE(queue.Next(&tag, &ok));
    ASSERT_TRUE(status.ok()) << status.error_message();
    std::vector<grpc::Slice> slices;
    ASSERT_TRUE(response.Dump(&slices).ok());
    std::string bytes;
    for (const grpc::Slice& part : slices) bytes.append(reinterpret_cast<const char*>(part.begin()), part.size());
    EXPECT_EQ(bytes, "\x08\x01");
}

TEST(Serve, ends_although_broker_and_stdio_streams_are_open) {
    const auto plugin = started();
    ASSERT_TRUE(plugin);
    const auto broker_stub = ::plugin::GRPCBroker::NewStub(plugin->channel());
    const auto stdio_stub = ::plugin::GRPCStdio::NewStub(plugin->channel());
    grpc::ClientContext broker_context;
    grpc::ClientContext stdio_context;
    auto broker = broker_stub->StartStream(&broker_context);
    auto stdio = stdio_stub->StreamStdio(&stdio_context, {});
    ASSERT_TRUE(broker->Write({}));
    // A unary call after the streams' first messages: both streams are open in the server by now.
    ASSERT_TRUE(get_schema(*plugin).ok());
    EXPECT_EQ(plugin->shut_down(), 0);
    ::plugin::StdioData data;
    EXPECT_FALSE(stdio->Read(&data));
    ::plugin::ConnInfo info;
    EXPECT_FALSE(broker->Read(&info));
    EXPECT_FALSE(broker->Finish().ok() && stdio->Finish().error_code() == grpc::StatusCode::UNIMPLEMENTED);
}

TEST(Serve, a_broker_stream_that_the_host_ends_is_ended) {
    const auto plugin = started();
    ASSERT_TRUE(plugin);
    const auto stub = ::plugin::GRPCBroker::NewStub(plugin->channel());
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
    auto stream = stub->StartStream(&context);
    ASSERT_TRUE(stream->WritesDone());
    EXPECT_TRUE(stream->Finish().ok());
}

TEST(Serve, ignores_ctrl_c_because_the_host_decides) {
    const auto plugin = started();
    ASSERT_TRUE(plugin);
    ASSERT_EQ(kill(plugin->pid(), SIGINT), 0);
    EXPECT_TRUE(get_schema(*plugin).ok());
    EXPECT_EQ(plugin->shut_down(), 0);
}

TEST(Serve, ends_in_order_on_sigterm) {
    const auto plugin = started();
    ASSERT_TRUE(plugin);
    const auto directory = std::filesystem::path(plugin->socket_path()).parent_path();
    ASSERT_EQ(kill(plugin->pid(), SIGTERM), 0);
    EXPECT_EQ(plugin->wait_for_exit(std::chrono::seconds(5)), 0);
    EXPECT_FALSE(std::filesystem::exists(directory));
}

// The kernel reports the end of the thread that started us, too; Go hosts end threads at will.
TEST(Serve, survives_the_end_of_the_thread_that_started_it) {
    std::unique_ptr<PluginProcess> plugin;
    std::thread([&] { plugin = started(); }).join();
    ASSERT_TRUE(plugin);
    EXPECT_TRUE(get_schema(*plugin).ok());
    EXPECT_EQ(plugin->shut_down(), 0);
}

TEST(Serve, ends_when_the_host_is_killed) {
    // A shell is the host here: it starts the plugin, tells its pid and waits to be killed.
    LaunchOptions options;
    options.environment = {{kCookieName, kCookieValue}};
    options.arguments = {"-c", "\"$0\" & echo \"pid $!\"; wait", kServedBinary};
    const auto host = spawn("/bin/sh", options);
    ASSERT_TRUE(host) << host.error();
    pid_t plugin = 0;
    std::string socket;
    while (plugin == 0 || socket.empty()) {
        const std::string line = read_line(host->out, std::chrono::seconds(10));
        ASSERT_FALSE(line.empty());
        if (line.starts_with("1|6|unix|")) socket = line.substr(9, line.find('|', 9) - 9);
        if (line.starts_with("pid ")) plugin = std::stoi(line.substr(4));
    }
    kill(host->pid, SIGKILL);
    waitpid(host->pid, nullptr, 0);
    EXPECT_TRUE(wait_until_gone(plugin, std::chrono::seconds(10)));
    EXPECT_FALSE(std::filesystem::exists(socket));
    close(host->out);
    close(host->err);
}

TEST(Serve, only_a_host_that_takes_leave_ends_the_run_in_order) {
    for (const bool takes_leave : {true, false}) {
        Host host(kBinary, {.tls = true, .environment = {{"TF_LOG", "DEBUG"}}, .arguments = {}});
        host.read_data("test_fact", R"({"name": "x"})");
        if (takes_leave) {
            EXPECT_EQ(host.process().shut_down(), 0);
        } else {
            kill(host.process().pid(), SIGTERM);
            EXPECT_EQ(host.process().wait_for_exit(std::chrono::seconds(10)), 0);
        }
        EXPECT_EQ(host.process().log().find("ended in order") != std::string::npos, takes_leave);
    }
}

TEST(Serve, a_running_call_ends_early_and_is_answered_when_asked_to_stop) {
    Host host(kServedBinary);
    const Plan plan = host.plan("test_thing", R"({"name": "slow"})");
    Instance result;
    std::thread apply([&] { result = host.apply(plan); });
    host.stop();
    apply.join();
    ASSERT_TRUE(result.diagnostics.has_error());
    EXPECT_EQ(result.diagnostics[0].summary, "Stopped");
    EXPECT_EQ(host.process().shut_down(), 0);
}

TEST(Serve, logs_in_terraforms_form_and_only_what_was_asked_for) {
    const auto messages = [](const std::string& level) {
        Host host(kServedBinary, {.tls = true, .environment = {{"TF_LOG", level}}, .arguments = {}});
        host.read_data("test_fact", R"({"name": "x"})");
        host.process().shut_down();
        std::istringstream lines(host.process().log());
        std::vector<std::string> found;
        for (std::string line; std::getline(lines, line);) {
            const auto record = nlohmann::json::parse(line, nullptr, false);
            EXPECT_TRUE(record.is_object()) << line;
            found.push_back(record.value("@level", "") + ": " + record.value("@message", ""));
        }
        return found;
    };
    EXPECT_THAT(messages("INFO"), testing::ElementsAre("info: looked up x"));
    EXPECT_THAT(messages("TRACE"), testing::Contains("trace: answered"));
    EXPECT_THAT(messages("OFF"), IsEmpty());
}

TEST(Serve, stray_prints_become_log_lines) {
    Host host(kServedBinary);
    host.validate("test_thing", host.configuration("test_thing", R"({"name": "print"})"));
    EXPECT_EQ(host.process().shut_down(), 0);
    EXPECT_THAT(host.process().log(), HasSubstr("stray text on standard output"));
}

TEST(Serve, debug_mode_prints_how_to_attach) {
    LaunchOptions options;
    options.arguments = {"--debug"};
    const auto process = spawn(kServedBinary, options);
    ASSERT_TRUE(process) << process.error();
    std::string assignment;
    while (assignment.find("TF_REATTACH_PROVIDERS='") == std::string::npos) {
        assignment = read_line(process->out, std::chrono::seconds(10));
        ASSERT_FALSE(assignment.empty() && wait_until_gone(process->pid, std::chrono::milliseconds(0)));
    }
    const std::size_t begin = assignment.find('\'') + 1;
    const auto reattach = nlohmann::json::parse(assignment.substr(begin, assignment.rfind('\'') - begin));
    const auto& entry = reattach["example.org/pigsty/test"];
    EXPECT_EQ(entry["Protocol"], "grpc");
    EXPECT_EQ(entry["ProtocolVersion"], 6);
    EXPECT_EQ(entry["Pid"], process->pid);
    EXPECT_EQ(entry["Test"], true);
    EXPECT_EQ(entry["Addr"]["Network"], "unix");
    const auto attached = PluginProcess::attach(entry["Addr"]["String"]);
    EXPECT_TRUE(get_schema(*attached).ok());
    kill(process->pid, SIGINT);
    int status = 0;
    waitpid(process->pid, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(process->out);
    close(process->err);
}

TEST(Serve, messages_larger_than_grpcs_default_pass) {
    Host host(kServedBinary);
    const std::string large(8 << 20, 'x');
    const Instance fact = host.read_data("test_fact", R"({"name": ")" + large + R"("})");
    EXPECT_EQ(fact.state.get("name").as_string().size(), large.size());
}

}  // namespace
}  // namespace pigsty::plugin
