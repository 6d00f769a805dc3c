// Default roles in pgbouncer's lists, written as those of users are: which fragments a member shall have of them.
//
//     TRY(const Fragments wanted, default_fragments(cluster, before, *catalog));
//     TRY_VOID(put_member_fragments(session, member, wanted, cancel));             // pool/lists.h
#pragma once

#include "core/base/result.h"
#include "core/module/pgsql/pool/fragments.h"
#include "core/module/pgsql/session/catalog.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

// Those of roles that lists name; and that there are none of roles which `before` (may be null) named in them and `cluster`
// does not. Of a role that never stood in a list nothing is said: it may be a user's.
Result<Fragments> default_fragments(const PgCluster& cluster, const PgCluster* before, const Catalog& catalog);

}  // namespace pigsty::module::pgsql
