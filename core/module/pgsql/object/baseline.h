// Baseline: the SQL of a user that fills a new database, as psql or pg_dump wrote it, and what of that a server does not take.
//
//     if (const auto problem = baseline_problem(text)) …   // "line 7: \\restrict is a command of psql, …"
//
// It runs in one transaction of ours, sent to the server as it is: no psql is there to understand its own commands.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pigsty::module::pgsql {

struct BaselineProblem {
    std::string message;
    std::string hint;
};

// The first thing that cannot run. Strings, names, dollar quotes, comments and bodies of functions are looked over as the
// server's own scanner does.
std::optional<BaselineProblem> baseline_problem(std::string_view text);

}  // namespace pigsty::module::pgsql
