// What a change of the specification means for running servers, in the words of the plan. Pure.
//
//     members_to_restart(prior, planned);        // {"pg-test-1", "pg-test-2"}
//     restart_forecast(prior, planned, "");      // {"restart postgresql on pg-test-1, pg-test-2: max_connections 500 → 300, …"}
#pragma once

#include <string>
#include <vector>

#include "core/module/pgsql/spec.h"

namespace pigsty::module::pgsql {

// Who must restart for it, now or later: everybody for what is in the dynamic configuration, else the members whose own
// `parameters` change.
std::vector<std::string> members_to_restart(const PgCluster& before, const PgCluster& after);

// `waiting`: names of the members that wait for a restart since an earlier change.
std::vector<std::string> restart_forecast(const PgCluster& before, const PgCluster& after, const std::string& waiting);

}  // namespace pigsty::module::pgsql
