#pragma once

// Whether bytes are well-formed UTF-8 (no overlong forms, no surrogates): what Terraform can store as a
// string.

#include <string_view>

namespace pigsty::value {

[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace pigsty::value
