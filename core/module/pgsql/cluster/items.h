// The items of one member of a PostgreSQL cluster, by concern. Pure functions of the specification; the version must be
// decided or be a guess that the caller marks unknown.
#pragma once

#include <memory>
#include <vector>

#include "core/converge/step.h"
#include "core/item/item.h"
#include "core/module/ca/signer.h"
#include "core/module/pgsql/spec/spec.h"
#include "core/module/platform/platform.h"

namespace pigsty::module::pgsql {

using item::Items;

// The one PostgreSQL instance of a node, its ports and its folder: a second cluster is refused and names the first.
Items reservation_items(const PgCluster& cluster, const converge::Member& member, const platform::Platform& platform);
// Debian makes a cluster "main" when PostgreSQL is installed: told not to, before that.
Items before_package_items();
Items package_items(const PgCluster& cluster, const platform::Platform& platform);
Items directory_items(const PgCluster& cluster);
Items certificate_items(const PgCluster& cluster, const converge::Member& member,
                        const std::shared_ptr<ca::Signer>& signer);
// patroni.yml, HBA, ident, the unit; a look at postgresql.auto.conf and at the data folder.
Items patroni_items(const PgCluster& cluster, const converge::Member& member, const platform::Platform& platform);
Items pgbouncer_items(const PgCluster& cluster, const converge::Member& member, const platform::Platform& platform);
// How long a standby cluster tries to connect to a machine that does not answer.
Items quick_connects(const PgCluster& cluster);
Items haproxy_items(const PgCluster& cluster);
// The units that clients connect to, and that they listen.
Items access_items(const PgCluster& cluster);

}  // namespace pigsty::module::pgsql
