// Which members of a PostgreSQL cluster wait for a restart, kept in private data from Read and apply to the next plan.
//
//     note_waiting(call.private_data, waiting_in(seen, runs_with));   // Read: what Patroni and the leader say
//     expect_waiting(call.private_data, {.members = {"pg-test-1", …}, …}, plan);  // apply: our change needs a restart that nobody does now
//     waiting_members(plan.private_data);                             // plan
//
// A member tells the others at its next loop (loop_wait of the failover plan): until then our own word counts, or a plan made in
// between would announce no restart, and its apply would do none.
#pragma once

#include "core/client/patroni.h"
#include "core/module/pgsql/cluster/restart_forecast.h"
#include "core/render/failover_plan.h"
#include "provider/framework/private_data.h"

namespace pigsty::provider {

// `runs_with`: what the leader runs, of settings that wait for a restart.
module::pgsql::Waiting waiting_in(const client::PatroniCluster& seen, module::pgsql::RunsWith runs_with);
void note_waiting(framework::PrivateData& data, const module::pgsql::Waiting& waiting);
void expect_waiting(framework::PrivateData& data, const module::pgsql::Waiting& waiting,
                    const render::FailoverPlan& plan = render::failover_plan(render::kNormalFailover));
void forget_waiting(framework::PrivateData& data);
module::pgsql::Waiting waiting_members(const framework::PrivateData& data);

}  // namespace pigsty::provider
