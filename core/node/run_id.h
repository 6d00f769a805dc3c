// Run id: one run of the provider, as nodes know it. Each of its root ends carries the id in its name for as long as it lives.
//
//     TRY(const bool lives, run_lives(*node, claim.handover, cancel));   // does whoever made this still work here?
#pragma once

#include <string>

#include "core/base/cancel.h"
#include "core/base/result.h"
#include "core/node/node.h"

namespace pigsty::node {

// False once its process has ended, and at most RootEndSettings::silence after its machine or the way from there was lost.
Result<bool> run_lives(Node& node, const std::string& run_id, const Cancel& cancel);

}  // namespace pigsty::node
