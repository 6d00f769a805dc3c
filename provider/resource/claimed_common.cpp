#include "provider/resource/claimed_common.h"

#include <optional>
#include <string>
#include <vector>

#include "core/base/json_fields.h"

namespace pigsty::framework {

void fields(auto& visit, FieldsOf<Timeouts> auto& timeouts) {
    visit("create", timeouts.create);
    visit("read", timeouts.read);
    visit("update", timeouts.update);
    visit("delete", timeouts.destroy);
}

}  // namespace pigsty::framework

namespace pigsty::provider {
namespace {

using framework::CommonState;

constexpr const char* kMember = "resource";

struct Claimed {
    std::optional<bool> deletion_protection{};
    std::optional<std::string> drift_policy{};
    std::optional<std::vector<std::string>> drift_ignore{};
    std::optional<framework::Timeouts> timeouts{};
};

void fields(auto& visit, FieldsOf<Claimed> auto& claimed) {
    visit("deletion_protection", claimed.deletion_protection);
    visit("drift_policy", claimed.drift_policy);
    visit("drift_ignore", claimed.drift_ignore);
    visit("timeouts", claimed.timeouts);
}

}  // namespace

nlohmann::json claimed_common(const CommonState& common) {
    const CommonState defaults;
    Claimed claimed{.timeouts = common.timeouts};
    if (common.deletion_protection != defaults.deletion_protection)
        claimed.deletion_protection = common.deletion_protection;
    if (common.drift_policy != defaults.drift_policy) claimed.drift_policy = common.drift_policy;
    if (common.drift_ignore != defaults.drift_ignore) claimed.drift_ignore = common.drift_ignore;
    nlohmann::json json = write_json(claimed);
    return json.empty() ? nlohmann::json() : json;
}

Status read_claimed_common(const nlohmann::json& claimed, CommonState& common) {
    if (claimed.is_null()) return {};
    TRY(Claimed known, read_json<Claimed>(claimed));
    if (known.deletion_protection) common.deletion_protection = *known.deletion_protection;
    if (known.drift_policy) common.drift_policy = *std::move(known.drift_policy);
    if (known.drift_ignore) common.drift_ignore = *std::move(known.drift_ignore);
    if (known.timeouts) common.timeouts = std::move(known.timeouts);
    return {};
}

nlohmann::json with_common(nlohmann::json spec, const CommonState& common) {
    if (nlohmann::json claimed = claimed_common(common); !claimed.is_null()) spec[kMember] = std::move(claimed);
    return spec;
}

Status read_common(const nlohmann::json& spec, CommonState& common) {
    const auto found = spec.find(kMember);
    return found == spec.end() ? Status{} : read_claimed_common(*found, common);
}

}  // namespace pigsty::provider
