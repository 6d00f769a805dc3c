// A whole text that is a decimal number, in what users write and servers answer.
//
//     number_in("6379")                              // 6379
//     number_in("6379 "), number_in("")              // nothing
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pigsty {

inline std::optional<std::int64_t> number_in(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

}  // namespace pigsty
