// What Read hands to plan and apply through private state, and small conversions that all resources with nodes share.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/converge/plan.h"
#include "core/converge/run.h"
#include "provider/framework/common_attributes.h"
#include "provider/framework/resource.h"

namespace pigsty::provider {

// Drift::observed, ::keys, ::due and ::sentences as one JSON text, and back. Text that is missing or damaged is "nothing
// observed".
std::string observed_to_text(const converge::Drift& drift);
std::map<std::string, std::string> observed_from_text(const std::optional<std::string>& text);
// Only those keys of which `common` does not say that their drift is tolerated: what an apply will repair.
std::set<std::string> repaired_keys(const std::optional<std::string>& text, const framework::CommonState& common);
std::set<std::string> due_keys(const std::optional<std::string>& text);
// The same of the sentences, which also tell what no item shows. The state has only what was not ignored before.
std::vector<std::string> repaired_drift(const std::optional<std::string>& text, const framework::CommonState& common);

converge::Managed to_managed(const std::map<std::string, std::string>& state);
// Every entry has a value once an apply has ended.
std::map<std::string, std::string> known(const converge::Managed& managed);

struct ImportTarget {
    std::string name;  // empty where the address says it all
    std::string address;
    std::string id{};  // empty: whichever is there
};
// "NAME@ADDRESS", or the identity {name, id, address}. NAME is percent-encoded. `form` is for the error.
Result<ImportTarget> import_target_of(const framework::ImportKey& key, const std::string& form);

}  // namespace pigsty::provider
