#include "core/module/platform/version.h"

#include <algorithm>
#include <charconv>

namespace pigsty::module::platform {

Version parse_version(std::string_view text) {
    if (const std::size_t epoch = text.find(':'); epoch != std::string_view::npos) text.remove_prefix(epoch + 1);
    Version version;
    const char* at = text.data();
    const char* const end = at + text.size();
    for (int number = 0; at != end;) {
        const auto [next, problem] = std::from_chars(at, end, number);
        if (problem != std::errc{}) break;
        version.push_back(number);
        if (next == end || *next != '.') break;
        at = next + 1;
    }
    return version;
}

std::string to_string(const Version& version) {
    std::string text;
    for (const int number : version) text += (text.empty() ? "" : ".") + std::to_string(number);
    return text;
}

int compare(const Version& a, const Version& b) {
    for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
        const int left = i < a.size() ? a[i] : 0;
        const int right = i < b.size() ? b[i] : 0;
        if (left != right) return left < right ? -1 : 1;
    }
    return 0;
}

}  // namespace pigsty::module::platform
