#include "core/node/node_pool.h"

#include "core/node/remote_node.h"
#include "core/node/ssh_launcher.h"

namespace pigsty::node {

namespace {

constexpr auto kRemembered = std::chrono::seconds(30);
constexpr auto kCloudInitStall = std::chrono::minutes(10);

}  // namespace

struct NodePool::Entry {
    Strand strand;
    // Inside the strand:
    std::shared_ptr<SshLauncher> ssh;
    std::optional<Error> failed;
    Cancel::Clock::time_point failed_at;
    // Under the pool's lock:
    NodePtr node;
};

NodePool::NodePool(Connection connection) : NodePool(std::move(connection), nullptr) {}

NodePool::NodePool(Connection connection, MakeLauncher make_launcher)
    : connection_(std::move(connection)),
      make_launcher_(std::move(make_launcher)),
      sessions_(std::make_shared<ssh::SessionPool>(std::make_shared<ssh::HostKeys>(connection_.host_keys))) {}

NodePool::~NodePool() = default;

Result<NodePtr> NodePool::node(const NodeAddress& address, const Cancel& cancel, Reach reach) {
    std::shared_ptr<Entry> entry;
    {
        const std::lock_guard lock(mutex_);
        auto& slot = entries_[address.address];
        if (!slot) slot = std::make_shared<Entry>();
        entry = slot;
    }
    TRY(const auto turn, entry->strand.enter(cancel, "connecting to " + address.address));
    // Its later reconnections, too, are as patient as the most patient asked for.
    if (entry->ssh && reach == Reach::change) entry->ssh->set_patience(ssh::Patience::until_connect_timeout);
    {
        const std::lock_guard lock(mutex_);
        if (entry->node) return entry->node;
    }
    if (reach == Reach::read && entry->failed && Cancel::Clock::now() - entry->failed_at < kRemembered)
        return fail(*entry->failed);
    auto node = connect(*entry, address, cancel, reach);
    if (!node) {
        auto error = std::move(node).error();
        if (error.host.empty()) error.host = address.address;
        if (error.code != ErrorCode::cancelled) {
            entry->failed = error;
            entry->failed_at = Cancel::Clock::now();
        }
        return fail(std::move(error));
    }
    const std::lock_guard lock(mutex_);
    entry->node = *node;
    return node;
}

Result<NodePtr> NodePool::connect(Entry& entry, const NodeAddress& address, const Cancel& cancel, Reach reach) {
    std::shared_ptr<Launcher> launcher;
    if (make_launcher_) {
        launcher = make_launcher_(address);
    } else {
        entry.ssh = std::make_shared<SshLauncher>(sessions_, route_to(address));
        entry.ssh->set_patience(reach == Reach::change ? ssh::Patience::until_connect_timeout : ssh::Patience::one_try);
        launcher = entry.ssh;
    }
    TRY(std::shared_ptr<Node> node, RemoteNode::connect({.address = address,
                                                         .launcher = std::move(launcher),
                                                         .become = connection_.become,
                                                         .settings = connection_.settings},
                                                        cancel));
    TRY_VOID(settle(*node, cancel, reach));
    return node;
}

Status NodePool::settle(Node& node, const Cancel& cancel, Reach reach) const {
    if (!make_launcher_) TRY_VOID(check_supported(node.facts()));
    if (reach == Reach::read || node.facts().cloud_init != "running") return {};
    // Its status tells whether cloud-init itself failed, which need not matter to us: what matters shows in our own steps.
    const RunScript wait{
        .text = "cloud-init status --wait", .stall = kCloudInitStall, .may_fail = true, .writes = false};
    TRY_VOID(node.request({wait}, cancel.within_at_most(connection_.route.connect_timeout)));
    return {};
}

ssh::Route NodePool::route_to(const NodeAddress& address) const {
    auto route = connection_.route;
    const auto own = address.ssh.value_or(SshRoute());
    route.endpoint.host = own.host.value_or(address.address);
    if (own.port) route.endpoint.port = static_cast<std::uint16_t>(*own.port);
    if (own.user) route.endpoint.user = *own.user;
    return route;
}

std::map<std::string, Counters> NodePool::counters() const {
    const std::lock_guard lock(mutex_);
    std::map<std::string, Counters> found;
    for (const auto& [address, entry] : entries_)
        if (entry->node) found.emplace(address, entry->node->counters());
    return found;
}

}  // namespace pigsty::node
