// Acts of `standby`.
#include "core/module/pgsql/cluster/acts.h"
#include "core/module/pgsql/cluster/standby_steps.h"
#include "core/module/pgsql/cluster/upstream.h"

namespace pigsty::module::pgsql {

using converge::Site;
using converge::StepContext;

// Lines, a slot and a login there, before anything here follows.
Status join_the_upstream(const Making& making, Site& site, StepContext& context) {
    return join_upstream(making.cluster, *making.ways, site, context);
}

Status refuse_a_promoted_one(const Making& making, Site&, StepContext& context) {
    TRY(const Members members, making.members(context));
    return refuse_promoted(making.cluster, members, context.cancel());
}

Status stream_from_upstream(const Making& making, Site& site, StepContext& context) {
    TRY(const Members members, making.members(context));
    const bool streams = making.changes.creating || !making.cluster.standby->delay;
    return wait_for_upstream(making.cluster, members, streams, site, context);
}

Status promote_the_standby(const Making& making, Site& site, StepContext& context) {
    TRY(const Members members, making.members(context));
    return promote(*making.changes.before, members, *making.ways, site, context);
}

Status leave_the_upstream(const Making& making, Site&, StepContext& context) {
    return leave_upstream(*making.changes.before, *making.ways, context);
}

}  // namespace pigsty::module::pgsql
