// The watchdog of a member's machine, which resets it where Patroni cannot let go of the leader's lock in time.
//
// `required` without a device means to Patroni that it never leads: it takes the word with a reload, logs nothing on a standby,
// and demotes a leader. So the device is looked for on all members before anything is written.
#pragma once

#include "core/converge/step.h"
#include "core/item/item.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

// In a create; empty unless the watchdog is required.
item::Items watchdog_reservation(const PgCluster& cluster);
// The same of an update.
Status check_watchdog(const PgCluster& cluster, converge::Site& site, converge::StepContext& context);
// Patroni runs as postgres, and a device belongs to root.
Status give_watchdog(const PgCluster& cluster, converge::Site& site, converge::StepContext& context);

}  // namespace pigsty::module::pgsql
