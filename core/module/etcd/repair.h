// Acts that bring an etcd cluster back to what condition.h wants. Each looks before it changes anything.
#pragma once

#include "core/converge/step.h"
#include "core/module/etcd/condition.h"
#include "core/module/etcd/spec.h"

namespace pigsty::module::etcd {

// Waits until every member that answers and has its data takes part in a quorum; at once an error, with the way out, where
// that cannot be.
Status wait_for_quorum(const EtcdCluster& cluster, const Repairs& repairs, converge::Site& site,
                       converge::StepContext& context);
Status switch_authentication_on(const EtcdCluster& cluster, converge::Site& site, converge::StepContext& context);
// Members that lost their data leave the cluster and come back empty, one after the other.
Status replace_lost_members(const EtcdCluster& cluster, const Repairs& repairs, converge::StepContext& context);
// In the order in which it works: the quota was raised before, where it was; then compact, defragment, disarm.
Status clear_alarms(const EtcdCluster& cluster, const Repairs& repairs, converge::Site& site,
                    converge::StepContext& context);

}  // namespace pigsty::module::etcd
