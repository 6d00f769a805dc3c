#include "core/module/pgsql/object/database.h"

#include <algorithm>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/module/pgsql/object/database_sql.h"
#include "core/module/pgsql/object/database_steps.h"
#include "core/module/pgsql/object/default_objects.h"
#include "core/module/pgsql/object/object_claim.h"
#include "core/module/pgsql/object/object_handover.h"
#include "core/module/pgsql/object/object_identity.h"
#include "core/render/role.h"

namespace pigsty::module::pgsql {
namespace {

using Work = ClusterSession::Work;

constexpr const char* kHalfDropped =
    "an interrupted DROP DATABASE left it behind: its data is lost, and it will be made anew";

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

// Of this create, of an unfinished one, or of one that no state knows of. Before its number is written down, its looks have
// to do.
bool database_goes_on(const Catalog& catalog, const ObjectClaim& claim, const DatabaseOwner& owner) {
    if (claim.state != kCreating && claim.id != owner.id && !is_open(claim, owner.handover)) return false;
    const Standing standing = standing_of(catalog, kDatabaseKind, claim.name, claim.id);
    return standing.name == claim.name && (standing.is_proven || looks_claimed(catalog, claim));
}

// What a database has for life is as this configuration wants it.
Status check_fixed(const PgCluster& cluster, const PgDatabase& database, const DatabaseState& live) {
    const nlohmann::json wanted = to_json(database);
    const nlohmann::json seen = to_json(seen_database(database, live, nullptr));
    for (const char* field : {"encoding", "locale_provider", "locale", "lc_collate", "lc_ctype", "tablespace"}) {
        const auto text = [field](const nlohmann::json& spec) { return spec.value(field, nlohmann::json()).dump(); };
        if (text(wanted) == text(seen)) continue;
        return fail(Error{.code = ErrorCode::conflict,
                          .message = fmt::format("{}: `{}` of the database \"{}\" is {} for life, and cannot become {}",
                                                 cluster.name, field, database.name, text(seen), text(wanted))}
                        .with_hint("make a database of another name and move the data there, or drop this one by "
                                   "hand"));
    }
    return {};
}

// Patroni has made it at the bootstrap, and nobody has claimed it: a resource of its name takes it over.
bool is_given_by_patroni(const PgCluster& cluster, const ObjectClaim* claim, const DatabaseState* live,
                         const std::string& name) {
    return is_database_of_citus(cluster, name) && live != nullptr && claim == nullptr && !live->is_half_dropped;
}

Error left_behind(const PgCluster& cluster, const std::string& name) {
    return Error{.code = ErrorCode::conflict,
                 .message = fmt::format("{}: an interrupted DROP DATABASE left \"{}\" behind: its data is lost, and it "
                                        "can only be dropped",
                                        cluster.name, name)}
        .with_hint("finish it by hand, as a superuser: DROP DATABASE " + sql_identifier(name));
}

}  // namespace

bool is_database_of_citus(const PgCluster& cluster, const std::string& name) {
    return cluster.citus && cluster.citus->database == name;
}

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
    DatabaseOwner owner{.id = uuid4(), .handover = session.run_id()};
    bool takes_over = false;
    bool takes_from_patroni = false;
    bool runs_baseline = true;
    TRY_VOID(wait_for_other_run(session, kDatabaseKind, database.name, operation, cancel));
    TRY_VOID(session.change(
        [&](Work& work) -> Status {
            TRY(Catalog* const catalog, claimed_catalog(work));
            TRY_VOID(refuse_elsewhere(session.cluster(), *catalog, kDatabaseKind, database.name));
            const ObjectClaim* known = catalog->claim(kDatabaseKind, database.name);
            const DatabaseState* live = catalog->database(database.name);
            const bool given = is_given_by_patroni(session.cluster(), known, live, database.name);
            const bool ours = given || (known != nullptr && database_goes_on(*catalog, *known, owner));
            if (live != nullptr && !ours && live->is_half_dropped)
                return fail(left_behind(session.cluster(), database.name));
            if (live != nullptr && !ours) return fail(exists_already(session.cluster(), "database", database.name));
            if (given) {
                TRY_VOID(check_fixed(session.cluster(), database, *live));
                takes_from_patroni = true;
            }
            if (live != nullptr && !given && is_open(*known, owner.handover)) {
                TRY_VOID(check_fixed(session.cluster(), database, *live));
                takes_over = true;
                // It is in already: from then on it runs as it does in an update.
                runs_baseline = database.baseline_version &&
                                known->spec.value("baseline_version", nlohmann::json()) != *database.baseline_version;
            }
            // Also where CREATE DATABASE had not come to it yet.
            if (known != nullptr && (ours || (live == nullptr && known->state == kCreating))) owner.id = known->id;
            TRY_VOID(check_template(database, *catalog));
            TRY_VOID(finish_drop(work, *catalog, database.name));
            const bool is_there = catalog->database(database.name) != nullptr;
            TRY_VOID(claim_unfinished(work, *catalog, database, owner));
            if (!is_there) TRY_VOID(make_database(work, *catalog, database, owner));
            if (catalog->database(database.name)->allow_connections)
                TRY_VOID(fill_database(work, *catalog, database, runs_baseline));
            return settle_database(work, *catalog, database);
        },
        cancel));
    if (takes_from_patroni)
        note(operation, "takes over the database \"" + database.name + "\", which Patroni made for Citus in " +
                            session.cluster().name);
    if (takes_over) note(operation, takeover_warning(kDatabaseKind, database.name));
    if (database.pgbouncer) {
        TRY(const Fragments fragments, fragments_of(database, session.cluster()));
        TRY_VOID(put_fragments(session, fragments, operation, cancel));
    }
    TRY_VOID(session.change([&](Work& work) { return finish_database(work, database, owner); }, cancel));
    return owner.id;
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
            const ObjectClaim* claim = catalog->claim(kDatabaseKind, given.name);
            if (claim != nullptr && (id.empty() || claim->id == id))
                if (auto drift = handover_drift(*claim, session.run_id())) found->drift.push_back(*std::move(drift));
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
                TRY_VOID(make_database(work, *catalog, planned, {.id = update.id}));
                TRY_VOID(fill_database(work, *catalog, planned, true));
                return settle_database(work, *catalog, planned);
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
            TRY_VOID(check_fixed(session.cluster(), planned, *live));
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
            if (enters) TRY_VOID(fill_database(work, *catalog, planned, runs_baseline));
            return settle_database(work, *catalog, planned);
        },
        cancel));
    if (planned.pgbouncer || update.prior.pgbouncer) {
        TRY(const Fragments fragments, fragments_of(planned, session.cluster()));
        TRY_VOID(put_fragments(session, fragments, operation, cancel));
    }
    return session.change([&](Work& work) { return finish_database(work, planned, {.id = update.id}); }, cancel);
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
