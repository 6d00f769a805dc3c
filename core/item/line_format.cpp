#include "core/item/line_format.h"

#include <string>

#include <fmt/format.h>

namespace pigsty::item {

Status check_line(std::string_view place, std::string_view text, bool allow_tab) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if ((byte >= 0x20 && byte != 0x7f) || (allow_tab && byte == '\t')) continue;
        return fail(
            ErrorCode::invalid,
            fmt::format("{}: holds a control character (U+{:04X} at byte {}), which a line of this file cannot: "
                        "remove it",
                        place, byte, at));
    }
    return {};
}

Status check_path(std::string_view place, std::string_view path) {
    TRY_VOID(check_line(place, path));
    const std::string wrapped = std::string(path) + "/";
    if (!path.starts_with('/') || path == "/" || path.ends_with('/') || wrapped.contains("/../") ||
        wrapped.contains("//")) {
        return fail(ErrorCode::invalid,
                    fmt::format("{}: expected an absolute path without \"..\" and \"//\", found \"{}\"", place, path));
    }
    return {};
}

}  // namespace pigsty::item
