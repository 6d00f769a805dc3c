// The steps that make a PostgreSQL cluster, or bring a living one to its specification.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/converge/run.h"
#include "core/converge/step.h"
#include "core/module/pgsql/backup/forecast.h"
#include "core/module/pgsql/cluster/auto_conf.h"
#include "core/module/pgsql/session/session.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

// What the acts of a table need to reach other machines; null while planning.
struct Ways {
    node::Connect connect;
    std::shared_ptr<Sessions> sessions;
};

// What an update has to do beyond items. A create does all of it.
struct ClusterChanges {
    bool configuration = true;    // the dynamic configuration
    bool default_objects = true;  // roles, privileges, schemas, extensions
    // The specification before, whose parameters are taken back where they are no longer wanted; null on create.
    std::shared_ptr<const PgCluster> before{};
    bool creating = true;
    std::vector<AutoConfReset> resets{};  // of what somebody's ALTER SYSTEM left
    bool dcs_login = false;               // its user, role or permission in etcd is not as it was made
    bool awaits_leader = false;           // nobody led when it was looked at
    bool waits_for_restart = false;       // since an earlier change; Patroni may not know it yet
    bool awaits_streaming = false;        // a member does not serve, or gets another upstream: waited for
    bool of_members = false;              // some members' own parameters
    BackupChange backups{.prove = true};
    bool settings = true;              // of the cluster or of a member: tried before anything is written
    bool upstream = false;             // what a standby cluster has at its upstream is not as it was made
    bool promotes = false;             // `before` has `standby`, and the cluster has it no more
    bool vip_astray = false;           // a member that does not lead has the virtual address, or the leader has it not
    bool dbsu_password = true;         // of postgres: another one, or not everywhere as it should be
    bool shard = false;                // pg_dist_node lacks a group
    std::string extension_settings{};  // the server's answer to extension_settings_query(), where it was asked
};

converge::Table table_of(const PgCluster& cluster, const Ways* ways, const ClusterChanges& changes = {});
// Runs before everything in the claims is undone: stops the members, replicas first, removes data whose identity is proved,
// and the cluster's keys and user in etcd.
converge::Table removal_of(const PgCluster& cluster, const std::string& system_identifier, const Ways& ways);

}  // namespace pigsty::module::pgsql
