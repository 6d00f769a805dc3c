// A line of an HBA file that the user wrote himself, judged by the grammar of the program that will read it: PostgreSQL
// does not start with a line that it cannot read, pgbouncer leaves such a line out and goes on without it.
//
//     if (const auto problem = check_hba_line("host all all 10.0.0.0/8 rejct", HbaTarget::pgbouncer, true)) …
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/render/hba.h"

namespace pigsty::render {

struct LineProblem {
    std::string message;
    std::string hint{};
};

// Nothing for a line that is right, a comment or blank. `tls`: whether the server that reads it speaks TLS.
std::optional<LineProblem> check_hba_line(std::string_view line, HbaTarget target, bool tls);

}  // namespace pigsty::render
