// Of a PostgreSQL cluster that is a group of a shard: what a refresh sees of its coordinator's table, and what a plan says.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/module/pgsql/session/session.h"
#include "provider/resource/pg_cluster.h"

namespace pigsty::provider {

// Drift: groups whose leader the coordinator does not know and does not come to know by itself. Nothing of a worker.
// `conclusive`: sentences that need no second look.
Result<std::vector<std::string>> look_at_shard(const module::pgsql::PgCluster& cluster, const converge::Run& run,
                                               module::pgsql::ClusterSession& session,
                                               const std::set<std::string>& conclusive, Call& call);
// When it is made: whose its database is.
void tell_of_citus_database(Plan<PgClusterState>& plan);

}  // namespace pigsty::provider
