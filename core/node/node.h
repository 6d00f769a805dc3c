// Node: one machine that we manage, as this process sees it: a session, a root end, facts, claims, observations.
//
//     NodePool pool(connection);                                                 // core/node/node_pool.h
//     TRY(const auto node, pool.node({.address = "10.10.10.11"}, cancel));      // connects, reads facts and claims: request 1
//     TRY(const Observation seen, node->observe(probes, cancel));               // request 2, with every claimed item's probes
//     TRY(const auto results, node->request(operations, cancel));               // request 3
//
// Thread-safe. One strand per node: requests never interleave. Observations are served from what was seen until
// something is written there by this process (`request` with writes = true drops them).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/node/claim.h"
#include "core/node/facts.h"
#include "core/node/operation.h"
#include "core/node/probe.h"

namespace pigsty::node {

// The way to a node by SSH, where it differs from the provider's settings.
struct SshRoute {
    std::optional<std::string> host{};
    std::optional<std::int64_t> port{};
    std::optional<std::string> user{};
    bool operator==(const SshRoute&) const = default;
};

// Where a node is reached; `address` is the one that the cluster uses and the node's identity in this process.
struct NodeAddress {
    std::string address;
    std::optional<SshRoute> ssh{};
    bool operator==(const NodeAddress&) const = default;
};

struct Counters {
    std::uint64_t requests = 0;  // frames sent to the root end (login excluded)
    std::uint64_t replies = 0;
    std::uint64_t bytes_out = 0, bytes_in = 0;
    std::uint64_t writes = 0;  // operations that may change something
};

class Stream;  // core/node/bridge.h

// Who changes a node, as others see it (/run/pigsty/lease.json).
struct LeaseHolder {
    std::string runner, host;  // user and machine of the provider's process
    std::int64_t pid = 0;
    std::string since;      // ISO 8601, the holder's own clock: for people, never compared
    std::string operation;  // "apply pg_cluster pg-test"
    bool operator==(const LeaseHolder&) const = default;
};

struct LeaseAttempt {
    std::optional<LeaseHolder> held_by;  // somebody else; then nothing was taken and nothing observed
    Observation seen;
};

class Node {
  public:
    virtual ~Node() = default;

    [[nodiscard]] virtual const NodeAddress& address() const = 0;
    [[nodiscard]] virtual const Facts& facts() const = 0;

    // Claims on this node: as read with the first request, corrected by what this process wrote.
    [[nodiscard]] virtual std::vector<Claim> claims() const = 0;
    [[nodiscard]] std::optional<Claim> claim(const std::string& kind, const std::string& name) const;
    // Error where there is a claim of that name that cannot be read: then it is neither there nor absent. To be asked by
    // whoever looks a claim up; all others go on without it.
    [[nodiscard]] Status check_claim(const std::string& kind, const std::string& name) const;
    // By file name ("KIND-NAME.json"), why each of those cannot be read. What they hold is not known.
    [[nodiscard]] virtual std::map<std::string, Error> damaged_claims() const = 0;

    // What was seen of these probes; what is missing is fetched in one request, together with the probes of every claim.
    virtual Result<Observation> observe(const Probes& probes, const Cancel& cancel) = 0;
    // The same, but nothing from memory: the check before a write (behaviour 1.2).
    virtual Result<Observation> observe_now(const Probes& probes, const Cancel& cancel) = 0;

    // Runs the operations in order, in one round trip; stops at the first failure (status != 0 and not may_fail): the
    // results end there. Error only where the request itself broke (connection, root end, stall, cancelled).
    virtual Result<std::vector<OperationResult>> request(std::vector<Operation> operations, const Cancel& cancel,
                                                         const Progress& progress = {}) = 0;

    // Operations that write this claim, or remove it. To be put into a request together with what they describe;
    // the node remembers the new claim when that request succeeded.
    [[nodiscard]] virtual Operation store_claim(const Claim& claim) = 0;
    [[nodiscard]] virtual Operation drop_claim(const Claim& claim) = 0;

    // A byte stream to a unix socket or a TCP port of the node, opened there as `os_user` through the multiplexing
    // bridge (behaviour 9). target: "unix:/var/run/postgresql/.s.PGSQL.5432" or "tcp:10.10.10.11:8008".
    virtual Result<std::shared_ptr<Stream>> open_stream(const std::string& os_user, const std::string& target,
                                                        const Cancel& cancel) = 0;

    // A second login, beside the one that everything goes by: a change that locks out new ones shows in nothing else.
    virtual Status log_in_anew(const Cancel& cancel) = 0;

    // Streams will be opened soon: makes the bridge ready beside what else is asked of the node. A bridge that does not
    // come up is the error of the stream that wants it.
    virtual void expect_streams() {}

    [[nodiscard]] virtual Counters counters() const = 0;

    // For core/node/lease.h, which is what others use. Takes this process's lease, or shares the one it holds, and looks
    // at the probes, in one request. A taken lease must be left as often as it was taken; the last one gives it back.
    virtual Result<LeaseAttempt> try_lease(const LeaseHolder& holder, const Probes& probes, const Cancel& cancel) = 0;
    virtual void leave_lease() = 0;
    // Another process that changed this node when we connected: a Read warns (behaviour 10).
    [[nodiscard]] virtual std::optional<LeaseHolder> lease_holder() const = 0;
};

using NodePtr = std::shared_ptr<Node>;

// How hard to try (behaviour 5).
enum class Reach {
    read,    // one attempt; asked again within half a minute, a failure is answered from memory
    change,  // until the route's connect_timeout, and until cloud-init has ended: a fresh machine needs a minute
};

// The way to nodes other than one's own; which is tried how hard, its user decides.
using Connect = std::function<Result<NodePtr>(const NodeAddress&, const Cancel&, Reach)>;

}  // namespace pigsty::node
