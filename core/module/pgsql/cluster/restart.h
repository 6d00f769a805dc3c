// Changes of the dynamic configuration, and the restarts that these and others need (behaviour 7).
#pragma once

#include <string>

#include "core/converge/step.h"
#include "core/module/pgsql/cluster/dcs.h"
#include "core/module/pgsql/session/members.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

// Patches what differs; with restart = "rolling", restarts the members that need it in the order that keeps the cluster
// serving.
struct ConfigurationChange {
    const PgCluster* before = nullptr;  // the specification so far, may be null
    // An earlier change, or something else of this run, left members that wait for a restart. Patroni may not know it yet.
    bool may_wait_for_restart = false;
    bool of_members = false;           // a member's own file has changed: its server has to show it
    std::string extension_settings{};  // the server's answer to extension_settings_query()
};
Status apply_configuration(const PgCluster& cluster, const ConfigurationChange& change, const Members& members,
                           converge::Site& site, converge::StepContext& context);
// The end of a create: what its servers run is what was asked for. Where it was resumed, they may have started with what was
// wrong then: `corrected` is what has been patched since. They restart where they must, whatever `restart` says: nobody uses
// the cluster yet.
Status settle_configuration(const PgCluster& cluster, const nlohmann::json& corrected, const Members& members,
                            converge::Site& site, converge::StepContext& context);

}  // namespace pigsty::module::pgsql
