#include "core/base/text.h"

#include <algorithm>

namespace pigsty {
namespace {

constexpr std::string_view kWhiteSpace = " \t\r\n";

}  // namespace

std::string lower(std::string_view text) {
    std::string lowered(text);
    std::ranges::transform(lowered, lowered.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
    return lowered;
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(kWhiteSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kWhiteSpace) + 1 - first);
}

std::string_view last_line(std::string_view text) {
    text = text.substr(0, text.find_last_not_of(kWhiteSpace) + 1);
    return text.substr(text.rfind('\n') + 1);
}

std::string bracketed(std::string_view address) {
    const bool is_ipv6 = address.find(':') != std::string_view::npos;
    return is_ipv6 ? "[" + std::string(address) + "]" : std::string(address);
}

std::string host_port(std::string_view address, std::int64_t port) {
    return bracketed(address) + ":" + std::to_string(port);
}

bool matches(std::string_view pattern, std::string_view text, Wildcards wildcards) {
    // Greedy with one way back: the last `*` takes one more character whenever what follows it does not fit.
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t taken = 0;
    const auto fits = [&](char c) {
        return c == text[t] || (wildcards == Wildcards::star_and_question_mark && c == '?');
    };
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            taken = t;
        } else if (p < pattern.size() && fits(pattern[p])) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++taken;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace pigsty
