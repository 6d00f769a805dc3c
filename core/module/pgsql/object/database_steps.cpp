#include "core/module/pgsql/object/database_steps.h"

#include <utility>

#include "core/base/quote.h"
#include "core/module/pgsql/object/database_sql.h"
#include "core/module/pgsql/object/default_objects.h"
#include "core/module/pgsql/object/object_claim.h"
#include "core/render/pgbouncer.h"

namespace pigsty::module::pgsql {
namespace {

using Work = ClusterSession::Work;

// A setting of the database while its baseline is in and its claim does not yet say so.
constexpr const char* kBaselineMark = "pigsty.baseline";

std::string baseline_mark(const PgDatabase& database) {
    return baseline_digest(database.baseline.value_or("")) + " " +
           std::to_string(database.baseline_version.value_or(0));
}

// The database that CREATE DATABASE makes, as the snapshot would show it.
DatabaseState fresh(const PgDatabase& wanted, const Catalog& catalog) {
    const DatabaseState* model = catalog.database(wanted.template_name.value_or("template1"));
    DatabaseState state = model == nullptr ? DatabaseState{} : *model;
    state.name = wanted.name;
    state.owner = owner_of(wanted);
    if (wanted.encoding) state.encoding = *wanted.encoding;
    const bool is_libc = wanted.locale_provider.value_or("libc") == "libc";
    if (wanted.locale_provider) state.locale_provider = *wanted.locale_provider;
    if (!is_libc) state.locale = wanted.locale;
    const auto& both = is_libc ? wanted.locale : std::nullopt;
    if (const auto& collate = wanted.lc_collate ? wanted.lc_collate : both) state.lc_collate = *collate;
    if (const auto& ctype = wanted.lc_ctype ? wanted.lc_ctype : both) state.lc_ctype = *ctype;
    if (wanted.tablespace) state.tablespace = *wanted.tablespace;
    // None of these is copied from the template.
    state.allow_connections = true;
    state.is_template = false;
    state.connection_limit = -1;
    state.comment.reset();
    state.public_connect = true;
    state.public_create = false;
    state.admin_create = false;
    state.parameters.clear();
    return state;
}

DatabaseState settled(const PgDatabase& wanted, DatabaseState state, const Catalog& catalog) {
    state.owner = owner_of(wanted);
    state.connection_limit = wanted.connection_limit;
    if (wanted.comment) state.comment = wanted.comment->empty() ? std::nullopt : wanted.comment;
    state.public_create = false;
    state.admin_create = state.admin_create || catalog.role("dbrole_admin") != nullptr;
    state.public_connect = !wanted.revoke_public;
    return state;
}

// The user's own SQL: found by the names they use, all or nothing, and marked in the same transaction.
Statements baseline_statements(const PgDatabase& database) {
    return {
        {.text = "SET LOCAL search_path = \"$user\", public; SET LOCAL pigsty.in_baseline = 'yes'"},
        {.text = *database.baseline, .secret = true, .shown = "the baseline of database " + database.name},
        {.text =
             "DO $$BEGIN IF current_setting('pigsty.in_baseline', true) IS DISTINCT FROM 'yes' THEN RAISE EXCEPTION "
             "'the baseline ends the transaction that it runs in' USING HINT = 'remove BEGIN, COMMIT and ROLLBACK from "
             "it'; "
             "END IF; END$$",
         .secret = true,
         .shown = "the baseline of database " + database.name},
        {.text = "RESET ROLE; ALTER DATABASE " + sql_identifier(database.name) + " SET " + kBaselineMark + " TO " +
                 sql_literal(baseline_mark(database))}};
}

ObjectClaim claim_of(const PgDatabase& database, const Catalog& catalog, DatabaseOwner owner, const char* state) {
    return {.kind = kDatabaseKind,
            .name = database.name,
            .id = std::move(owner.id),
            .state = state,
            .spec = claimed_spec(database),
            .oid = catalog.oid_of(kDatabaseKind, database.name),
            .handover = std::move(owner.handover)};
}

}  // namespace

Status claim_unfinished(Work& work, Catalog& catalog, const PgDatabase& database, const DatabaseOwner& owner) {
    const ObjectClaim claim = claim_of(database, catalog, owner, kCreating);
    TRY_VOID(work.run(kDatabase, store_claim_statements(catalog, claim)));
    remember_claim(catalog, claim);
    return {};
}

Status fill_database(Work& work, Catalog& catalog, const PgDatabase& database, bool with_baseline) {
    TRY(DatabaseContents* const contents, work.contents(database.name));
    Statements statements = contents_statements(database, *contents, catalog, default_privileges_of(work.cluster()));
    if ((database.pool_auth_user || work.cluster().pgbouncer.auth_query) && database.pgbouncer &&
        !contents->has_pgbouncer_auth)
        statements.push_back({.text = render::pgbouncer_auth_sql()});
    const auto live = catalog.databases.find(database.name);
    const auto mark = live->second.parameters.find(kBaselineMark);
    const bool runs = with_baseline && database.baseline && !database.baseline->empty() &&
                      (mark == live->second.parameters.end() || mark->second != baseline_mark(database));
    if (runs && database.baseline->starts_with("sha256:")) {
        return fail(
            Error{.code = ErrorCode::invalid,
                  .message =
                      "the state knows the baseline of " + database.name + " by its digest only, since it was imported"}
                .with_hint("change the baseline's text, by a comment for example, so that the configuration's counts"));
    }
    if (statements.empty() && !runs) return {};
    // Objects of extensions must be found by name afterwards.
    statements.insert(statements.begin(), {.text = "SET LOCAL search_path = public, pg_catalog"});
    if (runs) append(statements, baseline_statements(database));
    TRY_VOID(work.run(database.name, statements));
    work.forget_contents(database.name);
    if (runs) {
        live->second.parameters[kBaselineMark] = baseline_mark(database);
        work.leave(database.name);  // with whatever the baseline has set in its session
    }
    return {};
}

Status settle_database(Work& work, Catalog& catalog, const PgDatabase& database) {
    DatabaseState& live = catalog.databases.at(database.name);
    TRY_VOID(work.run(kDatabase, database_statements(database, live, catalog)));
    live = settled(database, std::move(live), catalog);
    return {};
}

Status finish_database(Work& work, const PgDatabase& database, const DatabaseOwner& owner) {
    TRY(Catalog* const catalog, work.catalog());
    const ObjectClaim claim = claim_of(database, *catalog, owner, kReady);
    const auto live = catalog->databases.find(database.name);
    if (live == catalog->databases.end())
        return fail(ErrorCode::conflict, "the database \"" + database.name + "\" is gone: apply again");
    Statements statements = allow_connections_statements(database, live->second);
    if (live->second.parameters.contains(kBaselineMark))
        statements.push_back({.text = "ALTER DATABASE " + sql_identifier(database.name) + " RESET " + kBaselineMark});
    append(statements, store_claim_statements(*catalog, claim));
    TRY_VOID(work.run(kDatabase, statements));
    live->second.allow_connections = database.allow_connections;
    live->second.parameters.erase(kBaselineMark);
    remember_claim(*catalog, claim);
    return {};
}

Status make_database(Work& work, Catalog& catalog, const PgDatabase& database, const DatabaseOwner& owner) {
    work.leave(database.template_name.value_or("template1"));
    work.forget_contents(database.name);
    TRY_VOID(work.run_alone(create_database_statement(database, catalog)));
    TRY(const std::string oid,
        work.ask(kDatabase, "SELECT oid FROM pg_catalog.pg_database WHERE datname = " + sql_literal(database.name)));
    DatabaseState made = fresh(database, catalog);
    made.oid = std::stoll(oid);
    catalog.databases.insert_or_assign(database.name, std::move(made));
    return claim_unfinished(work, catalog, database, owner);
}

Status finish_drop(Work& work, Catalog& catalog, const std::string& name) {
    const DatabaseState* left = catalog.database(name);
    if (left == nullptr || !left->is_half_dropped) return {};
    work.leave(name);
    work.forget_contents(name);
    TRY_VOID(work.run_alone(drop_database_statement(name, false)));
    catalog.databases.erase(name);
    return {};
}

}  // namespace pigsty::module::pgsql
