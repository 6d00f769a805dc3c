// The cluster's own login in etcd, as Patroni uses it: whether it works, may do what it must, and whether etcd answers at
// all. Asked on one member, with etcd's own client, and looked at together with everything else of that node.
//
//     sentences = dcs_login_drift(cluster, dcs_login(seen.command(dcs_login_probe(cluster).key)));
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/cancel.h"
#include "core/base/error.h"
#include "core/item/item.h"
#include "core/module/pgsql/spec/spec.h"
#include "core/node/node.h"

namespace pigsty::module::pgsql {

// For the items of the member that is asked: writes nothing.
item::ItemPtr dcs_login_item(const PgCluster& cluster);
node::Probe dcs_login_probe(const PgCluster& cluster);
// sh: everything that etcdctl needs on a member to ask as the cluster's own user. Exits where there is no login yet.
std::string dcs_environment(const PgCluster& cluster);
// Number of the member that is asked.
std::string dcs_login_member(const PgCluster& cluster);

enum class DcsLogin {
    unknown,  // nobody could be asked, or etcd asks nobody who he is, which is etcd's own drift
    works,
    refused,  // no such user, or another password
    no_role,
    no_permission,
    silent,  // etcd answers nobody: it has no quorum, or is not reached
};
DcsLogin dcs_login(std::string_view look);
// What is ours to repair.
std::vector<std::string> dcs_login_drift(const PgCluster& cluster, DcsLogin login);
bool repairs_dcs_login(const PgCluster& cluster, const std::vector<std::string>& drift);

// An error that nobody leads, with the cause where it is etcd: asks on this node, now.
Error with_dcs_cause(Error error, const PgCluster& cluster, node::Node& node, const Cancel& cancel);

}  // namespace pigsty::module::pgsql
