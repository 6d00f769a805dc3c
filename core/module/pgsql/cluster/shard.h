// A Citus group among the others of its shard (reference 8.14). Patroni's keys say which groups there are and who leads them;
// the coordinator's pg_dist_node says whom Citus knows. Patroni of the coordinator keeps the two alike, but for what it does not
// do: it forgets no group, and does not see what somebody changed in the table.
//
//     TRY_VOID(check_place_in_shard(cluster, connect, cancel));          // before anything is written
//     TRY_VOID(join_shard(cluster, ways, session, site, context));       // until both sides know each other
//     TRY_VOID(leave_shard(cluster, ways, Leaving::alive, site, context));
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/converge/run.h"
#include "core/converge/step.h"
#include "core/item/item.h"
#include "core/module/pgsql/cluster/table.h"
#include "core/module/pgsql/session/session.h"
#include "core/module/pgsql/spec/spec.h"
#include "core/node/probe.h"

namespace pigsty::module::pgsql {

// Where a group's leader is, as Patroni tells it to the others.
struct GroupLeader {
    std::string host;
    std::int64_t port = 0;
    bool operator==(const GroupLeader&) const = default;
};
using GroupLeaders = std::map<std::int64_t, GroupLeader>;
// Of groups that have one which runs. `keys`: those below `prefix`, "/pg/pg-citus/".
GroupLeaders group_leaders(const std::map<std::string, std::string>& keys, const std::string& prefix);

// Primaries of pg_dist_node: a question to the distributed database, and its answer.
std::string dist_node_query();
struct DistNode {
    std::int64_t id = 0;
    GroupLeader at;
};
using DistNodes = std::map<std::int64_t, DistNode>;  // by group
Result<DistNodes> parse_dist_nodes(std::string_view answer);

// Groups whose leader Citus does not know, or knows elsewhere.
GroupLeaders missing_in(const DistNodes& nodes, const GroupLeaders& leaders);
// "pg-citus0 citus: pg_dist_node lacks the leader of group 2, 10.10.10.12:5432"
std::vector<std::string> shard_sentences(const PgCluster& cluster, const GroupLeaders& missing);
bool repairs_shard(const PgCluster& cluster, const std::vector<std::string>& drift);

// On a member of the coordinator, with the group's own login: keys of all groups.
node::Probe shard_probe(const PgCluster& coordinator);
// Carries the probe, so that the one look at a node answers it.
item::ItemPtr shard_item(const PgCluster& coordinator);

// Error where another cluster has this group, or a cluster without groups the shard's name.
Status check_place_in_shard(const PgCluster& cluster, const node::Connect& connect, const Cancel& cancel);
// Waits until the coordinator knows all groups that have a leader; of a worker: until it knows this one, asked from here with
// the login that the groups have. Where there is no coordinator yet, its own create waits for the rest. `repairs`: what Patroni
// does not see is written to the table first.
Status join_shard(const PgCluster& cluster, const Ways& ways, ClusterSession& session, bool repairs,
                  converge::Site& site, converge::StepContext& context);

enum class Leaving { alive, stopped };
// The coordinator forgets the group. Alive: error where Citus refuses (it holds shards) while the coordinator lives on.
Status leave_shard(const PgCluster& cluster, const Ways& ways, Leaving leaving, converge::Site& site,
                   converge::StepContext& context);

}  // namespace pigsty::module::pgsql
