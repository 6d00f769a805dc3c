#include "provider/framework/duration.h"

#include <charconv>
#include <cstdint>

namespace pigsty::framework {
namespace {

constexpr std::int64_t kTenYears = std::int64_t{3653} * 24 * 3600 * 1000;

// Takes the unit off the front of `text`; zero when there is none.
std::int64_t take_unit(std::string_view& text) {
    std::size_t length = 0;
    while (length < text.size() && text[length] >= 'a' && text[length] <= 'z') ++length;
    const std::string_view unit = text.substr(0, length);
    text.remove_prefix(length);
    if (unit == "ms") return 1;
    if (unit == "s") return 1000;
    if (unit == "m") return 60 * 1000;
    if (unit == "h") return 3600 * 1000;
    if (unit == "d") return 24 * 3600 * 1000;
    return 0;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    std::int64_t total = 0;
    while (!text.empty()) {
        std::int64_t count = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
        if (error != std::errc() || count < 0 || text.front() == '-') return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        const std::int64_t unit = take_unit(text);
        if (unit == 0 || count > kTenYears / unit) return std::nullopt;
        total += count * unit;
        if (total > kTenYears) return std::nullopt;
    }
    if (total == 0) return std::nullopt;
    return std::chrono::milliseconds(total);
}

}  // namespace pigsty::framework
