// LocalMachine: a machine for tests that is this one, seen through an overlay: whatever a test writes, anywhere, goes to
// memory and is gone with the object. Mounts, host name and network are its own; processes are this machine's.
//
//     const auto machine = LocalMachine::start();
//     if (!machine) GTEST_SKIP() << summary(machine.error());          // neither root nor user namespaces
//     const auto node = (*machine)->connect(Cancel::within(30s));       // a real Node: the real root end, run by perl
//     (*node)->request({PutFile{.path = "/etc/haproxy/haproxy.cfg", …}}, cancel);
//     EXPECT_EQ((*machine)->read("/etc/haproxy/haproxy.cfg"), …);
//
// `systemctl` is a small imitation: units exist where their file does (/etc, /usr/lib), state is kept in /run/units, and
// every call but `show` is appended to /run/systemctl.log. Files that must differ per test are put with run() or request().
#pragma once

#include <memory>
#include <string>

#include "core/node/remote_node.h"

namespace pigsty::node {

class LocalMachine : public std::enable_shared_from_this<LocalMachine> {
  public:
    static Result<std::shared_ptr<LocalMachine>> start();
    ~LocalMachine();

    // Each call is a process of its own to the machine, as two runs of the provider are. The Node keeps the machine.
    Result<std::shared_ptr<RemoteNode>> connect(const Cancel& cancel, RootEndSettings settings = {},
                                                std::string address = "10.10.10.11");
    [[nodiscard]] std::shared_ptr<Launcher> launcher();

    // Runs a script there, past the Node; what it printed.
    Result<std::string> run(const std::string& script);
    // The file's bytes; empty where there is none.
    [[nodiscard]] std::string read(const std::string& path);

  private:
    LocalMachine() = default;

    std::string folder_;
    std::vector<std::string> prefix_;
    std::unique_ptr<RemoteProcess> keeper_;  // holds the namespaces until its input ends
};

}  // namespace pigsty::node
