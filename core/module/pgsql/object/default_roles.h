// The roles that a cluster brings with it: from what `default_roles` says and what is there to the statements between them.
//
//     append(statements, default_role_statements(cluster, before, *catalog));
//
// They have no resource and no claim of their own. What others grant to them or set for them stays; what the specification
// before this one said and this one does not is taken back. A role that is no longer named stays: it may own objects.
#pragma once

#include <vector>

#include "core/module/pgsql/session/catalog.h"
#include "core/module/pgsql/session/statement.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

std::vector<render::Role> default_roles_of(const PgCluster& cluster);

// `before`: the specification that was applied last; null where there is none or nothing of it is known to have changed.
Statements default_role_statements(const PgCluster& cluster, const PgCluster* before, const Catalog& catalog);

}  // namespace pigsty::module::pgsql
