#pragma once

// Whether bytes are well-formed UTF-8 (no overlong forms, no surrogates): what Terraform can store as a
// string.

#include <string>
#include <string_view>

namespace pigsty {

[[nodiscard]] bool is_utf8(std::string_view text);

// Each byte that belongs to no character becomes U+FFFD: for messages, where losing a byte is better than losing all.
[[nodiscard]] std::string replace_invalid_utf8(std::string_view text);

}  // namespace pigsty
