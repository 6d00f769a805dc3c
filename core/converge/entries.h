// Entries of a claim: how the items of a run get into it, and how they get out again. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/item/item.h"
#include "core/node/claim.h"

namespace pigsty::converge {

// What the claim says of the item once it is as desired. What was there before us is what the first claim saw: our own
// earlier entry, or another claim that shares the item. `order` is the item's place in the run: destroy goes backwards.
node::ClaimedItem entry_for(const item::Item& item, const node::Observation& seen, const node::Claim& ours,
                            const std::vector<node::Claim>& all, std::size_t order);

// The same before the write: without a digest, so that nothing is believed of the bytes until the write has ended; and
// owing its handlers.
node::ClaimedItem pending(node::ClaimedItem entry);

// The item is as desired, but its handlers have not run: what reads it does not know yet.
node::ClaimedItem owing(node::ClaimedItem entry);
// The change that this is. Nothing where no handlers are owed, or no entry is there.
std::optional<item::Change> owed(const node::ClaimedItem* entry);

bool same(const node::ClaimedItem& a, const node::ClaimedItem& b);

// Labels in the order in which they are undone: the last made first.
std::vector<std::string> undo_order(const node::Claim& claim);

// Another claim of the node that holds this label, or null.
const node::Claim* other_holder(const std::string& label, const node::Claim& ours, const std::vector<node::Claim>& all);

// Error `conflict` where another claim holds an item that only one may hold.
Status check_exclusive(const std::vector<item::ItemPtr>& items, const node::Claim& ours,
                       const std::vector<node::Claim>& all, const std::string& member);

// What `looks` of the items' preconditions saw, before anything is written. Items that our claim has already are ours.
Status check_preconditions(const std::vector<item::ItemPtr>& items, const node::Claim& ours,
                           const node::Observation& seen, const std::string& member);

}  // namespace pigsty::converge
