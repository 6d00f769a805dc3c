#include "core/module/pgsql/spec/setting_value.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cmath>
#include <cstdlib>
#include <span>
#include <vector>

#include <spdlog/fmt/fmt.h>

namespace pigsty::module::pgsql {
namespace {

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

struct Unit {
    std::string_view name;
    double size;  // bytes, milliseconds
};
// From the largest down, as in guc.c: a fraction is rounded to the next smaller unit.
constexpr double kKilo = 1024;
constexpr auto kSizes = std::to_array<Unit>(
    {{"TB", kKilo* kKilo* kKilo* kKilo}, {"GB", kKilo* kKilo* kKilo}, {"MB", kKilo* kKilo}, {"kB", kKilo}, {"B", 1}});
constexpr auto kTimes =
    std::to_array<Unit>({{"d", 86400000}, {"h", 3600000}, {"min", 60000}, {"s", 1000}, {"ms", 1}, {"us", 0.001}});

std::span<const Unit> units_like(std::string_view base) {
    if (base.ends_with('B')) return kSizes;
    return kTimes;
}

double size_of(std::string_view base) {
    if (base == "8kB") return 8 * kKilo;
    return std::ranges::find(units_like(base), base, &Unit::name)->size;
}

// `value` of `unit` in `base`.
std::optional<double> converted(double value, std::string_view unit, std::string_view base) {
    const auto units = units_like(base);
    const auto found = std::ranges::find(units, unit, &Unit::name);
    if (found == units.end()) return std::nullopt;
    const double base_size = size_of(base);
    double result = value * (found->size / base_size);
    if (const auto smaller = std::next(found); smaller != units.end()) {
        const double step = smaller->size / base_size;
        result = std::rint(result / step) * step;
    }
    return result;
}

std::vector<std::string_view> choices(std::string_view values) {
    std::vector<std::string_view> all;
    while (true) {
        const auto comma = values.find(',');
        all.push_back(values.substr(0, comma));
        if (comma == std::string_view::npos) return all;
        values.remove_prefix(comma + 1);
    }
}

std::string listed(const std::vector<std::string_view>& all) {
    std::string text;
    for (std::size_t i = 0; i < all.size(); ++i)
        text.append(i == 0 ? "" : i + 1 == all.size() ? " or " : ", ").append(all[i].empty() ? "\"\"" : all[i]);
    return text;
}

std::string units_of(std::string_view base) {
    if (base.empty()) return {};
    std::vector<std::string_view> names;
    for (const Unit& unit : units_like(base)) names.push_back(unit.name);
    std::ranges::reverse(names);
    return fmt::format(" with one of the units {} ({} where there is none)", listed(names),
                       base == "8kB" ? "blocks of 8kB" : base);
}

// Other words that an enumeration takes and does not show.
struct Hidden {
    std::string_view setting, word, meaning;
};
constexpr auto kHidden = std::to_array<Hidden>({{"client_min_messages", "debug", "debug2"},
                                                {"client_min_messages", "info", "info"},
                                                {"log_min_error_statement", "debug", "debug2"},
                                                {"log_min_messages", "debug", "debug2"},
                                                {"password_encryption", "on", "md5"},
                                                {"password_encryption", "true", "md5"},
                                                {"password_encryption", "yes", "md5"},
                                                {"password_encryption", "1", "md5"},
                                                {"wal_compression", "on", "pglz"},
                                                {"wal_level", "archive", "replica"},
                                                {"wal_level", "hot_standby", "replica"}});

}  // namespace

std::optional<bool> truth_of(std::string_view value) {
    const std::string text = setting_key(value);
    const auto begins = [&](std::string_view word, std::size_t least) {
        return text.size() >= least && word.starts_with(text);
    };
    if (begins("true", 1) || begins("yes", 1) || text == "on" || text == "1") return true;
    if (begins("false", 1) || begins("no", 1) || begins("off", 2) || text == "0") return false;
    return std::nullopt;
}

std::optional<double> number_of(const Setting& setting, std::string_view value) {
    const std::string text(value);
    if (text.find('\0') != std::string::npos) return std::nullopt;
    const char* const begin = text.c_str();
    char* end = nullptr;
    double number = 0;
    bool is_whole = setting.type == SettingType::integer;
    if (is_whole) {
        errno = 0;
        number = static_cast<double>(std::strtol(begin, &end, 0));
        is_whole = errno != ERANGE && *end != '.' && *end != 'e' && *end != 'E';
    }
    if (!is_whole) {
        errno = 0;
        number = std::strtod(begin, &end);
    }
    if (end == begin || errno == ERANGE || std::isnan(number)) return std::nullopt;
    std::string_view rest(end);
    while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
    while (!rest.empty() && is_blank(rest.back())) rest.remove_suffix(1);
    if (!rest.empty()) {
        if (setting.unit.empty()) return std::nullopt;
        const auto in_base = converted(number, rest, setting.unit);
        if (!in_base) return std::nullopt;
        number = *in_base;
    }
    return setting.type == SettingType::integer ? std::rint(number) : number;
}

std::optional<std::string> choice_of(const Setting& setting, std::string_view value) {
    const std::string text = setting_key(value);
    for (const Hidden& hidden : kHidden)
        if (hidden.setting == setting.name && hidden.word == text) return std::string(hidden.meaning);
    const auto shown = choices(setting.values);
    for (const std::string_view choice : shown)
        if (setting_key(choice) == text) return std::string(choice);
    // Those that once were booleans take a boolean's other words, in full.
    const auto has = [&](std::string_view word) { return std::ranges::find(shown, word) != shown.end(); };
    if (!has("on") || !has("off")) return std::nullopt;
    if (text == "true" || text == "yes" || text == "1") return choice_of(setting, "on");
    if (text == "false" || text == "no" || text == "0") return "off";
    return std::nullopt;
}

std::optional<std::string> wrong_value(const Setting& setting, std::string_view value) {
    switch (setting.type) {
        case SettingType::boolean:
            if (truth_of(value)) return std::nullopt;
            return fmt::format("expected on or off, found \"{}\"", value);
        case SettingType::enumeration:
            if (choice_of(setting, value)) return std::nullopt;
            return fmt::format("expected {}, found \"{}\"", listed(choices(setting.values)), value);
        case SettingType::integer:
        case SettingType::real: {
            const auto number = number_of(setting, value);
            const bool is_integer = setting.type == SettingType::integer;
            if (!number)
                return fmt::format("expected {}{}, found \"{}\"", is_integer ? "an integer" : "a number",
                                   units_of(setting.unit), value);
            if (*number >= setting.least && *number <= setting.most) return std::nullopt;
            const std::string_view unit = setting.unit == "8kB" ? " blocks of 8kB" : setting.unit;
            const std::string least = fmt::format("{:.10g}{}", setting.least, unit);
            if (setting.most > INT_MAX) return fmt::format("expected {} or more, found \"{}\"", least, value);
            return fmt::format("expected {} to {:.10g}{}, found \"{}\"", least, setting.most, unit, value);
        }
        case SettingType::string: break;
    }
    return std::nullopt;
}

}  // namespace pigsty::module::pgsql
