#include "core/module/pgsql/object/default_pool.h"

#include "core/module/pgsql/object/default_roles.h"
#include "core/module/pgsql/object/role_sql.h"
#include "core/module/pgsql/object/user.h"

namespace pigsty::module::pgsql {
namespace {

// In the words of a user's specification.
PgUser as_user(const render::Role& role) {
    return {.name = role.name,
            .attributes = role.attributes,
            .pgbouncer = role.pgbouncer,
            .pool_mode = role.pool_mode,
            .pool_connlimit = role.pool_connlimit};
}

}  // namespace

Result<Fragments> default_fragments(const PgCluster& cluster, const PgCluster* before, const Catalog& catalog) {
    Fragments fragments;
    if (before != nullptr)
        for (const render::Role& role : default_roles_of(*before))
            if (const PgUser user = as_user(role); is_pooled(user)) fragments.merge(no_fragments_of(user));
    for (const render::Role& role : default_roles_of(cluster)) {
        const PgUser user = as_user(role);
        const RoleState* live = catalog.role(role.name);
        if (!is_pooled(user) || live == nullptr) continue;
        TRY(const Fragments wanted,
            fragments_of(user, {.verifier = live->verifier,
                                .has_expired = has_expired(live->attributes.valid_until, catalog.now)}));
        for (const auto& [path, text] : wanted) fragments.insert_or_assign(path, text);
    }
    return fragments;
}

}  // namespace pigsty::module::pgsql
