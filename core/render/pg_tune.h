// pg_tune: PostgreSQL's parameters as a function of a template and a sizing, and of nothing else (behaviour 6).
//
//     TRY(const PgParameters parameters, pg_tune({.template_name = "oltp", .sizing = {2, 4096, 40}, .version = 17}));
//
// Templates carry a revision: what a cluster was made with stays, so that a new version of ours plans no restart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/render/sizing.h"

namespace pigsty::render {

// Name and value, in the order in which people look for them (connections, memory, workers, WAL, …).
using PgParameters = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::int64_t kTemplateRevision = 1;  // the newest

struct TuneInput {
    std::string template_name = "oltp";  // oltp | olap | crit | tiny
    std::int64_t revision = kTemplateRevision;
    Sizing sizing;
    std::int64_t version = 17;                      // PostgreSQL, major
    std::optional<std::int64_t> max_connections{};  // null: the template's
    bool pooled = true;  // services lead to pgbouncer by default: fewer connections reach PostgreSQL itself
    std::vector<std::string> libraries{"pg_stat_statements", "auto_explain"};  // shared_preload_libraries, in order
};

bool is_template(std::string_view name);

// Error `invalid` for an unknown template or revision, or a sizing with a zero.
Result<PgParameters> pg_tune(const TuneInput& input);

// Nothing where the name is not among them.
std::optional<std::string> parameter(const PgParameters& parameters, std::string_view name);

}  // namespace pigsty::render
