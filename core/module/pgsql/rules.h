// What can be known to be wrong without asking a node: refused while Terraform validates and plans.
//
//     for (const Problem& problem : problems_of(cluster)) diagnostics.error(problem.path, problem.message, problem.hint);
//
// Strings that are not known yet (core/base/unknown.h) are not judged.
#pragma once

#include <string>
#include <vector>

#include "core/module/pgsql/settings.h"
#include "core/module/pgsql/spec.h"

namespace pigsty::module::pgsql {

struct Problem {
    std::string path;     // as a user writes it: instances["2"].address
    std::string message;  // what was expected, what was found
    std::string hint{};   // what to do
    bool operator==(const Problem&) const = default;
};

std::vector<Problem> problems_of(const PgCluster& cluster);
// Of its `parameters` alone, once more: by then the version is decided, or a server has told what its libraries know.
std::vector<Problem> parameter_problems(const PgCluster& cluster, const Settings& settings);
std::vector<Problem> problems_of(const PgUser& user);
std::vector<Problem> problems_of(const PgDatabase& database);

}  // namespace pigsty::module::pgsql
