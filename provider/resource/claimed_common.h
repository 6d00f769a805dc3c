// What configures a resource rather than what it manages (deletion_protection, drift_policy, drift_ignore, timeouts), as its
// claim keeps it, so that an import finds it again (behaviour 13). One member of the claim's spec, which nobody else reads:
//
//     nlohmann::json spec = with_common(write_json(state.authority), state.common);
//     TRY_VOID(read_common(spec, state.common));
//
// Only what is not the default is written: claims that know nothing of it are right as they are.
#pragma once

#include <nlohmann/json.hpp>

#include "core/base/result.h"
#include "provider/framework/common_attributes.h"

namespace pigsty::provider {

// Null where everything is the default.
nlohmann::json claimed_common(const framework::CommonState& common);
Status read_claimed_common(const nlohmann::json& claimed, framework::CommonState& common);

nlohmann::json with_common(nlohmann::json spec, const framework::CommonState& common);
// Leaves what the spec does not say as it is.
Status read_common(const nlohmann::json& spec, framework::CommonState& common);

}  // namespace pigsty::provider
