// Delivery: all that one node is asked to change in one round trip: journal, claim, items, handlers, claim, journal.
//
// Crash order: the claim names every item before the first is written (`pending`), and says what their bytes are only after
// the last (`final`). A kill in between leaves a claim that undoes too much rather than too little, never a wrong digest.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/converge/handlers.h"
#include "core/converge/step.h"
#include "core/item/item.h"
#include "core/node/journal.h"
#include "core/node/node.h"

namespace pigsty::converge {

struct ItemChange {
    std::string step;
    item::ItemPtr item;
    item::Change change;
};

struct Removal {
    std::string label;
    std::vector<node::Operation> operations;  // none where another claim still holds the item
};

struct Delivery {
    const node::Journal* journal = nullptr;  // not null
    std::vector<ItemChange> changes;         // in the order of the table
    std::vector<Removal> removals{};
    PendingHandlers handlers{};
    node::Claim before{};      // what the claim says if nothing of this happens
    node::Claim pending;       // stored first
    node::Claim final;         // stored last
    node::Probes then_look{};  // seen after all of it, for what comes next on this node
};

struct Delivered {
    std::set<std::string> done;                             // labels that are as desired now
    std::set<std::string> taken_back;                       // labels whose files were put back
    std::vector<std::pair<std::string, std::string>> kept;  // label, and where what was there before us is kept now
    std::optional<Error> error{};
};

// One progress event for each item and handler as it ends.
using DeliveryProgress = std::function<void(const std::string& what, ProgressState state,
                                            std::chrono::milliseconds took, const std::string& detail)>;

Delivered deliver(node::Node& node, const Delivery& input, const DeliveryProgress& progress, const Cancel& cancel);

}  // namespace pigsty::converge
