// Users leave: what they own is handed over first, in every database, and nobody stays logged in.
#include <algorithm>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "core/base/quote.h"
#include "core/module/pgsql/object/object_claim.h"
#include "core/module/pgsql/object/object_identity.h"
#include "core/module/pgsql/object/role_sql.h"
#include "core/module/pgsql/object/user.h"

namespace pigsty::module::pgsql {
namespace {

using Work = ClusterSession::Work;

// Databases in which the role owns something or holds privileges, and that cannot be entered.
constexpr const char* kClosedDatabases =
    "SELECT coalesce(string_agg(DISTINCT d.datname, ', '), '') FROM pg_catalog.pg_shdepend s JOIN "
    "pg_catalog.pg_database d ON d.oid = s.dbid "
    "WHERE s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND (NOT d.datallowconn OR d.datconnlimit = -2) "
    "AND s.refobjid = ";
constexpr const char* kOpenDatabases =
    "SELECT coalesce(json_agg(DISTINCT d.datname), '[]')::text FROM pg_catalog.pg_shdepend s JOIN "
    "pg_catalog.pg_database d ON d.oid = s.dbid "
    "WHERE s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND d.datallowconn AND d.datconnlimit <> -2 "
    "AND s.refobjid = ";

// The list of sessions first, fixed, then the ends: a planner is free to end sessions before it looks whose they are.
std::string end_sessions_query(Oid oid, std::int64_t server_version) {
    const char* within = server_version >= 140000 ? ", 10000)" : ")";
    return "WITH mine AS MATERIALIZED (SELECT pid FROM pg_catalog.pg_stat_activity WHERE usesysid = " +
           std::to_string(oid) +
           ") SELECT coalesce(string_agg(pid::text, ', '), '') FROM mine WHERE NOT "
           "pg_catalog.pg_terminate_backend(pid" +
           within;
}

Result<std::vector<std::string>> names_of(const std::string& json_text) {
    const auto json = nlohmann::json::parse(json_text, nullptr, false);
    if (!json.is_array()) return fail(ErrorCode::internal, "a list of databases cannot be read");
    return json.get<std::vector<std::string>>();
}

bool owns_databases(const Catalog& catalog, const std::string& name) {
    return std::ranges::any_of(catalog.databases, [&](const auto& entry) { return entry.second.owner == name; });
}

// Answers false where the role is not ours.
Result<bool> drop_role(Work& work, const PgUser& user, const std::string& id, const Operation& operation) {
    TRY(Catalog* const catalog, claimed_catalog(work));
    const Standing standing = standing_of(*catalog, kRoleKind, user.name, id);
    const ObjectClaim ours{.kind = kRoleKind, .name = user.name, .id = id, .state = kReady};
    if (standing.name.empty()) {
        if (standing.has_namesake) note(operation, namesake_warning(work.cluster(), kRoleKind, user.name));
        TRY_VOID(work.run(kDatabase, drop_claim_statements(*catalog, ours)));
        forget_claim(*catalog, ours);
        return !standing.has_namesake;
    }
    TRY_VOID(prove_ours(work, *catalog, kRoleKind, user.name, standing));
    if (standing.name != user.name) note(operation, dropped_elsewhere(kRoleKind, standing));
    const std::string& name = standing.name;
    const Oid oid = catalog->role(name)->oid;
    const std::string number = std::to_string(oid);
    TRY(const std::string closed, work.ask(kDatabase, kClosedDatabases + number));
    if (!closed.empty()) {
        return fail(
            Error{.code = ErrorCode::conflict,
                  .message =
                      fmt::format("the role \"{}\" owns something or holds privileges in {}, which {} no connections",
                                  name, closed, closed.find(", ") == std::string::npos ? "accepts" : "accept")}
                .with_hint("allow connections there for the time being: ALTER DATABASE … ALLOW_CONNECTIONS true; one "
                           "that an interrupted DROP left behind can only be dropped"));
    }
    // From here on the role is the one of that number, whoever renames what meanwhile.
    TRY_VOID(work.run(kDatabase, {same_object_statement(kRoleKind, name, oid),
                                  {.text = "ALTER ROLE " + sql_identifier(name) + " NOLOGIN"}}));
    catalog->roles.at(name).attributes.login = false;
    TRY(const std::string staying, work.ask(kDatabase, end_sessions_query(oid, catalog->server_version)));
    if (!staying.empty()) {
        return fail(
            Error{.code = ErrorCode::conflict,
                  .message = fmt::format("sessions of the role \"{}\" do not end (process {}); it can no longer log in",
                                         name, staying)}
                .with_hint("see pg_stat_activity for what they do, and destroy again"));
    }
    TRY(const std::string open, work.ask(kDatabase, kOpenDatabases + number));
    TRY(const auto databases, names_of(open));
    for (const std::string& database : databases) {
        if (database == kDatabase) continue;
        TRY_VOID(work.run(database, hand_over_statements(oid, render::kSuperuser)));
        work.leave(database);  // nobody who drops it has to wait for us
    }
    Statements last = hand_over_statements(oid, render::kSuperuser);
    append(last, drop_role_statements(oid));
    append(last, drop_claim_statements(*catalog, ours));
    TRY_VOID(work.run(kDatabase, last));
    forget_claim(*catalog, ours);
    const bool owned = !databases.empty() || owns_databases(*catalog, name);
    for (auto& [other, state] : catalog->roles) state.memberships.erase(name);
    catalog->roles.erase(standing.name);
    // Databases, schemas and privileges may have gone to the superuser: seen afresh by whoever looks next.
    if (owned) work.forget();
    return true;
}

}  // namespace

Status drop_user(ClusterSession& session, const PgUser& user, const std::string& id, const Operation& operation,
                 const Cancel& cancel) {
    bool ours = true;
    TRY_VOID(session.change(
        [&](Work& work) -> Status {
            TRY(ours, drop_role(work, user, id, operation));
            return {};
        },
        cancel));
    if (!ours || !is_pooled(user)) return {};
    return put_fragments(session, no_fragments_of(user), operation, cancel);
}

}  // namespace pigsty::module::pgsql
