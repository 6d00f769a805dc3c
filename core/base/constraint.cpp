#include "core/base/constraint.h"

#include <algorithm>
#include <array>

#include <arpa/inet.h>

namespace pigsty {
namespace {

bool is_address_of(int family, std::string_view text) {
    std::array<char, sizeof(in6_addr)> parsed{};
    return inet_pton(family, std::string(text).c_str(), parsed.data()) == 1 && !text.contains('\0');
}

bool is_ipv4(std::string_view text) { return is_address_of(AF_INET, text); }
bool is_address(std::string_view text) { return is_ipv4(text) || is_address_of(AF_INET6, text); }

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_label(std::string_view text) {
    return !text.empty() && is_lower_or_digit(text.front()) && is_lower_or_digit(text.back()) &&
           std::ranges::all_of(text, [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

bool is_letter_or_digit(char c) { return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z'); }

bool is_file_name(std::string_view text) {
    return !text.empty() && is_letter_or_digit(text.front()) && std::ranges::all_of(text, [](char c) {
        return is_letter_or_digit(c) || std::string_view("._-").contains(c);
    });
}

bool is_authority_name(std::string_view text) { return is_file_name(text) && text.size() <= 63; }

bool is_cluster_name(std::string_view text) { return is_label(text) && text.size() <= 52; }

bool is_data_folder(std::string_view text) {
    const bool plain =
        std::ranges::all_of(text, [](char c) { return is_letter_or_digit(c) || std::string_view("._/-").contains(c); });
    if (!plain || text.size() < 2 || text.front() != '/' || text.back() == '/') return false;
    while (!text.empty()) {
        text.remove_prefix(1);
        const std::string_view part = text.substr(0, text.find('/'));
        if (part.empty() || part == "." || part == "..") return false;
        text.remove_prefix(part.size());
    }
    return true;
}

}  // namespace

std::string expected(const TextRule& rule, std::string_view found) {
    return "expected " + std::string(rule.expected) + ", found \"" + std::string(found) + "\"";
}

const TextRule kIpAddress{"an IPv4 or IPv6 address", is_address};
const TextRule kIpv4Address{"an IPv4 address", is_ipv4};
const TextRule kClusterName{"lower-case letters, digits and hyphens between them, 52 at most", is_cluster_name};
const TextRule kServiceName{"lower-case letters, digits and hyphens between them", is_label};
const TextRule kFileName{"letters, digits, `_`, `.` and `-`, a letter or a digit first", is_file_name};
const TextRule kAuthorityName{"letters, digits, `_`, `.` and `-`, a letter or a digit first, 63 at most",
                              is_authority_name};
const TextRule kDataFolder{
    "an absolute path of letters, digits, `.`, `_`, `-` and `/`, without `.`, `..` or nothing between two `/`",
    is_data_folder};

}  // namespace pigsty
