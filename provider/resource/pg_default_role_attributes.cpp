#include "provider/resource/pg_default_role_attributes.h"

#include "core/module/pgsql/spec/constraints.h"
#include "provider/framework/validators.h"

namespace pigsty::provider {

using framework::attribute;
using framework::Attributes;
using framework::within;
using module::pgsql::Role;
using module::pgsql::RoleAttributes;

namespace {

Attributes<RoleAttributes> default_role_rights() {
    return {
        attribute("login", &RoleAttributes::login)
            .fixed_default(true)
            .description("May log in. Without a password: by peer or certificate only."),
        attribute("superuser", &RoleAttributes::superuser).fixed_default(false).description("Superuser."),
        attribute("createdb", &RoleAttributes::createdb).fixed_default(false).description("May create databases."),
        attribute("createrole", &RoleAttributes::createrole).fixed_default(false).description("May create roles."),
        attribute("inherit", &RoleAttributes::inherit)
            .fixed_default(true)
            .description("Inherits the rights of its roles."),
        attribute("replication", &RoleAttributes::replication).fixed_default(false).description("May replicate."),
        attribute("bypassrls", &RoleAttributes::bypassrls)
            .fixed_default(false)
            .description("Bypasses row level security."),
        attribute("connection_limit", &RoleAttributes::connection_limit)
            .fixed_default(-1)
            .validate(framework::at_least(-1))
            .description("Most connections; -1: no limit."),
    };
}

Attributes<RoleAttributes> default_role_expiry() {
    return {
        attribute("valid_until", &RoleAttributes::valid_until)
            .optional()
            .example("\"2030-12-31\"")
            .description(
                "When its password expires: a date, an RFC 3339 time, or `infinity`. Not set: what `expire_in` "
                "comes to, and never without that."),
    };
}

}  // namespace

Attributes<Role> pg_default_role_attributes() {
    return {
        attribute("name", &Role::name).required().description("Name of the role."),
        within(&Role::attributes, default_role_rights()),
        within(&Role::attributes, default_role_expiry()),
        attribute("expire_in", &Role::expire_in)
            .optional()
            .validate(framework::between(1, 36500))
            .description("Days until its password expires, counted when it gets its date, and anew when this changes."),
        attribute("roles", &Role::roles)
            .optional()
            .description("Roles that it is a member of. One taken off the list is revoked; what others grant stays."),
        attribute("parameters", &Role::parameters)
            .optional()
            .description("Settings of its sessions. One taken off is reset; what others set stays."),
        attribute("pgbouncer", &Role::pgbouncer)
            .fixed_default(false)
            .description("Stands in pgbouncer's user list on every member."),
        attribute("pool_mode", &Role::pool_mode)
            .optional()
            .validate(framework::one_of(module::pgsql::kPoolModes))
            .description("When a server connection of this role goes back to the pool. Not set: the pool's."),
        attribute("pool_connlimit", &Role::pool_connlimit)
            .optional()
            .validate(framework::at_least(-1))
            .description("Most server connections of this role through pgbouncer; -1: no limit."),
        attribute("comment", &Role::comment).optional().description("Comment."),
    };
}

}  // namespace pigsty::provider
