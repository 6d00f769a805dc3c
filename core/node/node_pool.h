// NodePool: the nodes that this process has reached, one Node for each address, whoever asks and however often.
//
//     NodePool pool({.route = route, .host_keys = {.files = {known_hosts}}, .become = {.password = password}});
//     TRY(const NodePtr node, pool.node({.address = "10.10.10.11"}, cancel, Reach::change));
//
// Ten threads that ask for a node at the same time make one connection. Errors: `denied` (key, host key, sudo), `unsupported`
// (system without perl, unknown system), `unreachable`. Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "core/node/node.h"
#include "core/node/program_start.h"
#include "core/node/root_end.h"
#include "core/ssh/host_keys.h"
#include "core/ssh/route.h"
#include "core/ssh/session_pool.h"

namespace pigsty::node {

struct Connection {
    // Of every node: the endpoint's host is the node's address, its port and user are the defaults.
    ssh::Route route{};
    ssh::HostKeys::Options host_keys{};
    Become become{};
    RootEndSettings settings{};
};

class NodePool {
  public:
    explicit NodePool(Connection connection);
    // With another way to the nodes than SSH; systems are not checked then. For tests.
    using MakeLauncher = std::function<std::shared_ptr<Launcher>(const NodeAddress&)>;
    NodePool(Connection connection, MakeLauncher make_launcher);
    ~NodePool();
    NodePool(const NodePool&) = delete;
    NodePool& operator=(const NodePool&) = delete;

    Result<NodePtr> node(const NodeAddress& address, const Cancel& cancel, Reach reach = Reach::read);

    // Who is told what is waited for before a node can be changed (cloud-init), and for how long already. Set before the
    // first node is asked for; called from any thread.
    using Waits =
        std::function<void(const std::string& address, const std::string& what, std::chrono::milliseconds so_far)>;
    void tell_waits(Waits waits) { waits_ = std::move(waits); }
    // Nodes to which streams will be opened, by what is known when one is reached: their bridges start beside the first look.
    // Set before the first node is asked for.
    using Expects = std::function<bool(const Node&)>;
    void expect_streams_where(Expects expects) { expects_streams_ = std::move(expects); }
    // What whoever changes this node should know of it, as a sentence: that its cloud-init has failed. Once for each node.
    std::optional<std::string> take_notice(const std::string& address);

    // Of all nodes reached so far, by address: what benches and tests assert on.
    [[nodiscard]] std::map<std::string, Counters> counters() const;

  private:
    struct Entry;

    Result<NodePtr> connect(Entry& entry, const NodeAddress& address, const Cancel& cancel);
    // A node that a read has reached was not waited for: a change does that, whoever connected first.
    Result<NodePtr> settle(Entry& entry, NodePtr node, const Cancel& cancel);
    // True where there was something to wait for: what is known of the node is old then.
    Result<bool> wait_for_cloud_init(Node& node, const Cancel& cancel) const;
    [[nodiscard]] ssh::Route route_to(const NodeAddress& address) const;

    const Connection connection_;
    const MakeLauncher make_launcher_;
    Waits waits_;
    Expects expects_streams_;
    std::shared_ptr<ssh::SessionPool> sessions_;
    mutable std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Entry>> entries_;
};

}  // namespace pigsty::node
