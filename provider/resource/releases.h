// Releases: a resource that can undo a create which did not finish and which nobody wants to finish
// (`terraform-provider-pigsty release`).
#pragma once

#include <string>
#include <vector>

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/node/node.h"
#include "provider/configuration/fleet.h"

namespace pigsty::provider {

class Releases {
  public:
    virtual ~Releases() = default;
    // False where this machine holds no unfinished create of that name and of this kind. Members are those of the claim.
    virtual Result<bool> release(const std::string& name, const node::NodeAddress& at, const Fleet& fleet,
                                 const Cancel& cancel) const = 0;
    // Where a test build can make its create fail (core/converge/fault.h).
    [[nodiscard]] virtual std::vector<std::string> fault_points() const = 0;
};

}  // namespace pigsty::provider
