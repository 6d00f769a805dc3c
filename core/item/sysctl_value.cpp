#include "core/item/sysctl_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

#include <fmt/format.h>

namespace pigsty::item {
namespace {

// The kernel reads numbers as C does: 0x10 is 16, 010 is 8.
std::optional<std::string> decimal(std::string_view text) {
    const bool is_negative = text.starts_with('-');
    if (is_negative) text.remove_prefix(1);
    int base = 10;
    if (text.starts_with("0x") || text.starts_with("0X")) {
        base = 16;
        text.remove_prefix(2);
    } else if (text.size() > 1 && text.starts_with('0')) {
        base = 8;
        text.remove_prefix(1);
    }
    std::uint64_t number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (text.empty() || problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return (is_negative && number != 0 ? "-" : "") + std::to_string(number);
}

// "5432,5433,6000-6010": nothing where the text is no list of numbers and ranges.
std::optional<std::string> merged_list(std::string_view text) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges;
    while (true) {
        const std::size_t comma = text.find(',');
        const std::string_view part = text.substr(0, comma);
        const std::size_t dash = part.find('-');
        // The kernel reads them as any number: "010" is eight, and "08" is none.
        const auto number = [](std::string_view written) -> std::optional<std::uint32_t> {
            const std::string digits = decimal(written).value_or("");
            std::uint32_t value = 0;
            const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
            if (digits.empty() || problem != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
            return value;
        };
        const auto first = number(part.substr(0, dash));
        const auto last = dash == std::string_view::npos ? first : number(part.substr(dash + 1));
        if (!first || !last || *first > *last) return std::nullopt;
        ranges.emplace_back(*first, *last);
        if (comma == std::string_view::npos) break;
        text.remove_prefix(comma + 1);
    }
    std::ranges::sort(ranges);
    std::vector<std::pair<std::uint32_t, std::uint32_t>> merged;
    for (const auto& range : ranges) {
        if (!merged.empty() && range.first <= std::uint64_t{merged.back().second} + 1)
            merged.back().second = std::max(merged.back().second, range.second);
        else
            merged.push_back(range);
    }
    std::string answer;
    for (const auto& [first, last] : merged) {
        if (!answer.empty()) answer += ',';
        answer += first == last ? std::to_string(first) : fmt::format("{}-{}", first, last);
    }
    return answer;
}

// Two names of one switch.
std::string one_name(const std::string& key) {
    if (key == "net.ipv4.conf.all.forwarding") return "net.ipv4.ip_forward";
    if (key == "vm.nr_hugepages_mempolicy") return "vm.nr_hugepages";
    return key;
}

int rank(const std::string& key) {
    if (one_name(key) == "net.ipv4.ip_forward" || key.starts_with("net.ipv6.conf.all.")) return 0;
    if (key.starts_with("net.ipv4.conf.all.")) return 1;
    if (key.starts_with("net.ipv4.conf.default.") || key.starts_with("net.ipv6.conf.default.")) return 2;
    return 3;
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kClearEachOther{{
    {"vm.dirty_ratio", "vm.dirty_bytes"},
    {"vm.dirty_background_ratio", "vm.dirty_background_bytes"},
    {"vm.overcommit_ratio", "vm.overcommit_kbytes"},
}};

}  // namespace

std::string sysctl_key(std::string_view key) {
    std::string dotted(key);
    const std::size_t first = dotted.find_first_of("./");
    if (first == std::string::npos || dotted[first] == '.') return dotted;
    for (char& c : dotted) c = c == '.' ? '/' : c == '/' ? '.' : c;
    return dotted;
}

Status check_sysctl_key(std::string_view key) {
    const std::string dotted = sysctl_key(key);
    // Between dots: parts of the path under /proc/sys; a slash stands for a dot in one of them.
    bool good = !dotted.empty();
    std::string_view rest = dotted;
    while (good) {
        const std::size_t dot = rest.find('.');
        const std::string_view part = rest.substr(0, dot);
        good = !part.empty() && part != "/" && part != "//" && std::ranges::all_of(part, [](unsigned char c) {
            return c < 0x80 && (std::isalnum(c) != 0 || c == '_' || c == '-' || c == '/');
        });
        if (dot == std::string_view::npos) break;
        rest.remove_prefix(dot + 1);
    }
    if (good && dotted.contains('.')) return {};
    return fail(
        Error{ErrorCode::invalid,
              fmt::format("expected the name of a kernel setting such as net.core.somaxconn, found \"{}\"", key)}
            .with_hint("take it from `sysctl -a` of such a machine; a dot in an interface's name is written as a "
                       "slash, or all separators are slashes"));
}

std::string single_blanks(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool blank = c == ' ' || c == '\t' || c == '\n';
        if (!blank) out += c;
        if (blank && !out.empty() && out.back() != ' ') out += ' ';
    }
    if (out.ends_with(' ')) out.pop_back();
    return out;
}

std::string sysctl_answer(std::string_view value) {
    const std::string text = single_blanks(value);
    std::string answer;
    std::string_view rest = text;
    while (!rest.empty()) {
        const std::size_t blank = rest.find(' ');
        const std::string_view word = rest.substr(0, blank);
        if (!answer.empty()) answer += ' ';
        if (auto number = decimal(word))
            answer += *number;
        else if (auto list = merged_list(word))
            answer += *list;
        else
            answer += word;
        if (blank == std::string_view::npos) break;
        rest.remove_prefix(blank + 1);
    }
    return answer;
}

std::vector<std::pair<std::string, std::string>> in_order(const std::map<std::string, std::string>& values) {
    std::vector<std::pair<std::string, std::string>> ordered;
    for (const auto& [key, value] : values) ordered.emplace_back(sysctl_key(key), value);
    std::ranges::sort(ordered);
    std::ranges::stable_sort(ordered, {}, [](const auto& entry) { return rank(entry.first); });
    return ordered;
}

Status check_sysctl_settings(const std::map<std::string, std::string>& values) {
    std::map<std::string, std::pair<std::string, std::string>> seen;  // one name → key as written, answer
    for (const auto& [key, value] : values) {
        TRY_VOID(check_sysctl_key(key));
        const std::string answer = sysctl_answer(value);
        if (answer.empty())
            return fail(
                Error{ErrorCode::invalid, fmt::format("expected a value of {}, found an empty text", key)}.with_hint(
                    "leave the setting out to leave it alone"));
        const auto [other, is_new] = seen.try_emplace(one_name(sysctl_key(key)), key, answer);
        if (is_new) continue;
        if (sysctl_key(other->second.first) == sysctl_key(key))
            return fail(
                Error{ErrorCode::invalid, fmt::format("expected each setting once, found {} and {}, which are the same",
                                                      other->second.first, key)}
                    .with_hint("keep one of them"));
        if (other->second.second != answer)
            return fail(
                Error{ErrorCode::invalid, fmt::format("expected one value of one switch, found {} = {} and {} = {}",
                                                      other->second.first, other->second.second, key, answer)}
                    .with_hint("the kernel has one value under both names: keep one of them"));
    }
    for (const auto& [ratio, bytes] : kClearEachOther) {
        if (!seen.contains(std::string(ratio)) || !seen.contains(std::string(bytes))) continue;
        return fail(Error{ErrorCode::invalid, fmt::format("expected {} or {}, found both", ratio, bytes)}.with_hint(
            "the kernel sets one to 0 when the other is written: keep one of them"));
    }
    return {};
}

}  // namespace pigsty::item
