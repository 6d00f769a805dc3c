// The steps that make an etcd cluster, or keep one: TLS with client certificates on both sides, authentication on.
#pragma once

#include <string>
#include <vector>

#include "core/converge/run.h"
#include "core/converge/step.h"
#include "core/module/etcd/condition.h"
#include "core/module/etcd/spec.h"

namespace pigsty::module::etcd {

// The claim's kind.
inline constexpr const char* kKind = "etcd_cluster";
inline constexpr const char* kUnit = "etcd.service";

std::vector<converge::Member> members_of(const EtcdCluster& cluster);
// `connect`: null while planning. `repairs`: what an update does beyond items.
converge::Table table_of(const EtcdCluster& cluster, const node::Connect& connect, const Repairs& repairs = {});
// Runs before everything in the claims is undone: stops the members, removes their data.
converge::Table removal_of(const EtcdCluster& cluster);

// What other resources are told of it. `id` is the resource's.
Access access_of(const EtcdCluster& cluster, const std::string& id);

}  // namespace pigsty::module::etcd
