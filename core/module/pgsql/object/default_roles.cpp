#include "core/module/pgsql/object/default_roles.h"

#include <algorithm>

#include "core/module/pgsql/object/password.h"
#include "core/module/pgsql/object/role_sql.h"
#include "core/module/pgsql/object/user_password.h"

namespace pigsty::module::pgsql {
namespace {

using render::Role;

std::optional<Role> role_before(const PgCluster* before, const std::string& name) {
    if (before == nullptr) return std::nullopt;
    const std::vector<Role> roles = default_roles_of(*before);
    const auto found = std::ranges::find(roles, name, &Role::name);
    return found == roles.end() ? std::nullopt : std::optional(*found);
}

// Days are counted once: when the role gets its date, and when other days are asked for.
std::optional<std::string> end_of(const Role& role, const std::optional<Role>& before, const RoleState* live) {
    if (!role.expire_in) return role.attributes.valid_until;
    const bool has_end = live != nullptr && comparable_valid_until(live->attributes.valid_until) != "infinity";
    const bool asks_anew = before && before->expire_in != role.expire_in;
    return has_end && !asks_anew ? live->attributes.valid_until : date_in(*role.expire_in);
}

// A new version counts for all of them. Otherwise it is given to a role that has none: what somebody set since is not ours to
// change back.
std::optional<Secret> password_for(const PgCluster& cluster, const PgCluster* before, const std::string& role,
                                   const RoleState* live, const Catalog& catalog) {
    const auto given = cluster.role_passwords.find(role);
    if (given == cluster.role_passwords.end()) return std::nullopt;
    // What a restore brought is the source's.
    const bool counts_for_all = before == nullptr ? cluster.restore_from.has_value()
                                                  : before->role_passwords_version != cluster.role_passwords_version;
    const bool has_one = live != nullptr && live->verifier;
    if (has_one && (!counts_for_all || holds_password(live->verifier, given->second))) return std::nullopt;
    return password_to_send(given->second, catalog);
}

}  // namespace

std::vector<Role> default_roles_of(const PgCluster& cluster) {
    return cluster.default_roles.value_or(render::default_roles());
}

Statements default_role_statements(const PgCluster& cluster, const PgCluster* before, const Catalog& catalog) {
    Statements statements;
    for (const Role& role : default_roles_of(cluster)) {
        const RoleState* live = catalog.role(role.name);
        const std::optional<Role> former = role_before(before, role.name);
        RoleWanted wanted = wanted_role(role);
        wanted.attributes.valid_until = end_of(role, former, live);
        if (former) {
            wanted.former_roles = {former->roles.begin(), former->roles.end()};
            wanted.former_parameters = former->parameters;
            if (!wanted.comment && !former->comment.empty()) wanted.comment = "";
        }
        wanted.password = password_for(cluster, before, role.name, live, catalog);
        if (wanted.password && (statements.empty() || statements.front().text != quiet_statement().text))
            statements.insert(statements.begin(), quiet_statement());
        append(statements, role_statements(wanted, live, catalog.server_version));
    }
    return statements;
}

}  // namespace pigsty::module::pgsql
