// Lines of /etc/security/limits.d, which pam_limits reads at each login. It takes what it cannot read for nothing and says so
// in the system's log alone, so all of it is checked before.
//
//     check_limit_domain("@dba")              // a user, @group, %group, *, or a range of numbers 1000:2000
//     check_limit_value("nofile", "65536")    // by the item: nofile takes no `unlimited`
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/item/item.h"

namespace pigsty::item {

struct LimitLine {
    std::string domain, type, item, value;
};

inline constexpr std::array<std::string_view, 3> kLimitTypes{"soft", "hard", "-"};
inline constexpr std::array<std::string_view, 18> kLimitItems{
    "as",       "core", "cpu",    "data",       "fsize", "locks",    "maxlogins", "maxsyslogins", "memlock",
    "msgqueue", "nice", "nofile", "nonewprivs", "nproc", "priority", "rss",       "rtprio",       "sigpending"};

Status check_limit_domain(std::string_view domain);
// Of an item that is one of kLimitItems.
Status check_limit_value(std::string_view item, std::string_view value);

// The whole file. Once it is in place, root, whoever we log in as and the users that it names must still be able to open a
// session; and the kernel must allow the numbers of files, for pam_limits passes over what it refuses. Else the file is as before.
ItemPtr limits_file(const std::string& name, const std::vector<LimitLine>& lines);

}  // namespace pigsty::item
