#include "core/node/node_pool.h"

#include "core/node/clock_text.h"
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
    ssh::Patience patience = ssh::Patience::one_try;
    bool is_settled = false;
    // Under the pool's lock:
    NodePtr node;
    std::optional<std::string> notice;
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
    if (reach == Reach::change) entry->patience = ssh::Patience::until_connect_timeout;
    if (entry->ssh) entry->ssh->set_patience(entry->patience);
    NodePtr known;
    {
        const std::lock_guard lock(mutex_);
        known = entry->node;
    }
    if (known && (reach == Reach::read || entry->is_settled)) return known;
    if (!known && reach == Reach::read && entry->failed && Cancel::Clock::now() - entry->failed_at < kRemembered)
        return fail(*entry->failed);
    auto node = known ? Result<NodePtr>(known) : connect(*entry, address, cancel);
    if (node && !known) {
        const std::lock_guard lock(mutex_);
        entry->node = *node;
    }
    if (node && reach == Reach::change) node = settle(*entry, *node, cancel);
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

Result<NodePtr> NodePool::connect(Entry& entry, const NodeAddress& address, const Cancel& cancel) {
    std::shared_ptr<Launcher> launcher;
    if (make_launcher_) {
        launcher = make_launcher_(address);
    } else {
        if (!entry.ssh) entry.ssh = std::make_shared<SshLauncher>(sessions_, route_to(address));
        entry.ssh->set_patience(entry.patience);
        launcher = entry.ssh;
    }
    TRY(std::shared_ptr<Node> node, RemoteNode::connect({.address = address,
                                                         .launcher = std::move(launcher),
                                                         .become = connection_.become,
                                                         .settings = connection_.settings},
                                                        cancel));
    if (!make_launcher_) TRY_VOID(check_supported(node->facts()));
    if (expects_streams_ && expects_streams_(*node)) node->expect_streams();
    return node;
}

Result<NodePtr> NodePool::settle(Entry& entry, NodePtr node, const Cancel& cancel) {
    TRY(const bool waited, wait_for_cloud_init(*node, cancel));
    // Facts and claims are those of a machine that was still being made: a new connection brings them anew.
    if (waited) {
        TRY(node, connect(entry, node->address(), cancel));
    }
    entry.is_settled = true;
    std::string state = node->facts().cloud_init;
    if (waited && state == "running") state = "failed: it ended without writing a result";
    if (state.starts_with("failed")) {
        const std::lock_guard lock(mutex_);
        entry.notice =
            node->address().address + ": cloud-init has " + state +
            " (`cloud-init status --long` there tells more): what it did not come to is missing on the machine";
    }
    return node;
}

Result<bool> NodePool::wait_for_cloud_init(Node& node, const Cancel& cancel) const {
    if (node.facts().cloud_init != "running") return false;
    const std::string since = utc_now();
    const auto begun = Cancel::Clock::now();
    const std::string what = "cloud-init, which has not ended: waits since " + since;
    // Ended: it wrote its result, or it says that it will not go on.
    const RunScript wait{.text =
                             "while [ ! -e /run/cloud-init/result.json ]; do\n"
                             "  case \"$(cloud-init status 2>/dev/null | sed -n 's/^status: *//p')\" in\n"
                             "    done | error* | disabled | degraded*) exit 0;;\n"
                             "  esac\n"
                             "  echo waiting\n"
                             "  for second in 1 2 3 4 5; do [ -e /run/cloud-init/result.json ] || sleep 1; done\n"
                             "done\n",
                         .stall = kCloudInitStall,
                         .may_fail = true,
                         .writes = false};
    const auto so_far = [&] {
        return std::chrono::duration_cast<std::chrono::milliseconds>(Cancel::Clock::now() - begun);
    };
    const auto told = [&](std::string_view) {
        if (waits_) waits_(node.address().address, what, so_far());
    };
    told({});
    const auto results = node.request({wait}, cancel.within_at_most(connection_.route.connect_timeout), told);
    if (results) return true;
    Error error = results.error();
    if (error.code == ErrorCode::stalled && cancel.check("waiting for cloud-init"))
        error =
            Error{ErrorCode::stalled, "cloud-init has not ended within " +
                                          std::to_string(connection_.route.connect_timeout.count()) +
                                          " s (connect_timeout), waited for since " + since}
                .with_hint(
                    "`cloud-init status --long` and /var/log/cloud-init-output.log on the machine tell what it does; "
                    "a machine that needs longer wants a longer connect_timeout");
    return fail(std::move(error));
}

std::optional<std::string> NodePool::take_notice(const std::string& address) {
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.find(address);
    return entry == entries_.end() ? std::nullopt : std::exchange(entry->second->notice, std::nullopt);
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
