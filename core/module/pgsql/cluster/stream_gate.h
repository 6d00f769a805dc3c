// Waits until a member streams: from the leader, or from whom it is told to.
#pragma once

#include "core/converge/step.h"
#include "core/module/pgsql/session/members.h"
#include "core/module/pgsql/session/session.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

Status wait_for_stream(const PgCluster& cluster, ClusterSession& session, const Members& members, converge::Site& site,
                       converge::StepContext& context);

}  // namespace pigsty::module::pgsql
