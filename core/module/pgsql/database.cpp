#include "core/module/pgsql/database.h"

#include <algorithm>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/module/pgsql/database_sql.h"
#include "core/module/pgsql/default_objects.h"
#include "core/module/pgsql/object_claim.h"
#include "core/render/pgbouncer.h"
#include "core/render/role.h"

namespace pigsty::module::pgsql {
namespace {

using Work = ClusterSession::Work;

// A setting of the database while its baseline is in and its claim does not yet say so.
constexpr const char* kBaselineMark = "pigsty.baseline";
// pgbouncer ends its connections to a database that left its list, and our own take a moment to go.
constexpr auto kLetGo = std::chrono::seconds(5);

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
    if (const auto& collate = wanted.lc_collate ? wanted.lc_collate : wanted.locale) state.lc_collate = *collate;
    if (const auto& ctype = wanted.lc_ctype ? wanted.lc_ctype : wanted.locale) state.lc_ctype = *ctype;
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

// Inside the database: schemas, extensions, privileges, and the baseline where it is to run.
Status fill(Work& work, Catalog& catalog, const PgDatabase& database, bool with_baseline) {
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

Status store_claim(Work& work, Catalog& catalog, const ObjectClaim& claim) {
    TRY_VOID(work.run(kDatabase, store_claim_statements(catalog, claim)));
    remember_claim(catalog, claim);
    return {};
}

// Owner, limits, comment, privileges.
Status settle(Work& work, Catalog& catalog, const PgDatabase& database) {
    DatabaseState& live = catalog.databases.at(database.name);
    TRY_VOID(work.run(kDatabase, database_statements(database, live, catalog)));
    live = settled(database, std::move(live), catalog);
    return {};
}

// The last transaction: who may connect, and the claim that says it is done.
Status finish(Work& work, const PgDatabase& database, const ObjectClaim& claim) {
    TRY(Catalog* const catalog, work.catalog());
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

ObjectClaim claim_of(const PgDatabase& database, std::string id, const char* state) {
    return {.kind = kDatabaseKind,
            .name = database.name,
            .id = std::move(id),
            .state = state,
            .spec = claimed_spec(database)};
}

bool looks_inside(const PgDatabase& database) { return !database.schemas.empty() || !database.extensions.empty(); }

std::string sessions_query(const std::string& name) {
    return "SELECT coalesce(string_agg(DISTINCT coalesce(usename, '?') || ' from ' || coalesce(host(client_addr), "
           "'this node') || "
           "CASE WHEN application_name = '' THEN '' ELSE ' (' || application_name || ')' END, ', '), '') "
           "FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend' AND datname = " +
           sql_literal(name);
}

// Ours is gone, and this is somebody else's.
bool is_others(const Catalog& catalog, const std::string& name, const std::string& id) {
    const ObjectClaim* claim = catalog.claim(kDatabaseKind, name);
    return claim != nullptr && !id.empty() && claim->id != id;
}

Status drop(Work& work, const PgDatabase& database, const std::string& id) {
    TRY(Catalog* const catalog, work.catalog());
    if (catalog->database(database.name) != nullptr) {
        work.leave(database.name);
        work.forget_contents(database.name);
        const Cancel bound = work.cancel().within_at_most(kLetGo);
        while (!database.force_disconnect) {
            TRY(const std::string others, work.ask(kDatabase, sessions_query(database.name)));
            if (others.empty()) break;
            if (bound.pause(std::chrono::milliseconds(200))) continue;
            TRY_VOID(work.cancel().check("waiting until nobody is connected to " + database.name));
            return fail(
                Error{.code = ErrorCode::conflict,
                      .message = fmt::format("the database \"{}\" cannot be dropped while others are connected: {}",
                                             database.name, others)}
                    .with_hint("end these sessions, or set force_disconnect = true and apply that first"));
        }
        TRY_VOID(work.run_alone(drop_database_statement(database.name, database.force_disconnect)));
        catalog->databases.erase(database.name);
    }
    const ObjectClaim ours = claim_of(database, id, kReady);
    TRY_VOID(work.run(kDatabase, drop_claim_statements(*catalog, ours)));
    forget_claim(*catalog, ours);
    return {};
}

}  // namespace

PgDatabase seen_database(const PgDatabase& given, const DatabaseState& live, const DatabaseContents* contents) {
    PgDatabase seen = given;
    if (owner_of(given) != live.owner) seen.owner = live.owner;
    const auto locale = [](std::optional<std::string>& value, const std::string& is) {
        if (value && !same_locale(*value, is)) value = is;
    };
    locale(seen.encoding, live.encoding);
    locale(seen.lc_collate, live.lc_collate);
    locale(seen.lc_ctype, live.lc_ctype);
    if (!seen.lc_collate) locale(seen.locale, live.lc_collate);
    if (seen.tablespace) seen.tablespace = live.tablespace;
    seen.connection_limit = live.connection_limit;
    seen.allow_connections = live.allow_connections;
    seen.revoke_public = !live.public_connect;
    if (given.comment) seen.comment = live.comment.value_or("");
    if (contents == nullptr) return seen;
    std::erase_if(seen.schemas, [&](const std::string& schema) { return !contents->schemas.contains(schema); });
    for (auto& [schema, owner] : seen.schema_owners)
        if (const auto found = contents->schemas.find(schema); found != contents->schemas.end())
            owner = found->second.owner;
    std::erase_if(seen.extensions,
                  [&](const DatabaseExtension& extension) { return !contents->extensions.contains(extension.name); });
    for (DatabaseExtension& extension : seen.extensions) {
        const ExtensionState& is = contents->extensions.at(extension.name);
        if (extension.schema) extension.schema = is.schema;
        if (extension.version) extension.version = is.version;
    }
    return seen;
}

Result<std::string> create_database(ClusterSession& session, const PgDatabase& database, const Operation& operation,
                                    const Cancel& cancel) {
    std::string id = uuid4();
    bool resumed = false;
    TRY_VOID(session.change(
        [&](Work& work) -> Status {
            TRY(Catalog* const catalog, work.catalog());
            const ObjectClaim* known = catalog->claim(kDatabaseKind, database.name);
            const bool ours = known != nullptr && (known->state == kCreating || known->id == id);
            if (catalog->database(database.name) != nullptr && !ours)
                return fail(exists_already(session.cluster(), "database", database.name));
            if (ours) id = known->id;
            resumed = ours && catalog->database(database.name) != nullptr;
            TRY_VOID(store_claim(work, *catalog, claim_of(database, id, kCreating)));
            if (catalog->database(database.name) == nullptr) {
                work.leave(database.template_name.value_or("template1"));
                work.forget_contents(database.name);
                TRY_VOID(work.run_alone(create_database_statement(database, *catalog)));
                catalog->databases.insert_or_assign(database.name, fresh(database, *catalog));
            }
            if (catalog->database(database.name)->allow_connections) TRY_VOID(fill(work, *catalog, database, true));
            return settle(work, *catalog, database);
        },
        cancel));
    if (database.pgbouncer) {
        TRY(const Fragments fragments, fragments_of(database, session.cluster()));
        TRY_VOID(put_fragments(session, fragments, resumed, operation, cancel));
    }
    TRY_VOID(
        session.change([&](Work& work) { return finish(work, database, claim_of(database, id, kReady)); }, cancel));
    return id;
}

Result<std::optional<Live<PgDatabase>>> read_database(ClusterSession& session, const PgDatabase& given,
                                                      const std::string& id, const Cancel& cancel) {
    std::optional<Live<PgDatabase>> found;
    TRY_VOID(session.look(
        [&](Work& work) -> Status {
            TRY(Catalog* const catalog, work.catalog());
            const DatabaseState* live = catalog->database(given.name);
            if (live == nullptr || is_others(*catalog, given.name, id)) return {};
            const DatabaseContents* contents = nullptr;
            if (live->allow_connections && looks_inside(given)) {
                TRY(contents, work.contents(given.name));
            }
            found = Live<PgDatabase>{.object = seen_database(given, *live, contents)};
            // What is left once the attributes say what is live: privileges, which have none.
            Statements missing = database_statements(found->object, *live, *catalog);
            if (contents != nullptr)
                append(missing, contents_statements(found->object, *contents, *catalog,
                                                    default_privileges_of(session.cluster())));
            for (const Statement& statement : missing) found->drift.push_back("privileges: " + statement.display());
            return {};
        },
        cancel));
    if (!found || !given.pgbouncer) return found;
    TRY(const Fragments fragments, fragments_of(found->object, session.cluster()));
    TRY(const auto drift, fragment_drift(session, fragments, cancel));
    found->drift.insert(found->drift.end(), drift.begin(), drift.end());
    return found;
}

Status update_database(ClusterSession& session, const DatabaseUpdate& update, const Operation& operation,
                       const Cancel& cancel) {
    const PgDatabase& planned = update.planned;
    const bool runs_baseline = planned.baseline_version != update.prior.baseline_version && planned.baseline_version;
    TRY_VOID(session.change(
        [&](Work& work) -> Status {
            TRY(Catalog* const catalog, work.catalog());
            const DatabaseState* live = catalog->database(planned.name);
            if (live == nullptr || is_others(*catalog, planned.name, update.id)) {
                return fail(
                    Error{.code = ErrorCode::conflict,
                          .message = fmt::format(
                              "{}: the database \"{}\" is gone or was made anew since this plan was made: plan again",
                              session.cluster().name, planned.name)});
            }
            const bool opens = planned.allow_connections && !live->allow_connections;
            const DatabaseContents* contents = nullptr;
            if (live->allow_connections && (looks_inside(planned) || looks_inside(update.prior))) {
                TRY(contents, work.contents(planned.name));
            }
            if (const auto field = changed_since_plan(to_json(update.prior), to_json(planned),
                                                      to_json(seen_database(update.prior, *live, contents)),
                                                      to_json(seen_database(planned, *live, contents))))
                return fail(changed_since_plan_error(session.cluster(), "database", planned.name, *field));
            if (opens) {
                TRY_VOID(work.run(kDatabase, allow_connections_statements(planned, *live)));
                catalog->databases.at(planned.name).allow_connections = true;
            }
            const bool enters = catalog->databases.at(planned.name).allow_connections;
            if (!enters && (runs_baseline || to_json(planned)["schemas"] != to_json(update.prior)["schemas"] ||
                            planned.extensions != update.prior.extensions)) {
                return fail(Error{.code = ErrorCode::conflict,
                                  .message = "the database \"" + planned.name +
                                             "\" accepts no connections: nothing inside can be changed"}
                                .with_hint("set allow_connections = true in the same change"));
            }
            if (enters) TRY_VOID(fill(work, *catalog, planned, runs_baseline));
            return settle(work, *catalog, planned);
        },
        cancel));
    if (planned.pgbouncer || update.prior.pgbouncer) {
        TRY(const Fragments fragments, fragments_of(planned, session.cluster()));
        TRY_VOID(put_fragments(session, fragments, false, operation, cancel));
    }
    return session.change([&](Work& work) { return finish(work, planned, claim_of(planned, update.id, kReady)); },
                          cancel);
}

Status drop_database(ClusterSession& session, const PgDatabase& database, const std::string& id,
                     const Operation& operation, const Cancel& cancel) {
    bool others = false;
    TRY_VOID(session.look(
        [&](Work& work) -> Status {
            TRY(const Catalog* const catalog, work.catalog());
            others = is_others(*catalog, database.name, id);
            return {};
        },
        cancel));
    if (others) return {};
    // pgbouncer's own connections keep it in use, and new clients must not come.
    if (database.pgbouncer) {
        TRY(const Fragments none, fragments_of(database, session.cluster(), false));
        TRY_VOID(put_fragments(session, none, false, operation, cancel));
    }
    const Status dropped = session.change([&](Work& work) { return drop(work, database, id); }, cancel);
    if (!dropped && database.pgbouncer) {  // it is still there, so clients come in as before
        TRY(const Fragments fragments, fragments_of(database, session.cluster()));
        TRY_VOID(put_fragments(session, fragments, false, operation, cancel));
    }
    return dropped;
}

Result<Imported<PgDatabase>> import_database(ClusterSession& session, const std::string& name, const Cancel& cancel) {
    Imported<PgDatabase> imported;
    TRY_VOID(session.look(
        [&](Work& work) -> Status {
            TRY(Catalog* const catalog, work.catalog());
            const DatabaseState* live = catalog->database(name);
            if (live == nullptr)
                return fail(ErrorCode::invalid,
                            fmt::format("expected a database \"{}\" in {}, found none", name, session.cluster().name));
            if (const ObjectClaim* claim = catalog->claim(kDatabaseKind, name)) {
                TRY(imported.object, pg_database_from_json(claim->spec));
                imported.id = claim->id;
                return {};
            }
            imported.id = uuid4();
            imported.object = {.cluster = {}, .name = name, .comment = live->comment, .pgbouncer = false};
            if (live->owner != render::kSuperuser) imported.object.owner = live->owner;
            const DatabaseState* standard = catalog->database("template1");
            if (standard != nullptr && standard->encoding != live->encoding) imported.object.encoding = live->encoding;
            if (standard != nullptr && standard->lc_collate != live->lc_collate)
                imported.object.lc_collate = live->lc_collate;
            if (standard != nullptr && standard->lc_ctype != live->lc_ctype) imported.object.lc_ctype = live->lc_ctype;
            if (live->tablespace != "pg_default") imported.object.tablespace = live->tablespace;
            return {};
        },
        cancel));
    return imported;
}

}  // namespace pigsty::module::pgsql
