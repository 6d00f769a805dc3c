// What a change of `rto` and `synchronous` has to come to, looked at where it runs: what Patroni accepts is not yet what holds.
//
//     TRY_VOID(refuse_older_patroni(cluster, patch, members, context.cancel()));   // before the patch
//     TRY_VOID(wait_for_failover(cluster, patch, members, site, context));         // after it
//
// The lease of the leader's key has the ttl that is wanted: it decides how long a cluster waits for a dead leader, and Patroni
// could go on renewing one that was granted before. A synchronous standby is there, by Patroni's word and by the leader's.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/converge/step.h"
#include "core/module/pgsql/session/members.h"
#include "core/module/pgsql/spec/spec.h"
#include "core/module/platform/platform.h"

namespace pigsty::module::pgsql {

// What this cluster asks of Patroni beyond what every cluster does.
module::platform::RequiredVersions required_versions(const PgCluster& cluster);
// An older one takes the word `quorum` and replicates asynchronously.
Status refuse_older_patroni(const PgCluster& cluster, const nlohmann::json& patch, const Members& members,
                            const Cancel& cancel);

// Does nothing where the patch has nothing of the kind.
Status wait_for_failover(const PgCluster& cluster, const nlohmann::json& patch, const Members& members,
                         converge::Site& site, converge::StepContext& context);
// The same of a create, where all of it is new.
Status wait_for_first_failover(const PgCluster& cluster, const Members& members, converge::Site& site,
                               converge::StepContext& context);

// Seconds, of what etcdctl prints; nothing where it names none.
std::optional<std::int64_t> granted_ttl(std::string_view printed);

struct SynchronousSeen {
    std::set<std::string> by_patroni;                // members that Patroni would let take over
    std::map<std::string, std::string> by_leader{};  // sync_state of who streams
    std::string standby_names;                       // synchronous_standby_names
};
// "0 of 1 synchronous standbys, synchronous_standby_names is *"; empty where it is as it shall be.
std::string synchronous_problem(const PgCluster& cluster, const SynchronousSeen& seen);

}  // namespace pigsty::module::pgsql
