#include "provider/plugin/plugin_process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <sstream>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/go_plugin.grpc.pb.h"
#include "provider/plugin/certificate.h"
#include "provider/plugin/handshake.h"

extern char** environ;

namespace pigsty::plugin {

struct PluginProcess::Log {
    std::mutex mutex;
    std::string text;
};

namespace {

using Clock = std::chrono::steady_clock;

std::vector<std::string> environment_with(const std::map<std::string, std::string>& changes) {
    std::map<std::string, std::string> all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const std::size_t equals = text.find('=');
        if (equals != std::string_view::npos) all.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    for (const auto& [name, value] : changes) all.insert_or_assign(name, value);
    std::vector<std::string> entries;
    for (const auto& [name, value] : all) {
        if (!value.empty()) entries.push_back(name + '=' + value);
    }
    return entries;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
    std::vector<char*> out;
    for (std::string& text : strings) out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

std::string read_all(int fd) {
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t count = 0; (count = read(fd, buffer.data(), buffer.size())) > 0;) {
        text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    close(fd);
    return text;
}

int exit_code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

std::string pem_of(const std::string& unpadded_base64) {
    std::string padded = unpadded_base64;
    while (padded.size() % 4 != 0) padded += '=';
    std::string pem = "-----BEGIN CERTIFICATE-----\n";
    for (std::size_t i = 0; i < padded.size(); i += 64) pem += padded.substr(i, 64) + '\n';
    return pem + "-----END CERTIFICATE-----\n";
}

std::vector<std::string> split(const std::string& line) {
    std::vector<std::string> fields;
    std::istringstream stream(line);
    for (std::string field; std::getline(stream, field, '|');) fields.push_back(field);
    return fields;
}

}  // namespace

std::expected<ChildProcess, std::string> spawn(const std::string& binary, const LaunchOptions& options) {
    std::array<int, 2> out{};
    std::array<int, 2> err{};
    if (pipe2(out.data(), O_CLOEXEC) != 0 || pipe2(err.data(), O_CLOEXEC) != 0) {
        return std::unexpected(std::string("pipe2: ") + std::strerror(errno));
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
    std::vector<std::string> arguments{binary};
    arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
    std::vector<std::string> environment = environment_with(options.environment);
    ChildProcess process{.out = out[0], .err = err[0]};
    const int failed = posix_spawn(&process.pid, binary.c_str(), &actions, nullptr, pointers(arguments).data(),
                                   pointers(environment).data());
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    close(err[1]);
    if (failed == 0) return process;
    close(out[0]);
    close(err[0]);
    return std::unexpected("cannot start " + binary + ": " + std::strerror(failed));
}

std::string read_line(int fd, std::chrono::milliseconds bound) {
    std::string line;
    const auto deadline = Clock::now() + bound;
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
        pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
        if (left <= 0 || poll(&waiting, 1, static_cast<int>(left)) <= 0) return line;
        char c = 0;
        if (read(fd, &c, 1) != 1 || c == '\n') return line;
        line += c;
    }
}

bool wait_until_gone(pid_t pid, std::chrono::milliseconds bound) {
    const int process = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
    if (process < 0) return errno == ESRCH;
    pollfd waiting{.fd = process, .events = POLLIN, .revents = 0};
    const bool gone = poll(&waiting, 1, static_cast<int>(bound.count())) == 1;
    close(process);
    return gone;
}

FinishedProcess run_to_end(const std::string& binary, const LaunchOptions& options) {
    auto process = spawn(binary, options);
    if (!process) return {.exit_code = -1, .out = {}, .err = process.error()};
    FinishedProcess finished;
    std::thread errors([&] { finished.err = read_all(process->err); });
    finished.out = read_all(process->out);
    errors.join();
    int status = 0;
    waitpid(process->pid, &status, 0);
    finished.exit_code = exit_code_of(status);
    return finished;
}

std::expected<std::unique_ptr<PluginProcess>, std::string> PluginProcess::start(const std::string& binary,
                                                                                const LaunchOptions& options) {
    LaunchOptions launch = options;
    launch.environment.emplace(kCookieName, kCookieValue);
    launch.environment.emplace("PLUGIN_PROTOCOL_VERSIONS", "6,5");
    launch.environment.emplace("PLUGIN_MIN_PORT", "10000");
    launch.environment.emplace("PLUGIN_MAX_PORT", "25000");
    Certificate client;
    if (options.tls) {
        auto made = make_certificate(Curve::kP521);
        if (!made) return std::unexpected(made.error().message);
        client = *std::move(made);
        launch.environment.emplace("PLUGIN_CLIENT_CERT", client.certificate_pem);
    }
    auto process = spawn(binary, launch);
    if (!process) return std::unexpected(process.error());

    std::unique_ptr<PluginProcess> plugin(new PluginProcess);
    plugin->pid_ = process->pid;
    plugin->log_ = std::make_shared<Log>();
    plugin->log_reader_ = std::thread([log = plugin->log_, fd = process->err] {
        std::array<char, 4096> buffer{};
        for (ssize_t count = 0; (count = read(fd, buffer.data(), buffer.size())) > 0;) {
            const std::lock_guard lock(log->mutex);
            log->text.append(buffer.data(), static_cast<std::size_t>(count));
        }
        close(fd);
    });
    plugin->handshake_ = read_line(process->out, std::chrono::seconds(30));
    // Terraform goes on draining it; we want to see what comes, and nothing may.
    close(process->out);
    const std::vector<std::string> fields = split(plugin->handshake_);
    if (fields.size() < 5 || fields[0] != "1" || fields[2] != "unix" || fields[4] != "grpc") {
        return std::unexpected("Unrecognized remote plugin message: " + plugin->handshake_ + "\n" + plugin->log());
    }
    plugin->socket_path_ = fields[3];
    if (!options.tls) {
        plugin->connect(grpc::InsecureChannelCredentials());
        return plugin;
    }
    if (fields.size() < 6)
        return std::unexpected("the handshake lacks the server's certificate: " + plugin->handshake_);
    plugin->connect(grpc::SslCredentials({.pem_root_certs = pem_of(fields[5]),
                                          .pem_private_key = client.key_pem,
                                          .pem_cert_chain = client.certificate_pem}));
    return plugin;
}

std::unique_ptr<PluginProcess> PluginProcess::attach(const std::string& socket_path) {
    std::unique_ptr<PluginProcess> plugin(new PluginProcess);
    plugin->socket_path_ = socket_path;
    plugin->connect(grpc::InsecureChannelCredentials());
    return plugin;
}

void PluginProcess::connect(const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride("localhost");
    arguments.SetMaxReceiveMessageSize(256 << 20);
    arguments.SetMaxSendMessageSize(256 << 20);
    // Channels to equal addresses share connections otherwise, and tests reuse nothing.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channel_ = grpc::CreateCustomChannel("unix:" + socket_path_, credentials, arguments);
    provider_ = tfplugin6::Provider::NewStub(channel_);
}

PluginProcess::~PluginProcess() {
    if (pid_ > 0) {
        kill(pid_, SIGKILL);
        wait_for_exit(std::chrono::seconds(10));
    }
    if (log_reader_.joinable()) log_reader_.join();
}

int PluginProcess::shut_down() {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(2));
    ::plugin::Empty request;
    ::plugin::Empty response;
    const auto controller = ::plugin::GRPCController::NewStub(channel_);
    const grpc::Status ignored = controller->Shutdown(&context, request, &response);
    provider_.reset();
    channel_.reset();
    return wait_for_exit(std::chrono::seconds(2));
}

int PluginProcess::wait_for_exit(std::chrono::milliseconds bound) {
    if (pid_ <= 0) return exit_code_;
    const bool ended = wait_until_gone(pid_, bound);
    if (!ended) kill(pid_, SIGKILL);
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    exit_code_ = ended ? exit_code_of(status) : -1;
    if (log_reader_.joinable()) log_reader_.join();
    return exit_code_;
}

std::string PluginProcess::log() {
    if (!log_) return {};
    const std::lock_guard lock(log_->mutex);
    return log_->text;
}

}  // namespace pigsty::plugin
