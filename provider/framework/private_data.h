// PrivateData: what a resource keeps beside its state, out of the user's sight: facts, observed fingerprints.
//
//     call.private_data.set("facts", facts.to_json());
//     if (const auto facts = call.private_data.get("facts")) …
//
// Values are text (JSON by custom) and come back byte for byte. Keys that start with "." belong to the
// framework. Equal contents always encode to equal bytes: Terraform plans twice and the answers have to
// match.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace pigsty::framework {

class PrivateData {
  public:
    PrivateData() = default;
    // Empty bytes are empty data.
    static Result<PrivateData> decode(std::string_view bytes);
    [[nodiscard]] std::string encode() const;

    [[nodiscard]] std::optional<std::string> get(std::string_view key) const;
    void set(std::string_view key, std::string text) { entries_.insert_or_assign(std::string(key), std::move(text)); }
    void erase(std::string_view key);

    friend bool operator==(const PrivateData&, const PrivateData&) = default;

  private:
    std::map<std::string, std::string, std::less<>> entries_;
};

}  // namespace pigsty::framework
