#include "core/module/pgsql/database.h"

#include <algorithm>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/module/pgsql/database_sql.h"
#include "core/module/pgsql/default_objects.h"
#include "core/module/pgsql/object_claim.h"
#include "core/module/pgsql/object_identity.h"
#include "core/render/pgbouncer.h"
#include "core/render/role.h"

namespace pigsty::module::pgsql {
namespace {

using Work = ClusterSession::Work;

// A setting of the database while its baseline is in and its claim does not yet say so.
constexpr const char* kBaselineMark = "pigsty.baseline";
constexpr const char* kHalfDropped =
    "an interrupted DROP DATABASE left it behind: its data is lost, and it will be made anew";

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

ObjectClaim claim_of(const PgDatabase& database, const Catalog& catalog, std::string id, const char* state) {
    return {.kind = kDatabaseKind,
            .name = database.name,
            .id = std::move(id),
            .state = state,
            .spec = claimed_spec(database),
            .oid = catalog.oid_of(kDatabaseKind, database.name)};
}

// The last transaction: who may connect, and the claim that says it is done.
Status finish(Work& work, const PgDatabase& database, const std::string& id) {
    TRY(Catalog* const catalog, work.catalog());
    const ObjectClaim claim = claim_of(database, *catalog, id, kReady);
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

bool looks_inside(const PgDatabase& database) { return !database.schemas.empty() || !database.extensions.empty(); }

// As it was when planned, but for owners whose roles left since (this same run may do so): what they owned went to the
// superuser, and that is no change of somebody else's.
PgDatabase seen_before(const PgDatabase& prior, const DatabaseState& live, const DatabaseContents* contents,
                       const Catalog& catalog) {
    PgDatabase seen = seen_database(prior, live, contents);
    const auto has_left = [&](const std::string& before, const std::string& now) {
        return now == render::kSuperuser && catalog.role(before) == nullptr;
    };
    if (prior.owner && has_left(*prior.owner, live.owner)) seen.owner = prior.owner;
    for (auto& [schema, owner] : seen.schema_owners)
        if (has_left(prior.schema_owners.at(schema), owner)) owner = prior.schema_owners.at(schema);
    return seen;
}

// Of this run, or of an unfinished create of ours. Before its number is written down, its looks have to do.
bool goes_on(const Catalog& catalog, const ObjectClaim& claim, const std::string& id) {
    if (claim.state != kCreating && claim.id != id) return false;
    const Standing standing = standing_of(catalog, kDatabaseKind, claim.name, claim.id);
    return standing.name == claim.name && (standing.is_proven || looks_claimed(catalog, claim));
}

// CREATE DATABASE, and the claim that knows its number.
Status make(Work& work, Catalog& catalog, const PgDatabase& database, const std::string& id) {
    work.leave(database.template_name.value_or("template1"));
    work.forget_contents(database.name);
    TRY_VOID(work.run_alone(create_database_statement(database, catalog)));
    TRY(const std::string oid,
        work.ask(kDatabase, "SELECT oid FROM pg_catalog.pg_database WHERE datname = " + sql_literal(database.name)));
    DatabaseState made = fresh(database, catalog);
    made.oid = std::stoll(oid);
    catalog.databases.insert_or_assign(database.name, std::move(made));
    return store_claim(work, catalog, claim_of(database, catalog, id, kCreating));
}

Error left_behind(const PgCluster& cluster, const std::string& name) {
    return Error{.code = ErrorCode::conflict,
                 .message = fmt::format("{}: an interrupted DROP DATABASE left \"{}\" behind: its data is lost, and it "
                                        "can only be dropped",
                                        cluster.name, name)}
        .with_hint("finish it by hand, as a superuser: DROP DATABASE " + sql_identifier(name));
}

// What an interrupted DROP left of ours goes.
Status finish_drop(Work& work, Catalog& catalog, const std::string& name) {
    const DatabaseState* left = catalog.database(name);
    if (left == nullptr || !left->is_half_dropped) return {};
    work.leave(name);
    work.forget_contents(name);
    TRY_VOID(work.run_alone(drop_database_statement(name, false)));
    catalog.databases.erase(name);
    return {};
}

}  // namespace

PgDatabase seen_database(const PgDatabase& given, const DatabaseState& live, const DatabaseContents* contents) {
    PgDatabase seen = given;
    if (owner_of(given) != live.owner) seen.owner = live.owner;
    const auto locale = [](std::optional<std::string>& value, const std::string& is) {
        if (value && !same_locale(*value, is)) value = is;
    };
    if (seen.encoding && !same_encoding(*seen.encoding, live.encoding)) seen.encoding = live.encoding;
    if (seen.locale_provider) seen.locale_provider = live.locale_provider;
    locale(seen.lc_collate, live.lc_collate);
    locale(seen.lc_ctype, live.lc_ctype);
    if (live.locale_provider != "libc" && given.locale_provider) {
        if (seen.locale && !same_locale_of(live.locale_provider, *seen.locale, live.locale.value_or("")))
            seen.locale = live.locale;
    } else if (!seen.lc_collate) {
        locale(seen.locale, live.lc_collate);
    }
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
            TRY(Catalog* const catalog, claimed_catalog(work));
            TRY_VOID(refuse_elsewhere(session.cluster(), *catalog, kDatabaseKind, database.name));
            const ObjectClaim* known = catalog->claim(kDatabaseKind, database.name);
            const bool is_there = catalog->database(database.name) != nullptr;
            const bool ours = known != nullptr && goes_on(*catalog, *known, id);
            if (is_there && !ours && catalog->database(database.name)->is_half_dropped)
                return fail(left_behind(session.cluster(), database.name));
            if (is_there && !ours) return fail(exists_already(session.cluster(), "database", database.name));
            // Also where CREATE DATABASE had not come to it yet.
            if (known != nullptr && (ours || (!is_there && known->state == kCreating))) id = known->id;
            TRY_VOID(check_template(database, *catalog));
            TRY_VOID(finish_drop(work, *catalog, database.name));
            resumed = catalog->database(database.name) != nullptr;
            TRY_VOID(store_claim(work, *catalog, claim_of(database, *catalog, id, kCreating)));
            if (!resumed) TRY_VOID(make(work, *catalog, database, id));
            if (catalog->database(database.name)->allow_connections) TRY_VOID(fill(work, *catalog, database, true));
            return settle(work, *catalog, database);
        },
        cancel));
    if (database.pgbouncer) {
        TRY(const Fragments fragments, fragments_of(database, session.cluster()));
        TRY_VOID(put_fragments(session, fragments, resumed, operation, cancel));
    }
    TRY_VOID(session.change([&](Work& work) { return finish(work, database, id); }, cancel));
    return id;
}

Result<std::optional<Live<PgDatabase>>> read_database(ClusterSession& session, const PgDatabase& given,
                                                      const std::string& id, const Cancel& cancel,
                                                      std::vector<std::string>* warnings) {
    std::optional<Live<PgDatabase>> found;
    TRY_VOID(session.look(
        [&](Work& work) -> Status {
            TRY(Catalog* const catalog, work.catalog());
            if (warnings != nullptr) *warnings = work.take_notices();
            const Standing standing = standing_of(*catalog, kDatabaseKind, given.name, id);
            if (standing.name.empty()) {
                if (standing.has_namesake && warnings != nullptr)
                    warnings->push_back(namesake_warning(session.cluster(), kDatabaseKind, given.name));
                return {};
            }
            const DatabaseState* live = catalog->database(standing.name);
            if (live->is_half_dropped) {
                found = Live<PgDatabase>{.object = given, .drift = {kHalfDropped}};
                return {};
            }
            const DatabaseContents* contents = nullptr;
            if (live->allow_connections && looks_inside(given)) {
                TRY(contents, work.contents(standing.name));
            }
            found = Live<PgDatabase>{.object = seen_database(given, *live, contents)};
            if (auto drift = name_drift(kDatabaseKind, given.name, standing)) found->drift.push_back(*std::move(drift));
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
            TRY(Catalog * catalog, claimed_catalog(work));
            const Standing standing = standing_of(*catalog, kDatabaseKind, planned.name, update.id);
            if (standing.name.empty()) {
                return fail(
                    Error{.code = ErrorCode::conflict,
                          .message = fmt::format(
                              "{}: the database \"{}\" is gone or was made anew since this plan was made: plan again",
                              session.cluster().name, planned.name)});
            }
            TRY_VOID(take_name_back(work, kDatabaseKind, planned.name, standing));
            TRY(catalog, work.catalog());
            if (catalog->database(planned.name)->is_half_dropped) {
                TRY_VOID(finish_drop(work, *catalog, planned.name));
                TRY_VOID(make(work, *catalog, planned, update.id));
                TRY_VOID(fill(work, *catalog, planned, true));
                return settle(work, *catalog, planned);
            }
            const DatabaseState* live = catalog->database(planned.name);
            const bool opens = planned.allow_connections && !live->allow_connections;
            const DatabaseContents* contents = nullptr;
            if (live->allow_connections && (looks_inside(planned) || looks_inside(update.prior))) {
                TRY(contents, work.contents(planned.name));
            }
            if (const auto field = changed_since_plan(to_json(update.prior), to_json(planned),
                                                      to_json(seen_before(update.prior, *live, contents, *catalog)),
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
    return session.change([&](Work& work) { return finish(work, planned, update.id); }, cancel);
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
            if (live->is_half_dropped) return fail(left_behind(session.cluster(), name));
            TRY_VOID(refuse_elsewhere(session.cluster(), *catalog, kDatabaseKind, name));
            const ObjectClaim* claim = catalog->claim(kDatabaseKind, name);
            // One of a database that is gone says nothing about who has its name now.
            if (claim != nullptr && standing_of(*catalog, kDatabaseKind, name, claim->id).name == name) {
                TRY(imported.object, pg_database_from_json(claim->spec));
                imported.id = claim->id;
                return {};
            }
            imported.id = adopted_id(*catalog, kDatabaseKind, live->oid);
            imported.object = {.cluster = {}, .name = name, .comment = live->comment, .pgbouncer = false};
            if (live->owner != render::kSuperuser) imported.object.owner = live->owner;
            const DatabaseState* standard = catalog->database("template1");
            if (standard != nullptr && standard->encoding != live->encoding) imported.object.encoding = live->encoding;
            if (standard != nullptr && standard->locale_provider != live->locale_provider)
                imported.object.locale_provider = live->locale_provider;
            if (live->locale_provider != "libc" &&
                (standard == nullptr || standard->locale_provider != live->locale_provider ||
                 standard->locale != live->locale)) {
                imported.object.locale_provider = live->locale_provider;
                imported.object.locale = live->locale;
            }
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
