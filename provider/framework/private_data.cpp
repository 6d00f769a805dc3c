#include "provider/framework/private_data.h"

#include <nlohmann/json.hpp>

namespace pigsty::framework {

Result<PrivateData> PrivateData::decode(std::string_view bytes) {
    PrivateData data;
    if (bytes.empty()) return data;
    const auto json = nlohmann::json::parse(bytes, nullptr, /*allow_exceptions=*/false);
    bool good = json.is_object();
    if (good) {
        for (const auto& [key, text] : json.items()) {
            good = good && text.is_string();
            if (good) data.entries_.emplace(key, text.get<std::string>());
        }
    }
    if (!good) {
        return fail(Error{
            .code = ErrorCode::invalid,
            .message = "expected private data that this provider wrote (a JSON object of texts), found something else",
            .hint = "the state was edited by hand or written by another provider; a refresh does not "
                    "repair this, `terraform state rm` and an import do"});
    }
    return data;
}

std::string PrivateData::encode() const {
    if (entries_.empty()) return {};
    nlohmann::json json = nlohmann::json::object();
    for (const auto& [key, text] : entries_) json[key] = text;
    // Text from nodes need not be UTF-8, and Terraform wants JSON.
    return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<std::string> PrivateData::get(std::string_view key) const {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return std::nullopt;
    return found->second;
}

void PrivateData::erase(std::string_view key) {
    const auto found = entries_.find(key);
    if (found != entries_.end()) entries_.erase(found);
}

}  // namespace pigsty::framework
