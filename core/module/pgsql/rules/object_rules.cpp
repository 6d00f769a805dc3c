#include <algorithm>
#include <array>

#include <spdlog/fmt/fmt.h>

#include "core/base/unknown.h"
#include "core/module/pgsql/object/baseline.h"
#include "core/module/pgsql/rules/rule_parts.h"
#include "core/module/pgsql/rules/rules.h"
#include "core/module/pgsql/session/parameters.h"
#include "core/render/control.h"
#include "core/render/pgbouncer.h"
#include "core/render/scram.h"

namespace pigsty::module::pgsql {
namespace {

constexpr std::array<std::string_view, 4> kClusterRoles{render::kSuperuser, render::kReplicationUser,
                                                        render::kAdminUser, render::kMonitorUser};
constexpr std::string_view kListNames = "pgbouncer's lists hold names of letters, digits, _, . and - alone";

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_md5(std::string_view password) { return password.starts_with("md5") && render::looks_like_verifier(password); }

void check_pooled_user(const PgUser& user, Problems& problems) {
    check_pooled_role("", user, problems);
    if (!has_unknown(user.name) && user.pgbouncer && user.password && is_md5(user.password->reveal()))
        problems.add(user.password_write_only ? "password_wo" : "password",
                     "an MD5 hash logs nobody in through pgbouncer, which asks for SCRAM-SHA-256",
                     "give the password itself or a SCRAM-SHA-256 verifier, or set pgbouncer = false");
}

void check_memberships(const PgUser& user, Problems& problems) {
    if (user.roles.contains(user.name)) problems.add("roles", "a role cannot be a member of itself", "remove it");
    for (const std::string& role : user.roles) problems.check_sql_name("roles", role);
    for (const auto& [role, options] : user.role_options)
        if (!user.roles.contains(role))
            problems.add(entry("role_options", role), fmt::format("roles has no \"{}\"", role),
                         "add it there, or remove its options");
}

void check_pooled_database(const PgDatabase& database, Problems& problems) {
    if (!database.pgbouncer || has_unknown(database.name)) return;
    if (database.name == "pgbouncer")
        problems.add("name", "\"pgbouncer\" is pgbouncer's own console",
                     "choose another name, or set pgbouncer = false");
    else if (!render::is_pgbouncer_key(database.name))
        problems.add("name", fmt::format("{}, found \"{}\"", kListNames, database.name),
                     "choose such a name, or set pgbouncer = false");
}

void check_database_objects(const PgDatabase& database, Problems& problems) {
    for (std::size_t i = 0; i < database.schemas.size(); ++i)
        problems.check_schema_name(entry("schemas", i), database.schemas[i]);
    check_unique(problems, "schemas", database.schemas);
    for (const auto& [schema, owner] : database.schema_owners) {
        if (std::find(database.schemas.begin(), database.schemas.end(), schema) == database.schemas.end())
            problems.add(entry("schema_owners", schema), fmt::format("schemas has no \"{}\"", schema), "add it there");
        problems.check_sql_name(entry("schema_owners", schema), owner);
    }
    std::vector<std::string> extensions;
    for (std::size_t i = 0; i < database.extensions.size(); ++i) {
        const DatabaseExtension& extension = database.extensions[i];
        extensions.push_back(extension.name);
        problems.check_sql_name(entry("extensions", i) + ".name", extension.name);
        if (extension.schema) problems.check_sql_name(entry("extensions", i) + ".schema", *extension.schema);
    }
    check_unique(problems, "extensions", extensions, "name");
}

// A setting by one name only, and lists that mean what they say.
void check_settings(const Parameters& parameters, Problems& problems) {
    for (auto setting = parameters.begin(); setting != parameters.end(); ++setting) {
        const std::string path = entry("parameters", setting->first);
        const auto first = std::find_if(parameters.begin(), setting,
                                        [&](const auto& other) { return same_setting(other.first, setting->first); });
        if (first != setting)
            problems.add(path, fmt::format("is the same setting as \"{}\"", first->first), "keep one of them");
        if (has_unknown(setting->second)) continue;
        if (const auto problem = list_problem(setting->first, setting->second))
            problems.add(path, *problem, "leave the setting out, or name what there is");
    }
}

void check_locales(const PgDatabase& database, Problems& problems) {
    if (database.encoding) problems.check_encoding("encoding", *database.encoding);
    if (database.locale_provider)
        problems.check_choice("locale_provider", *database.locale_provider, {"libc", "icu", "builtin"});
    if (database.locale_provider && has_unknown(*database.locale_provider)) return;
    const bool is_libc = database.locale_provider.value_or("libc") == "libc";
    // ICU's locales are language tags with options: the server knows which there are.
    if (is_libc && database.locale) problems.check_locale("locale", *database.locale);
    if (!is_libc && !database.locale)
        problems.add("locale", fmt::format("{} needs a locale", *database.locale_provider),
                     "for example und for icu, C.UTF-8 for builtin");
    if (database.lc_collate) problems.check_locale("lc_collate", *database.lc_collate);
    if (database.lc_ctype) problems.check_locale("lc_ctype", *database.lc_ctype);
}

}  // namespace

void check_pooled_role(const std::string& prefix, const PgUser& user, Problems& problems) {
    if (has_unknown(user.name)) return;
    if (user.pgbouncer && render::has_control(user.name))
        problems.add(prefix + "name", "pgbouncer's user list cannot hold control characters",
                     "choose another name, or set pgbouncer = false");
    if ((user.pool_mode || user.pool_connlimit) && !render::is_pgbouncer_key(user.name))
        problems.add(prefix + (user.pool_mode ? "pool_mode" : "pool_connlimit"),
                     fmt::format("{}, found \"{}\"", kListNames, user.name),
                     "leave the pool's limits out, or choose such a name");
}

std::vector<Problem> problems_of(const PgUser& user) {
    Problems problems;
    if (!has_unknown(user.name) && is_one_of(kClusterRoles, user.name))
        problems.add("name", fmt::format("\"{}\" belongs to the cluster itself", user.name),
                     "set it in default_roles of pigsty_pg_cluster");
    else
        problems.check_role_name("name", user.name);
    problems.check_password(user.password_write_only ? "password_wo" : "password", user.password);
    problems.check_limit("connection_limit", user.attributes.connection_limit);
    problems.check_valid_until("valid_until", user.attributes.valid_until);
    problems.check_pool_mode("pool_mode", user.pool_mode);
    problems.check_limit("pool_connlimit", user.pool_connlimit);
    problems.check_parameter_names("parameters", user.parameters);
    check_settings(user.parameters, problems);
    check_memberships(user, problems);
    check_pooled_user(user, problems);
    return problems.take();
}

std::vector<Problem> problems_of(const PgDatabase& database) {
    static constexpr std::array<std::string_view, 3> kServerDatabases{"postgres", "template0", "template1"};
    Problems problems;
    if (!has_unknown(database.name) && is_one_of(kServerDatabases, database.name))
        problems.add("name", fmt::format("\"{}\" belongs to the cluster itself", database.name), "choose another name");
    else if (problems.check_sql_name("name", database.name))
        check_pooled_database(database, problems);
    if (database.owner) problems.check_sql_name("owner", *database.owner);
    if (database.template_name) problems.check_sql_name("template", *database.template_name);
    if (database.tablespace) problems.check_sql_name("tablespace", *database.tablespace);
    check_locales(database, problems);
    if (database.baseline && !has_unknown(*database.baseline))
        if (auto problem = baseline_problem(*database.baseline))
            problems.add("baseline", std::move(problem->message), std::move(problem->hint));
    if (database.baseline_version && !database.baseline)
        problems.add("baseline_version", "there is no baseline to run again", "set baseline");
    problems.check_limit("connection_limit", database.connection_limit);
    problems.check_pool_mode("pool_mode", database.pool_mode);
    if (database.pool_size) problems.check_range("pool_size", *database.pool_size, 1, 1000000);
    if (database.pool_size_min) problems.check_range("pool_size_min", *database.pool_size_min, 0, 1000000);
    if (database.pool_reserve) problems.check_range("pool_reserve", *database.pool_reserve, 0, 1000000);
    problems.check_limit("pool_connlimit", database.pool_connlimit);
    check_database_objects(database, problems);
    return problems.take();
}

}  // namespace pigsty::module::pgsql
