// Changes of the dynamic configuration, and the restarts that these and others need (behaviour 7).
#pragma once

#include "core/converge/step.h"
#include "core/module/pgsql/dcs.h"
#include "core/module/pgsql/members.h"
#include "core/module/pgsql/spec.h"

namespace pigsty::module::pgsql {

// Patches what differs; with restart = "rolling", restarts the members that need it in the order that keeps the cluster
// serving.
struct ConfigurationChange {
    const PgCluster* before = nullptr;  // the specification so far, may be null
    // An earlier change, or something else of this run, left members that wait for a restart. Patroni may not know it yet.
    bool may_wait_for_restart = false;
};
Status apply_configuration(const PgCluster& cluster, const ConfigurationChange& change, const Members& members,
                           converge::Site& site, converge::StepContext& context);

}  // namespace pigsty::module::pgsql
