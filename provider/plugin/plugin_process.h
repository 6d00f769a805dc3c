// A provider binary, started and ended as Terraform does it. For tests.
//
//     auto plugin = PluginProcess::start(binary);
//     ASSERT_TRUE(plugin) << plugin.error();
//     (*plugin)->provider().GetProviderSchema(&context, request, &response);
//     EXPECT_EQ((*plugin)->shut_down(), 0);
//
// Cookie, versions and a P-521 client certificate in the environment; the handshake line read from standard output;
// mutual TLS over the Unix socket under the name localhost.
#pragma once

#include <chrono>
#include <expected>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <grpcpp/grpcpp.h>
#include <sys/types.h>

#include "proto/tfplugin6.grpc.pb.h"

namespace pigsty::plugin {

struct LaunchOptions {
    bool tls = true;
    // Added to the environment, or removed from it where the value is empty.
    std::map<std::string, std::string> environment;
    std::vector<std::string> arguments;
};

// A process with its standard output and error as pipes to read; the caller closes them and reaps the process.
struct ChildProcess {
    pid_t pid = -1;
    int out = -1;
    int err = -1;
};
std::expected<ChildProcess, std::string> spawn(const std::string& binary, const LaunchOptions& options);
// The next line of a pipe, without its end; what there is of it when nothing more comes within `bound`.
std::string read_line(int fd, std::chrono::milliseconds bound);
// Waits for the end of any process, child or not; false when it still runs after `bound`.
bool wait_until_gone(pid_t pid, std::chrono::milliseconds bound);

// What a process printed until it ended, for runs that are no plugin.
struct FinishedProcess {
    int exit_code = -1;  // 128 + signal, where a signal ended it
    std::string out;
    std::string err;
};
FinishedProcess run_to_end(const std::string& binary, const LaunchOptions& options);

class PluginProcess {
  public:
    static std::expected<std::unique_ptr<PluginProcess>, std::string> start(const std::string& binary,
                                                                            const LaunchOptions& options = {});
    // Serves a plugin that somebody else started, without TLS.
    static std::unique_ptr<PluginProcess> attach(const std::string& socket_path);
    PluginProcess(const PluginProcess&) = delete;
    PluginProcess& operator=(const PluginProcess&) = delete;
    // Kills what was not shut down.
    ~PluginProcess();

    [[nodiscard]] tfplugin6::Provider::Stub& provider() { return *provider_; }
    [[nodiscard]] const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] const std::string& handshake() const { return handshake_; }
    [[nodiscard]] const std::string& socket_path() const { return socket_path_; }

    // Asks the controller to end the process and waits, at most the two seconds Terraform gives it. The exit code;
    // 128 + signal where a signal ended it, -1 where it had to be killed.
    int shut_down();
    // Waits for an end that something else causes.
    int wait_for_exit(std::chrono::milliseconds bound);
    // Everything on standard error so far; all of it after the end.
    [[nodiscard]] std::string log();

  private:
    PluginProcess() = default;
    void connect(const std::shared_ptr<grpc::ChannelCredentials>& credentials);

    pid_t pid_ = -1;
    int exit_code_ = -1;
    std::string handshake_;
    std::string socket_path_;
    std::shared_ptr<grpc::Channel> channel_;
    std::unique_ptr<tfplugin6::Provider::Stub> provider_;
    struct Log;
    std::shared_ptr<Log> log_;
    std::thread log_reader_;
};

}  // namespace pigsty::plugin
