// Secrets that all members of a resource hold (core/node/secrets.h).
#pragma once

#include <string>
#include <vector>

#include "core/converge/step.h"

namespace pigsty::converge {

// Makes what no member has, and gives it to those that lack it.
Status ensure_secrets(StepContext& context, const std::string& scope, const std::vector<std::string>& names);

}  // namespace pigsty::converge
