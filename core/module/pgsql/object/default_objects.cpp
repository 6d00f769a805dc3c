#include "core/module/pgsql/object/default_objects.h"

#include <algorithm>

#include "core/base/quote.h"
#include "core/module/pgsql/object/database_sql.h"
#include "core/module/pgsql/object/default_roles.h"
#include "core/render/pgbouncer.h"
#include "core/render/role.h"

namespace pigsty::module::pgsql {
namespace {

// Citus's database is made by Patroni before template1 has anything.
std::vector<std::string> databases_with_defaults(const PgCluster& cluster, const Catalog& catalog) {
    std::vector<std::string> names{"template1", "postgres"};
    if (cluster.citus && catalog.database(cluster.citus->database) != nullptr) names.push_back(cluster.citus->database);
    return names;
}
// Under strict synchronous mode a commit waits for a standby, which a bootstrap does not have yet (behaviour 6).
constexpr auto kCommit = client::Commit::local;

std::vector<std::string> schemas_of(const PgCluster& cluster) {
    return cluster.default_schemas.value_or(render::default_schemas());
}

std::vector<render::Extension> extensions_of(const PgCluster& cluster) {
    return cluster.default_extensions.value_or(render::default_extensions());
}

// The default objects of a database, in the words of a database specification.
PgDatabase as_database(const PgCluster& cluster, const std::string& name) {
    PgDatabase database{.cluster = {}, .name = name, .schemas = schemas_of(cluster)};
    for (const render::Extension& extension : extensions_of(cluster))
        database.extensions.push_back({.name = extension.name, .schema = extension.schema});
    return database;
}

// Roles that are yet to be made count as there.
Catalog with_default_roles(const PgCluster& cluster, Catalog catalog) {
    for (const render::Role& role : default_roles_of(cluster))
        catalog.roles.try_emplace(role.name, RoleState{.name = role.name});
    return catalog;
}

Statements contents_of(const PgCluster& cluster, const std::string& database, const DatabaseContents& live,
                       const Catalog& catalog) {
    const auto privileges = default_privileges_of(cluster);
    Statements statements = contents_statements(as_database(cluster, database), live, catalog, privileges);
    for (const char* owner : {render::kAdminUser, "dbrole_admin"})
        if (catalog.role(owner) != nullptr)
            append(statements, default_privilege_statements(owner, privileges, live, catalog));
    // auth_query asks it, in whichever database it is called: template1 gives it to all.
    const auto schemas = schemas_of(cluster);
    if (cluster.pgbouncer.enabled && !live.has_pgbouncer_auth && std::ranges::find(schemas, "monitor") != schemas.end())
        statements.push_back({.text = render::pgbouncer_auth_sql()});
    return statements;
}

}  // namespace

std::vector<std::string> default_privileges_of(const PgCluster& cluster) {
    return cluster.default_privileges.value_or(render::default_privileges());
}

std::map<std::string, std::string> default_object_texts(const PgCluster& cluster) {
    std::map<std::string, std::string> texts;
    for (const render::Role& role : default_roles_of(cluster))
        texts[cluster.name + " role " + role.name] = to_json(role).dump();
    if (cluster.role_passwords_version)
        texts[cluster.name + " role passwords"] = std::to_string(*cluster.role_passwords_version);
    texts[cluster.name + " default privileges"] = nlohmann::json(default_privileges_of(cluster)).dump();
    texts[cluster.name + " default schemas"] = nlohmann::json(schemas_of(cluster)).dump();
    nlohmann::json extensions = nlohmann::json::array();
    for (const render::Extension& extension : extensions_of(cluster)) extensions.push_back(to_json(extension));
    texts[cluster.name + " default extensions"] = extensions.dump();
    return texts;
}

Result<bool> ensure_default_objects(const PgCluster& cluster, const PgCluster* before, ClusterSession::Work& work) {
    TRY(Catalog* const catalog, work.catalog());
    const Statements roles = default_role_statements(cluster, before, *catalog);
    bool changed = !roles.empty();
    TRY_VOID(work.run("postgres", roles, kCommit));
    const Catalog with_roles = with_default_roles(cluster, *catalog);
    for (const std::string& database : databases_with_defaults(cluster, *catalog)) {
        TRY(DatabaseContents* const contents, work.contents(database));
        Statements statements = contents_of(cluster, database, *contents, with_roles);
        if (statements.empty()) continue;
        changed = true;
        // Objects of extensions belong to whoever creates them and must be found by name afterwards.
        statements.insert(statements.begin(), {.text = "SET LOCAL search_path = public, pg_catalog"});
        TRY_VOID(work.run(database, statements, kCommit));
    }
    if (changed) work.forget();
    return changed;
}

Result<std::vector<std::string>> default_object_drift(const PgCluster& cluster, ClusterSession::Work& work) {
    std::vector<std::string> sentences;
    TRY(Catalog* const catalog, work.catalog());
    for (const Statement& statement : default_role_statements(cluster, nullptr, *catalog))
        sentences.push_back(cluster.name + " default roles: needs " + statement.display());
    const Catalog with_roles = with_default_roles(cluster, *catalog);
    for (const std::string& database : databases_with_defaults(cluster, *catalog)) {
        TRY(DatabaseContents* const contents, work.contents(database));
        for (const Statement& statement : contents_of(cluster, database, *contents, with_roles))
            sentences.push_back(cluster.name + " default objects in " + database + ": needs " +
                                statement.display().substr(0, 120));
    }
    return sentences;
}

}  // namespace pigsty::module::pgsql
