// Validation of a configuration against its declarations, before any code of a resource sees it.
#pragma once

#include <vector>

#include "provider/framework/attribute.h"

namespace pigsty::framework {

// Runs every validator, refuses what the C++ side cannot hold (null elements, the unknown marker's character) and
// write-only values that the client cannot keep out of its state.
void validate_config(const AttributeList& attributes, const std::vector<Validator>& rules, const Value& config,
                     bool write_only_allowed, Diagnostics& diagnostics);

}  // namespace pigsty::framework
