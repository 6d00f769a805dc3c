// Which members of a PostgreSQL cluster wait for a restart, kept in private data from Read and apply to the next plan.
//
//     note_waiting(call.private_data, seen);                    // Read: what Patroni says
//     expect_waiting(call.private_data, {"pg-test-1", …});      // apply: our change needs a restart that nobody does now
//     waiting_members(plan.private_data);                       // plan: "pg-test-1, pg-test-2"
//
// A member tells the others at its next loop, ten seconds later at most: until then our own word counts, or a plan made in
// between would announce no restart, and its apply would do none.
#pragma once

#include <string>
#include <vector>

#include "core/client/patroni.h"
#include "provider/framework/private_data.h"

namespace pigsty::provider {

void note_waiting(framework::PrivateData& data, const client::PatroniCluster& seen);
void expect_waiting(framework::PrivateData& data, const std::vector<std::string>& members);
void forget_waiting(framework::PrivateData& data);
// Their names, comma-separated; empty where none waits.
std::string waiting_members(const framework::PrivateData& data);

}  // namespace pigsty::provider
