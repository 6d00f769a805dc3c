// Durations as users write them: "500ms", "30s", "5m", "1h30m", "7d".
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace pigsty::framework {

// Nothing when it is not a duration, is zero long, or is longer than ten years.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace pigsty::framework
