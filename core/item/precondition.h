// Precondition: what must hold on a node before a create writes anything there. Items implement it besides what they are;
// once the claim has the item's entry, the answer is ours and is not asked again.
//
//     if (const auto* wants = dynamic_cast<const Precondition*>(item.get())) TRY_VOID(wants->check(seen));
#pragma once

#include "core/base/result.h"
#include "core/node/probe.h"

namespace pigsty::item {

class Precondition {
  public:
    virtual ~Precondition() = default;

    // Travels with the request that takes the lease, and with no later one: a refresh does not look at it.
    [[nodiscard]] virtual node::Probes looks() const = 0;
    // The error says what was expected, what was found and what to do; its host is the caller's to add.
    [[nodiscard]] virtual Status check(const node::Observation& seen) const = 0;
};

}  // namespace pigsty::item
