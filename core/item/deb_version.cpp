#include "core/item/deb_version.h"

namespace pigsty::item {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// dpkg's order of characters outside of numbers: ~, the end, letters, the rest.
int rank_of(std::string_view text, std::size_t at) {
    if (at >= text.size() || is_digit(text[at])) return 0;
    if (text[at] == '~') return -1;
    return is_letter(text[at]) ? text[at] : text[at] + 256;
}

int compare_parts(std::string_view a, std::string_view b) {
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < a.size() || j < b.size()) {
        while ((i < a.size() && !is_digit(a[i])) || (j < b.size() && !is_digit(b[j]))) {
            const int left = rank_of(a, i);
            const int right = rank_of(b, j);
            if (left != right) return left - right;
            ++i;
            ++j;
        }
        while (i < a.size() && a[i] == '0') ++i;
        while (j < b.size() && b[j] == '0') ++j;
        int first = 0;
        while (i < a.size() && j < b.size() && is_digit(a[i]) && is_digit(b[j])) {
            if (first == 0) first = a[i] - b[j];
            ++i;
            ++j;
        }
        if (i < a.size() && is_digit(a[i])) return 1;
        if (j < b.size() && is_digit(b[j])) return -1;
        if (first != 0) return first;
    }
    return 0;
}

struct Parts {
    std::string_view epoch, upstream, revision;
};

Parts parts_of(std::string_view version) {
    Parts parts;
    if (const std::size_t colon = version.find(':'); colon != std::string_view::npos) {
        parts.epoch = version.substr(0, colon);
        version.remove_prefix(colon + 1);
    }
    const std::size_t dash = version.rfind('-');
    parts.upstream = version.substr(0, dash);
    if (dash != std::string_view::npos) parts.revision = version.substr(dash + 1);
    return parts;
}

}  // namespace

int compare_deb_versions(std::string_view a, std::string_view b) {
    const Parts left = parts_of(a);
    const Parts right = parts_of(b);
    if (const int epoch = compare_parts(left.epoch, right.epoch); epoch != 0) return epoch;
    if (const int upstream = compare_parts(left.upstream, right.upstream); upstream != 0) return upstream;
    return compare_parts(left.revision, right.revision);
}

std::string_view upstream_version(std::string_view version) { return parts_of(version).upstream; }

}  // namespace pigsty::item
