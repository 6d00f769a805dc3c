#include "provider/resource/observed.h"

#include <nlohmann/json.hpp>

#include "core/base/quote.h"

namespace pigsty::provider {
namespace {

nlohmann::json parsed(const std::optional<std::string>& text) {
    if (!text) return nlohmann::json::object();
    auto json = nlohmann::json::parse(*text, nullptr, false);
    return json.is_object() ? json : nlohmann::json::object();
}

std::set<std::string> keys_of(const std::optional<std::string>& text, const char* name) {
    const auto json = parsed(text);
    const auto found = json.find(name);
    return found != json.end() && found->is_array() ? found->get<std::set<std::string>>() : std::set<std::string>{};
}

}  // namespace

std::string observed_to_text(const converge::Drift& drift) {
    // What nodes said may be any bytes.
    return nlohmann::json{
        {"observed", drift.observed}, {"keys", drift.keys}, {"due", drift.due}, {"sentences", drift.sentences}}
        .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::map<std::string, std::string> observed_from_text(const std::optional<std::string>& text) {
    const auto json = parsed(text);
    const auto found = json.find("observed");
    return found != json.end() && found->is_object() ? found->get<std::map<std::string, std::string>>()
                                                     : std::map<std::string, std::string>{};
}

std::set<std::string> repaired_keys(const std::optional<std::string>& text, const framework::CommonState& common) {
    if (common.drift_policy == "report") return {};
    const std::set<std::string> keys = keys_of(text, "keys");
    const auto repaired = framework::noted_drift({keys.begin(), keys.end()}, common.drift_ignore);
    return {repaired.begin(), repaired.end()};
}

std::vector<std::string> repaired_drift(const std::optional<std::string>& text, const framework::CommonState& common) {
    const auto json = parsed(text);
    const auto found = json.find("sentences");
    if (common.drift_policy == "report" || found == json.end() || !found->is_array()) return {};
    return framework::noted_drift(found->get<std::vector<std::string>>(), common.drift_ignore);
}

std::set<std::string> due_keys(const std::optional<std::string>& text) { return keys_of(text, "due"); }

converge::Managed to_managed(const std::map<std::string, std::string>& state) { return {state.begin(), state.end()}; }

std::map<std::string, std::string> known(const converge::Managed& managed) {
    std::map<std::string, std::string> result;
    for (const auto& [key, value] : managed)
        if (value) result.emplace(key, *value);
    return result;
}

Result<ImportTarget> import_target_of(const framework::ImportKey& key, const std::string& form) {
    if (key.by_identity())
        return ImportTarget{.name = key.get("name"), .address = key.get("address"), .id = key.get("id")};
    const auto at = key.id.rfind('@');
    if (at == std::string::npos || at == 0 || at + 1 == key.id.size())
        return fail(Error{.code = ErrorCode::invalid,
                          .message = "expected an import id of the form " + form + ", found \"" + key.id + "\""});
    return ImportTarget{.name = percent_decode(key.id.substr(0, at)), .address = key.id.substr(at + 1)};
}

}  // namespace pigsty::provider
