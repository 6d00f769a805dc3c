// Control characters: what line formats (HBA, cron, hosts, sysctl, HAProxy, pgbouncer's lists) have no escape for.
#pragma once

#include <algorithm>
#include <string_view>

namespace pigsty::render {

// C0 and DEL; tab counts, too. UTF-8 is left alone.
inline bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace pigsty::render
