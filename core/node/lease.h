// Lease: the right to change a set of nodes (behaviour 10). Read takes none.
//
//     std::vector<LeaseWish> wishes;
//     for (const auto& node : nodes) wishes.push_back({node, probes_of_what_we_touch(node)});
//     TRY(const Leased leased, lease_all(wishes, "apply pg_cluster pg-test", lock_timeout, cancel));
//     compare(leased.seen.at("10.10.10.11"));       // seen afresh, in the very request that took the lease
//     …                                             // write; the lease goes with `leased`
//
// All or none, in order of address. One process holds one lease per node: operations that run side by side share it, and it
// goes when the last of them ends.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "core/node/node.h"

namespace pigsty::node {

class Lease {
  public:
    Lease() = default;
    Lease(Lease&&) = default;
    Lease& operator=(Lease&& other) noexcept {
        std::swap(nodes_, other.nodes_);
        return *this;
    }
    ~Lease() { release(); }

    void add(NodePtr node) { nodes_.push_back(std::move(node)); }
    void release();
    [[nodiscard]] const std::vector<NodePtr>& nodes() const { return nodes_; }

  private:
    std::vector<NodePtr> nodes_;
};

struct LeaseWish {
    NodePtr node;
    Probes probes{};  // to look at in the same request; may be empty
};

struct Leased {
    Lease lease;
    std::map<std::string, Observation> seen;  // by address
};

// Waits up to `lock_timeout` for others; then Error `conflict` that names the holder.
Result<Leased> lease_all(std::vector<LeaseWish> wishes, const std::string& operation,
                         std::chrono::milliseconds lock_timeout, const Cancel& cancel,
                         std::size_t max_parallel_nodes = 32);

// "alice on ci-7 (process 4711, since 2026-11-23T19:00:00Z: apply pg_cluster pg-test)"
std::string to_string(const LeaseHolder& holder);

}  // namespace pigsty::node
