// Backups of pigsty_pg_cluster: what a refresh sees of them, and what a plan says.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/converge/run.h"
#include "core/module/pgsql/backup/forecast.h"
#include "core/module/pgsql/spec/spec.h"
#include "provider/framework/call.h"
#include "provider/framework/loading.h"

namespace pigsty::provider {

// Drift that an apply repairs; what it cannot repair is a warning.
Result<std::vector<std::string>> look_at_backups(const module::pgsql::PgCluster& cluster, const converge::Run& run,
                                                 framework::Call& call);
// Of an update. An earlier one that failed may have left another configuration than the state's: then WAL went elsewhere.
module::pgsql::BackupChange change_of_backups(const module::pgsql::PgCluster& prior,
                                              const std::map<std::string, std::string>& managed,
                                              const module::pgsql::PgCluster& planned,
                                              const std::vector<std::string>& drift);
void advise_on_backups(const module::pgsql::PgCluster& cluster, framework::Diagnostics& diagnostics);
// What is there was written with the key, or without.
void refuse_another_encryption(const module::pgsql::PgCluster& prior, const module::pgsql::PgCluster& planned,
                               const framework::Unknowns& unknown, framework::Diagnostics& diagnostics);

// `restore_from` is of the creation: a living cluster is not restored.
void refuse_another_restore(const module::pgsql::PgCluster& prior, const module::pgsql::PgCluster& planned,
                            const framework::Unknowns& unknown, framework::Diagnostics& diagnostics);

}  // namespace pigsty::provider
