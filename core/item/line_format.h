// Line formats (cron, hosts, sysctl, sources) have no escape for control characters: those are refused, with the place;
// everything else is stored exactly (behaviour 8).
//
//     TRY_VOID(check_line("crontab[2]", line));
//     // "crontab[2]: holds a control character (U+000A at byte 7), which a line of this file cannot: remove it"
#pragma once

#include <string_view>

#include "core/base/result.h"

namespace pigsty::item {

// Tab counts as a control character unless it is allowed: cron and hosts separate fields by it.
Status check_line(std::string_view place, std::string_view text, bool allow_tab = false);
// Absolute, without "..", control characters or a trailing slash: what a path of ours may be.
Status check_path(std::string_view place, std::string_view path);

}  // namespace pigsty::item
