// The identity of a resource: taken from its state, and the same for ever.
#pragma once

#include <optional>
#include <vector>

#include "provider/framework/diagnostic.h"
#include "provider/framework/resource.h"

namespace pigsty::framework {

IdentitySchema identity_schema(const std::vector<IdentityAttribute>& attributes);

// From a state or a plan, in which parts may be unknown. Nothing when the resource has no identity.
std::optional<Value> identity_of(const ResourceDeclaration& declaration, const Value& state);

// An error for what was known before and is different now. Parts that only import asks for may go.
void check_same_identity(const ResourceDeclaration& declaration, const std::optional<Value>& before,
                         const std::optional<Value>& now, Diagnostics& diagnostics);

}  // namespace pigsty::framework
