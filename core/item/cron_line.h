// A line of a system crontab (/etc/cron.d), as Debian's cron reads it: comment, NAME=VALUE, or times, user and command. One line
// that cron cannot read makes it ignore the whole file, and the log alone tells. Pure.
//
//     TRY_VOID(check_cron_line("*/5 * * * * postgres /pg/bin/check"));
//     cron_user("*/5 * * * * postgres /pg/bin/check");       // "postgres"
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace pigsty::item {

Status check_cron_line(std::string_view line);
// Who runs the job; nothing where the line is none.
std::optional<std::string> cron_user(std::string_view line);

}  // namespace pigsty::item
