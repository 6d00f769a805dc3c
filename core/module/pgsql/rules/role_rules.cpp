#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "core/base/unknown.h"
#include "core/module/pgsql/rules/rule_parts.h"
#include "core/render/role.h"

namespace pigsty::module::pgsql {
namespace {

void check_passwords(const PgCluster& cluster, const std::vector<Role>& roles, Problems& problems) {
    const bool any_unknown = std::ranges::any_of(roles, [](const Role& role) { return has_unknown(role.name); });
    for (const auto& [name, password] : cluster.role_passwords) {
        const std::string path = entry("role_passwords_wo", name);
        problems.check_password(path, password);
        const auto found = std::ranges::find(roles, name, &Role::name);
        if (name == render::kReplicationUser)
            problems.add(path, "members stream with a password that is made on the nodes", "leave it out");
        else if (found == roles.end() && !any_unknown)
            problems.add(path, fmt::format("expected the name of a default role, found \"{}\"", name),
                         "users have their own password: pigsty_pg_user");
        else if (found != roles.end() && !found->attributes.login)
            problems.add(path, fmt::format("\"{}\" may not log in", name), "leave it out, or set its login = true");
    }
}

}  // namespace

void check_default_roles(const PgCluster& cluster, Problems& problems) {
    check_passwords(cluster, cluster.default_roles.value_or(render::default_roles()), problems);
    if (!cluster.default_roles) return;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < cluster.default_roles->size(); ++i) {
        const Role& role = (*cluster.default_roles)[i];
        const std::string prefix = entry("default_roles", i) + ".";
        names.push_back(role.name);
        problems.check_role_name(prefix + "name", role.name);
        problems.check_valid_until(prefix + "valid_until", role.attributes.valid_until);
        problems.check_pool_mode(prefix + "pool_mode", role.pool_mode);
        problems.check_limit(prefix + "pool_connlimit", role.pool_connlimit);
        problems.check_limit(prefix + "connection_limit", role.attributes.connection_limit);
        problems.check_parameter_names(prefix + "parameters", role.parameters);
        check_pooled_role(prefix,
                          {.name = role.name,
                           .pgbouncer = role.pgbouncer,
                           .pool_mode = role.pool_mode,
                           .pool_connlimit = role.pool_connlimit},
                          problems);
        if (role.expire_in && role.attributes.valid_until)
            problems.add(prefix + "expire_in", "expire_in and valid_until exclude each other", "keep one of them");
        if (std::ranges::find(role.roles, role.name) != role.roles.end())
            problems.add(prefix + "roles", "a role cannot be a member of itself", "remove it");
    }
    check_unique(problems, "default_roles", names, "name");
}

std::vector<std::string> roles_without_password(const PgCluster& cluster) {
    std::vector<std::string> names;
    for (const Role& role : cluster.default_roles.value_or(render::default_roles())) {
        // The superuser comes in by peer, and members stream with a password of their own.
        if (role.name == render::kSuperuser || role.name == render::kReplicationUser) continue;
        if (role.attributes.login && !cluster.role_passwords.contains(role.name)) names.push_back(role.name);
    }
    return names;
}

}  // namespace pigsty::module::pgsql
