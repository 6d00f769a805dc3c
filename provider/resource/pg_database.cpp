#include "provider/resource/pg_database.h"

#include <algorithm>

#include "core/base/unknown.h"
#include "core/module/pgsql/object/database.h"
#include "core/module/pgsql/object/database_sql.h"
#include "core/module/pgsql/object/object_claim.h"
#include "core/module/pgsql/rules/rules.h"
#include "core/module/pgsql/spec/constraints.h"
#include "provider/framework/validators.h"
#include "provider/resource/problems.h"

namespace pigsty::provider {
namespace {

using framework::attribute;
using framework::Attributes;
using framework::nested;
using framework::Value;
using framework::within;
using module::pgsql::DatabaseExtension;
using module::pgsql::PgDatabase;

constexpr const char* kNewDatabase = "to change it, make a database of another name and move the data there";

bool same_baseline(const Value& prior, const Value& next) {
    return next.is_known() && prior.as_string().starts_with("sha256:") &&
           module::pgsql::baseline_digest(next.as_string()) == prior.as_string();
}

bool same_locale_name(const Value& prior, const Value& next) {
    return next.is_known() && module::pgsql::same_locale(prior.as_string(), next.as_string());
}

bool same_encoding_name(const Value& prior, const Value& next) {
    return next.is_known() && module::pgsql::same_encoding(prior.as_string(), next.as_string());
}

// Names in another order.
bool same_names(const Value& prior, const Value& next) {
    if (!next.is_wholly_known() || prior.elements().size() != next.elements().size()) return false;
    return std::ranges::all_of(next.elements(), [&](const Value& name) {
        return std::ranges::find(prior.elements(), name) != prior.elements().end();
    });
}

Attributes<DatabaseExtension> database_extension_attributes() {
    return {
        attribute("name", &DatabaseExtension::name)
            .required()
            .description("Name of the extension; its package must be on the members."),
        attribute("schema", &DatabaseExtension::schema)
            .optional()
            .description("Schema of its objects. Not set: what the extension says, else `public`."),
        attribute("version", &DatabaseExtension::version)
            .optional()
            .description("Version. Not set: the newest at creation, then as it is."),
        attribute("cascade", &DatabaseExtension::cascade)
            .fixed_default(true)
            .description("Install what it depends on, too."),
    };
}

auto locale_attribute(const char* name, std::optional<std::string> PgDatabase::* member, const char* description) {
    return attribute(name, member)
        .optional()
        .same_meaning(same_locale_name)
        .fixed_once_set(kNewDatabase)
        .description(description);
}

auto pool_attribute(const char* name, std::optional<std::int64_t> PgDatabase::* member, std::int64_t least,
                    const char* description) {
    return attribute(name, member).optional().validate(framework::at_least(least)).description(description);
}

Attributes<PgDatabase> database_attributes() {
    return {
        cluster_attribute(&PgDatabase::cluster),
        attribute("name", &PgDatabase::name)
            .required()
            .forces_replacement()
            .validate(framework::length_between(1, 63))
            .example("\"app\"")
            .description("Name of the database. With `pgbouncer`: letters, digits, `_`, `.` and `-`; otherwise "
                         "anything that SQL allows."),
        attribute("owner", &PgDatabase::owner)
            .optional()
            .validate(framework::length_between(1, 63))
            .example("pigsty_pg_user.app.name")
            .description("Role that owns it. Not set: `postgres`."),
        attribute("baseline", &PgDatabase::baseline)
            .optional()
            .same_meaning(same_baseline)
            .example("file(\"${path.module}/schema.sql\")")
            .description(
                "SQL that runs, as `postgres`, while the database is being created, in the transaction that "
                "fills it: all of it "
                "or nothing. It holds no BEGIN, COMMIT, COPY FROM STDIN, SET SESSION AUTHORIZATION or psql commands "
                "(remove `\\restrict` from a dump of `pg_dump`). A changed text alone is not run."),
        attribute("baseline_version", &PgDatabase::baseline_version)
            .optional()
            .description("Any number; another one runs `baseline` again, in one transaction."),
        attribute("schemas", &PgDatabase::schemas)
            .optional()
            .same_meaning(same_names)
            .description("Schemas that are there. One that leaves the list stays in the database."),
        attribute("schema_owners", &PgDatabase::schema_owners)
            .optional()
            .example("{ app = \"dbrole_admin\" }")
            .description(
                "Owners of schemas. Not set: the database's owner makes it, and who owns it later is left alone."),
        nested("extensions", &PgDatabase::extensions, database_extension_attributes())
            .optional()
            .example("[{ name = \"pg_trgm\" }]")
            .description("Extensions that are there. One that leaves the list stays in the database."),
        attribute("comment", &PgDatabase::comment)
            .optional()
            .description("Comment on the database. Not set: left alone."),
        attribute("template", &PgDatabase::template_name)
            .optional()
            .fixed_once_set(kNewDatabase)
            .description("Database to copy. Not set: `template1`, or `template0` where encoding or locale are others."),
        attribute("encoding", &PgDatabase::encoding)
            .optional()
            .same_meaning(same_encoding_name)
            .fixed_once_set(kNewDatabase)
            .description("Encoding. Not set: the cluster's."),
        locale_attribute("locale", &PgDatabase::locale,
                         "Locale for sorting and character classes, in the words of `locale_provider`. Not set: the "
                         "cluster's."),
        attribute("locale_provider", &PgDatabase::locale_provider)
            .optional()
            .validate(framework::one_of({"libc", "icu", "builtin"}))
            .fixed_once_set(kNewDatabase)
            .description(
                "Whose locale `locale` is: the C library's, ICU's (PostgreSQL 15 and newer) or PostgreSQL's own "
                "(17 and newer). Not set: the cluster's, and `libc` where a locale is given."),
        locale_attribute("lc_collate", &PgDatabase::lc_collate, "Locale for sorting. Not set: `locale`."),
        locale_attribute("lc_ctype", &PgDatabase::lc_ctype, "Locale for character classes. Not set: `locale`."),
        attribute("tablespace", &PgDatabase::tablespace)
            .optional()
            .fixed_once_set(kNewDatabase)
            .description("Tablespace. Not set: the template's."),
        attribute("allow_connections", &PgDatabase::allow_connections)
            .fixed_default(true)
            .description("Accepts connections."),
        attribute("revoke_public", &PgDatabase::revoke_public)
            .fixed_default(false)
            .description(
                "Only its owner, replication, monitoring and administrators may connect, and whom they let in."),
        attribute("connection_limit", &PgDatabase::connection_limit)
            .fixed_default(-1)
            .validate(framework::at_least(-1))
            .description("Most connections at a time; -1: no limit."),
        attribute("pgbouncer", &PgDatabase::pgbouncer)
            .fixed_default(true)
            .description("Stands in pgbouncer's list on every member."),
        attribute("pool_auth_user", &PgDatabase::pool_auth_user)
            .optional()
            .description("Users who are not in pgbouncer's list are looked up in this database (`auth_query`)."),
        attribute("pool_mode", &PgDatabase::pool_mode)
            .optional()
            .validate(framework::one_of(module::pgsql::kPoolModes))
            .description("When a server connection goes back to the pool. Not set: the pool's."),
        pool_attribute("pool_size", &PgDatabase::pool_size, 1,
                       "Server connections of each pool. Not set: pgbouncer's default."),
        pool_attribute("pool_size_min", &PgDatabase::pool_size_min, 0, "Server connections kept open. Not set: none."),
        pool_attribute("pool_reserve", &PgDatabase::pool_reserve, 0,
                       "More server connections for clients that wait too long."),
        pool_attribute("pool_connlimit", &PgDatabase::pool_connlimit, -1,
                       "Most server connections of the database; -1: no limit."),
        attribute("force_disconnect", &PgDatabase::force_disconnect)
            .fixed_default(false)
            .description(
                "Ends other sessions when the database is destroyed. Otherwise that is refused while there are any."),
    };
}

}  // namespace

framework::Declaration<PgDatabaseState> PgDatabaseResource::declare() const {
    return {.description =
                "A database of a PostgreSQL cluster: owner, schemas, extensions, privileges, limits, and its place in "
                "pgbouncer's list on every member.\n\n"
                "Schemas and extensions are added and changed, never dropped.",
            .subcategory = "PostgreSQL",
            .attributes = {
                within(&PgDatabaseState::database, database_attributes()),
                within(&PgDatabaseState::common,
                       framework::common_attributes({.forecast = false, .ignore_example = "[\"privileges\"]"}))}};
}

PgDatabaseResource::PgDatabaseResource()
    : SqlResource({.type = "pg_database", .what = "database"}, &PgDatabaseState::database) {}

Result<std::string> PgDatabaseResource::create_in(Session& session, const PgDatabase& planned,
                                                  const Operation& operation, const Cancel& cancel) const {
    return module::pgsql::create_database(session, planned, operation, cancel);
}

Result<std::optional<PgDatabaseResource::Live>> PgDatabaseResource::read_in(Session& session, const PgDatabase& given,
                                                                            const std::string& id,
                                                                            std::vector<std::string>& warnings,
                                                                            const Cancel& cancel) const {
    return module::pgsql::read_database(session, given, id, cancel, &warnings);
}

Status PgDatabaseResource::update_in(Session& session, const PgDatabaseState& prior, const PgDatabaseState& planned,
                                     const Operation& operation, const Cancel& cancel) const {
    const PgDatabase before = whole(prior);
    const PgDatabase after = whole(planned);
    return module::pgsql::update_database(session, {.prior = before, .planned = after, .id = prior.common.id},
                                          operation, cancel);
}

Status PgDatabaseResource::drop_in(Session& session, const PgDatabase& state, const std::string& id,
                                   const Operation& operation, const Cancel& cancel) const {
    return module::pgsql::drop_database(session, state, id, operation, cancel);
}

Result<PgDatabaseResource::Imported> PgDatabaseResource::import_in(Session& session, const std::string& name,
                                                                   const Cancel& cancel) const {
    return module::pgsql::import_database(session, name, cancel);
}

void PgDatabaseResource::validate(const PgDatabaseState& config, framework::Validation& validation) const {
    report_problems(module::pgsql::problems_of(config.database), validation);
}

void PgDatabaseResource::modify_more(framework::Plan<PgDatabaseState>& plan) const {
    if (plan.prior == nullptr || plan.unknown.at("baseline") || plan.unknown.at("baseline_version")) return;
    const PgDatabase& before = plan.prior->database;
    const PgDatabase& after = plan.planned.database;
    if (before.baseline == after.baseline || before.baseline_version != after.baseline_version) return;
    plan.diagnostics.add_warning(
        "Database " + after.name + ": the changed baseline is not run",
        "It ran while the database was created. To run the new text there, set another `baseline_version`.",
        value::Path::of("baseline"));
}

}  // namespace pigsty::provider
