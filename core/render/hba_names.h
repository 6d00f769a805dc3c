// The columns user and db of an HBA rule, in PostgreSQL's own quoting: bare words may be keywords, in double quotes
// everything is a name and nothing else.
//
//     TRY(const auto names, parse_hba_names("all, +app, \"all\", \"a,b\""));   // keyword, members of app, two names
//     text += hba_name_text("all");                                            // "all" in quotes: the role of that name
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace pigsty::render {

struct HbaName {
    std::string text;         // without quotes, and without the + of a membership
    bool quoted = false;      // a name, whatever it looks like
    bool membership = false;  // +text
    bool operator==(const HbaName&) const = default;
};

// Error `invalid` where quotes do not end, or something stands behind them.
Result<std::vector<HbaName>> parse_hba_names(std::string_view list);

// A name as both PostgreSQL and pgbouncer read it as a name: in quotes where it is a keyword to either (pgbouncer knows
// those of databases among the users, too) or holds anything but letters, digits, _, -, . and $.
std::string hba_name_text(std::string_view name);

// What pg_hba.conf and pgbouncer's HBA file take for a keyword among databases.
bool is_hba_database_keyword(std::string_view word);

// PostgreSQL 16 and newer read what begins with / as a regular expression, in quotes as well.
inline bool is_hba_pattern(const HbaName& name) { return !name.membership && name.text.starts_with('/'); }

}  // namespace pigsty::render
