// What can be known to be wrong without asking a node: refused while Terraform validates and plans.
//
//     for (const Problem& problem : problems_of(cluster)) diagnostics.error(problem.path, problem.message, problem.hint);
//
// Strings that are not known yet (core/base/unknown.h) are not judged.
#pragma once

#include <string>
#include <vector>

#include "core/base/problem.h"
#include "core/module/pgsql/spec/settings.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

using pigsty::Problem;

std::vector<Problem> problems_of(const PgCluster& cluster);
// What its synchronous replication does not do, as somebody may think it does: sentences for one warning.
std::vector<std::string> synchronous_warnings(const PgCluster& cluster);
// Default roles that may log in and get no password: by peer or certificate only.
std::vector<std::string> roles_without_password(const PgCluster& cluster);
// Of its `parameters` alone, once more: by then the version is decided, or a server has told what its libraries know.
std::vector<Problem> parameter_problems(const PgCluster& cluster, const Settings& settings);
std::vector<Problem> problems_of(const PgUser& user);
std::vector<Problem> problems_of(const PgDatabase& database);

}  // namespace pigsty::module::pgsql
