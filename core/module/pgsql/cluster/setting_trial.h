// Tries settings with PostgreSQL's own program before any server gets them: names, values, combinations, libraries and the
// size of shared memory. What a running server would take and not start with again is refused while it still runs.
#pragma once

#include "core/converge/step.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

// Whether there is anything to try: templates alone are known to work.
bool has_own_settings(const PgCluster& cluster);

// For root on a member: fails with PostgreSQL's words. `conf`: a postgresql.conf; `libraries`: names of files that must be
// there. Where `data` holds a cluster, its control file lets PostgreSQL get as far as to load them.
std::string trial_script(const std::string& bin_dir, const std::string& data, std::int64_t version,
                         const std::string& conf, const std::vector<std::string>& libraries);
// postgresql.conf of one member, as PostgreSQL would read it, and the libraries it names.
Result<std::string> trial_conf(const PgCluster& cluster, const std::string& member);
std::vector<std::string> trial_libraries(const PgCluster& cluster, const std::string& member);

// Error `invalid`, with the settings that the configuration sets there.
Status try_settings(const PgCluster& cluster, converge::Site& site, converge::StepContext& context);

}  // namespace pigsty::module::pgsql
