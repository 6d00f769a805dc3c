// Fleet: what the provider block made: the way to the nodes and who is told of progress. One per configured provider
// process; resources get it with every call.
//
//     Fleet& fleet = *call.provider<Fleet>();
//     TRY(const auto node, fleet.connect({.address = "10.10.10.11"}, call.cancel));
//
// Thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/converge/handover.h"
#include "core/converge/progress.h"
#include "core/module/pgsql/session/session.h"
#include "core/node/node.h"
#include "core/node/node_pool.h"

namespace pigsty::provider {

struct Fleet {
    // Says in the debug log what it cost: requests and writes per node, connections and statements per cluster.
    ~Fleet();

    std::shared_ptr<node::NodePool> nodes;
    std::shared_ptr<module::pgsql::Sessions> sessions;  // SQL: one connection a cluster
    std::shared_ptr<converge::ProgressSink> progress;
    // What this run made, until it ends in order; never null.
    std::shared_ptr<converge::Handover> handover = std::make_shared<converge::Handover>();
    std::size_t max_parallel_nodes = 32;
    std::chrono::milliseconds lock_timeout = std::chrono::minutes(5);
    bool forget_unreachable = false;  // a destroy goes on without machines that are gone for good

    // How hard to try differs: a refresh goes on without a machine that is down, an apply waits for one that boots.
    Result<node::NodePtr> connect(const node::NodeAddress& address, const Cancel& cancel,
                                  node::Reach reach = node::Reach::read) const {
        return nodes->node(address, cancel, reach);
    }
};

}  // namespace pigsty::provider
