#include "core/module/pgsql/object/object_identity.h"

#include <spdlog/fmt/fmt.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/module/pgsql/object/database_sql.h"
#include "core/module/pgsql/object/object_claim.h"
#include "core/module/pgsql/object/password.h"

namespace pigsty::module::pgsql {
namespace {

// Of an id made by adopted_id(): the version of UUIDs that say what their maker wants (RFC 9562).
bool is_adopted(const std::string& id) { return id.size() == 36 && id[14] == '8'; }

bool is_numbered(const Catalog& catalog, const ObjectClaim& claim) {
    return claim.oid != 0 && claim.system_identifier == catalog.system_identifier;
}

Standing called(std::string name_now, const std::string& name, Oid namesake) {
    const bool is_elsewhere = name_now != name;
    return {.name = std::move(name_now), .has_namesake = is_elsewhere && namesake != 0, .is_proven = true};
}

// Who has the id that an import made.
std::string adopted_name(const Catalog& catalog, std::string_view kind, const std::string& name,
                         const std::string& id) {
    const auto is_it = [&](Oid oid) { return oid != 0 && adopted_id(catalog, kind, oid) == id; };
    if (is_it(catalog.oid_of(kind, name))) return name;
    const auto find = [&](const auto& objects) -> std::string {
        for (const auto& [other, state] : objects)
            if (is_it(state.oid)) return other;
        return {};
    };
    return kind == kRoleKind ? find(catalog.roles) : find(catalog.databases);
}

bool looks_claimed_role(const RoleState& role, const ObjectClaim& claim) {
    if (!claim.password_digest.empty()) return claim.password_digest == verifier_digest(claim.id, role.verifier);
    return role.attributes.login == claim.spec.value("login", true) &&
           role.attributes.superuser == claim.spec.value("superuser", false);
}

bool looks_claimed_database(const DatabaseState& database, const ObjectClaim& claim) {
    const auto wanted = pg_database_from_json(claim.spec);
    if (!wanted || database.owner != wanted->owner.value_or(render::kSuperuser)) return false;
    const auto fits = [](const std::optional<std::string>& value, const std::string& is, const auto& same) {
        return !value || same(*value, is);
    };
    return fits(wanted->encoding, database.encoding, same_encoding) &&
           fits(wanted->lc_collate, database.lc_collate, same_locale) &&
           fits(wanted->lc_ctype, database.lc_ctype, same_locale);
}

std::string sql_word(std::string_view kind) { return kind == kRoleKind ? "ROLE" : "DATABASE"; }

}  // namespace

Standing standing_of(const Catalog& catalog, std::string_view kind, const std::string& name, const std::string& id) {
    const Oid named = catalog.oid_of(kind, name);
    const ObjectClaim* claim = catalog.claim(kind, name);
    if (claim != nullptr && (id.empty() || claim->id == id)) {
        if (is_numbered(catalog, *claim)) return called(catalog.name_of(kind, claim->oid), name, named);
        return {.name = named == 0 ? "" : name};
    }
    // Another resource's claim counts while its object is there; a claim without a number counts always.
    const bool is_others =
        claim != nullptr && (!is_numbered(catalog, *claim) || !catalog.name_of(kind, claim->oid).empty());
    if (is_adopted(id) && !(is_others && claim->oid == named && named != 0))
        return called(adopted_name(catalog, kind, name, id), name, named);
    if (is_others) return {.name = "", .has_namesake = named != 0};
    // Nobody claims it: an import by a version whose ids did not say of what.
    return {.name = named == 0 || claim != nullptr ? "" : name, .has_namesake = claim != nullptr && named != 0};
}

std::string adopted_id(const Catalog& catalog, std::string_view kind, Oid oid) {
    std::string bytes =
        sha256_raw(catalog.system_identifier + " " + std::string(kind) + " " + std::to_string(oid)).substr(0, 16);
    bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x80);  // the version
    bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
    std::string text = hex(bytes);
    for (const std::size_t dash : {8U, 13U, 18U, 23U}) text.insert(dash, 1, '-');
    return text;
}

bool looks_claimed(const Catalog& catalog, const ObjectClaim& claim) {
    if (claim.kind == kRoleKind) {
        const RoleState* role = catalog.role(claim.name);
        return role != nullptr && looks_claimed_role(*role, claim);
    }
    const DatabaseState* database = catalog.database(claim.name);
    return database != nullptr && looks_claimed_database(*database, claim);
}

Result<Catalog*> claimed_catalog(ClusterSession::Work& work) {
    TRY(Catalog* const catalog, work.catalog());
    if (!catalog->has_claims || catalog->claims_are_current) return catalog;
    Statements statements = {{.text = claims_table_statement()}};
    for (ObjectClaim claim : catalog->claims) {
        if (is_numbered(*catalog, claim) || !looks_claimed(*catalog, claim)) continue;
        claim.oid = catalog->oid_of(claim.kind, claim.name);
        append(statements, number_claim_statements(*catalog, claim));
    }
    TRY_VOID(work.run(kDatabase, statements));
    work.forget();
    return work.catalog();
}

Status take_name_back(ClusterSession::Work& work, std::string_view kind, const std::string& name,
                      const Standing& standing) {
    if (standing.name == name) return {};
    if (standing.has_namesake) {
        return fail(Error{.code = ErrorCode::conflict,
                          .message = fmt::format("{0}: the {1} of this resource is called \"{2}\" now, and another {1} "
                                                 "is called \"{3}\"",
                                                 work.cluster().name, kind, standing.name, name)}
                        .with_hint("give them their names back by hand, or take the resource out of the state with "
                                   "`state rm` or a `removed {}` block"));
    }
    if (kind == kDatabaseKind) work.leave(standing.name);
    TRY_VOID(work.run(kDatabase, {{.text = fmt::format("ALTER {} {} RENAME TO {}", sql_word(kind),
                                                       sql_identifier(standing.name), sql_identifier(name))}}));
    work.forget();
    return {};
}

Status refuse_elsewhere(const PgCluster& cluster, const Catalog& catalog, std::string_view kind,
                        const std::string& name) {
    const ObjectClaim* claim = catalog.claim(kind, name);
    if (claim == nullptr) return {};
    const Standing standing = standing_of(catalog, kind, name, claim->id);
    if (standing.name.empty() || standing.name == name) return {};
    return fail(
        Error{.code = ErrorCode::conflict,
              .message = fmt::format("{}: \"{}\" is claimed by the resource of the {} that is called \"{}\" now",
                                     cluster.name, name, kind, standing.name)}
            .with_hint("give it its name back by hand, or destroy that resource"));
}

Status prove_ours(const ClusterSession::Work& work, const Catalog& catalog, std::string_view kind,
                  const std::string& name, const Standing& standing) {
    const ObjectClaim* claim = catalog.claim(kind, name);
    if (standing.is_proven || claim == nullptr || looks_claimed(catalog, *claim)) return {};
    return fail(
        Error{.code = ErrorCode::conflict,
              .message = fmt::format("{0}: the {1} \"{2}\" does not look like the one that this resource made, "
                                     "and its claim is of a version that did not write down which it was",
                                     work.cluster().name, kind, name)}
            .with_hint(fmt::format("if it is the one, apply first and destroy then; otherwise take the resource "
                                   "out of the state with `state rm` or a `removed {{}}` block, and drop the {} "
                                   "by hand",
                                   kind)));
}

Statement same_object_statement(std::string_view kind, const std::string& name, Oid oid) {
    const char* const table = kind == kRoleKind ? "pg_authid WHERE rolname" : "pg_database WHERE datname";
    const std::string block = fmt::format(
        "BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.{} = {} AND oid = {}) THEN RAISE EXCEPTION USING MESSAGE = {}; "
        "END "
        "IF; END",
        table, sql_literal(name), oid,
        sql_literal(fmt::format("the {} \"{}\" is another one now: plan again", kind, name)));
    return {.text = "DO " + sql_literal(block)};
}

std::string dropped_elsewhere(std::string_view kind, const Standing& standing) {
    return fmt::format("the {0} of this resource was called \"{1}\" on the server, and is dropped under that name",
                       kind, standing.name);
}

void note(const Operation& operation, std::string warning) {
    if (operation.warnings != nullptr) operation.warnings->push_back(std::move(warning));
}

std::optional<std::string> name_drift(std::string_view kind, const std::string& name, const Standing& standing) {
    if (standing.name == name) return std::nullopt;
    std::string sentence = fmt::format("name: is \"{}\" on the server", standing.name);
    if (standing.has_namesake) sentence += fmt::format(", where another {} is called \"{}\"", kind, name);
    return sentence;
}

std::string namesake_warning(const PgCluster& cluster, std::string_view kind, const std::string& name) {
    return fmt::format(
        "ours is gone: the {} that is called \"{}\" now is another one, made by hand or by another "
        "configuration, and is left alone. To manage it, import it with the id {}",
        kind, name, import_id(cluster, name));
}

}  // namespace pigsty::module::pgsql
