// Of a PostgreSQL cluster that follows another one: what a refresh sees of that, and what a plan says and refuses.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/module/pgsql/session/session.h"
#include "provider/resource/pg_cluster.h"

namespace pigsty::provider {

// Drift; what cannot be looked at is a warning. `conclusive`: sentences that need no second look. Nothing where the cluster has
// no `standby`.
Result<std::vector<std::string>> look_at_standby(const module::pgsql::PgCluster& cluster,
                                                 module::pgsql::ClusterSession& session,
                                                 const std::set<std::string>& conclusive, Call& call);
// A cluster begins as a standby cluster, or never is one; and it follows one cluster.
void refuse_another_upstream(Plan<PgClusterState>& plan);
// Loud: there is no way back.
void advise_on_promotion(const module::pgsql::PgCluster& prior, const module::pgsql::PgCluster& planned,
                         framework::Forecast& forecast);

}  // namespace pigsty::provider
