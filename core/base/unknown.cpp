#include "core/base/unknown.h"

namespace pigsty {
namespace {
constexpr std::string_view kMark = "\xEF\xB7\x90";
}

std::string unknown_marker(std::string_view path) {
    return std::string(kMark) + std::string(path) + std::string(kMark);
}

bool has_unknown(std::string_view text) { return text.find(kMark) != std::string_view::npos; }

}  // namespace pigsty
