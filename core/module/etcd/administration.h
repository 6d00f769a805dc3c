// etcd's root password: one per cluster, made on the members, kept there root-only (behaviour 11). Whoever administers the
// cluster (its own steps, a PostgreSQL cluster that needs a user in it) reads it from a member.
//
//     TRY(const Secret password, root_password(access.name, *node, cancel));
#pragma once

#include <string>

#include "core/base/secret.h"
#include "core/client/etcd.h"
#include "core/converge/run.h"
#include "core/converge/step.h"
#include "core/module/etcd/spec.h"

namespace pigsty::module::etcd {

Status ensure_root_password(const std::string& cluster, converge::StepContext& context);
Result<Secret> root_password(const std::string& cluster, node::Node& node, const Cancel& cancel);

// Of the cluster's secrets on its members. Names of clusters of other kinds may be equal.
std::string secret_scope(const std::string& cluster);

// Logged in as root, through the first member on which that works: one that is silent, hangs or lost its secrets is passed
// over.
Result<client::Etcd> administrator(const Access& access, const node::Connect& connect, const Cancel& cancel);

}  // namespace pigsty::module::etcd
