// The items that backups need on one member, and the packages beside those of the cluster. Pure.
#pragma once

#include <set>
#include <string>

#include "core/converge/step.h"
#include "core/item/item.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

// Nothing where the cluster has neither `backup` nor `restore_from`, which wants the program and the repository's name.
std::set<std::string> backup_packages(const PgCluster& cluster);
item::Items backup_items(const PgCluster& cluster, const converge::Member& member);

}  // namespace pigsty::module::pgsql
