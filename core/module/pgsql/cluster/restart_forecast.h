// What a change of the specification means for running servers, in the words of the plan. Pure.
//
//     members_to_restart(prior, planned, {}, settings);   // {"pg-test-1", "pg-test-2"}
//     restart_forecast(prior, planned, {}, settings);     // {"restart postgresql on pg-test-1, pg-test-2: max_connections 500 → 300, …"}
#pragma once

#include <string>
#include <vector>

#include "core/module/pgsql/cluster/dcs.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

// What waits for a restart since earlier changes.
struct Waiting {
    std::vector<std::string> members{};
    RunsWith runs_with{};  // what the leader runs meanwhile
    bool operator==(const Waiting&) const = default;
};

// Who must restart for it, now or later: everybody for what is in the dynamic configuration, else the members whose own
// `parameters` change. What comes back to what runs needs no restart.
std::vector<std::string> members_to_restart(const PgCluster& before, const PgCluster& after, const Waiting& waiting,
                                            const Settings& settings);
// With what the servers run that wait for a restart from now on.
RunsWith waiting_after(const PgCluster& before, const PgCluster& after, const Waiting& waiting,
                       const Settings& settings);

// A rolling restart does what waits together with what is new.
std::vector<std::string> restart_forecast(const PgCluster& before, const PgCluster& after, const Waiting& waiting,
                                          const Settings& settings);

// What changes in Patroni's own keys: timing, lag, how commits wait. One sentence, or none.
std::vector<std::string> failover_forecast(const PgCluster& before, const PgCluster& after);

}  // namespace pigsty::module::pgsql
