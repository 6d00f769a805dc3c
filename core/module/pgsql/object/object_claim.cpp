#include "core/module/pgsql/object/object_claim.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "core/base/hash.h"
#include "core/base/quote.h"

namespace pigsty::module::pgsql {
namespace {

constexpr std::string_view kDigestPrefix = "sha256:";

bool same(const ObjectClaim& a, const ObjectClaim& b) {
    return a.id == b.id && a.state == b.state && a.spec == b.spec && a.password_digest == b.password_digest &&
           a.oid == b.oid && a.system_identifier == b.system_identifier && a.handover == b.handover;
}

// A number is one of the cluster that it is stored in.
ObjectClaim numbered(const Catalog& catalog, ObjectClaim claim) {
    claim.system_identifier = catalog.system_identifier;
    return claim;
}

// Fails as a duplicate does where the row is not the one of the snapshot any more.
std::string known_claim_statement(const ObjectClaim& known) {
    return "DO " + sql_literal("BEGIN IF NOT EXISTS (SELECT FROM pigsty.claim WHERE kind = " + sql_literal(known.kind) +
                               " AND name = " + sql_literal(known.name) + " AND id = " + sql_literal(known.id) +
                               ") THEN RAISE unique_violation USING MESSAGE = " +
                               sql_literal("the claim of " + known.kind + " \"" + known.name +
                                           "\" was changed by somebody else") +
                               "; END IF; END");
}

nlohmann::json without_way(nlohmann::json spec) {
    spec.erase("cluster");
    return spec;
}

}  // namespace

std::string baseline_digest(std::string_view baseline) {
    return baseline.starts_with(kDigestPrefix) ? std::string(baseline)
                                               : std::string(kDigestPrefix) + sha256_hex(baseline);
}

nlohmann::json claimed_spec(const PgUser& user) { return without_way(to_json(user)); }

nlohmann::json claimed_spec(const PgDatabase& database) {
    nlohmann::json spec = without_way(to_json(database));
    if (database.baseline) spec["baseline"] = baseline_digest(*database.baseline);
    return spec;
}

Statements store_claim_statements(const Catalog& catalog, const ObjectClaim& claim) {
    const ObjectClaim* known = catalog.claim(claim.kind, claim.name);
    if (known != nullptr && same(*known, numbered(catalog, claim))) return {};
    Statements statements;
    if (!catalog.claims_are_current) statements.push_back({.text = claims_table_statement()});
    const std::string oid =
        claim.oid == 0 && claim.kind == kRoleKind
            ? "(SELECT oid::bigint FROM pg_catalog.pg_authid WHERE rolname = " + sql_literal(claim.name) + ")"
            : std::to_string(claim.oid);
    const std::string row = fmt::format("({}, {}, {}, {}, {}, {}, {}, {}, {})", sql_literal(claim.kind),
                                        sql_literal(claim.name), sql_literal(claim.id), sql_literal(claim.state),
                                        sql_literal(claim.spec.dump()), sql_literal(claim.password_digest), oid,
                                        sql_literal(catalog.system_identifier), sql_literal(claim.handover));
    const std::string columns =
        "(kind, name, id, state, spec, password_digest, object_oid, system_identifier, handover)";
    // A row that another process has written since the snapshot is neither met nor replaced.
    if (known == nullptr)
        statements.push_back(
            {.text = "INSERT INTO pigsty.claim " + columns + " VALUES " + row + " RETURNING object_oid"});
    else
        statements.push_back({.text = known_claim_statement(*known) + "; UPDATE pigsty.claim SET " + columns + " = " +
                                      row + " WHERE kind = " + sql_literal(claim.kind) +
                                      " AND name = " + sql_literal(claim.name) + " RETURNING object_oid"});
    return statements;
}

Statements number_claim_statements(const Catalog& catalog, const ObjectClaim& claim) {
    return {{.text = fmt::format("UPDATE pigsty.claim SET object_oid = {}, system_identifier = {} WHERE kind = {} AND "
                                 "name = {} AND id = {}",
                                 claim.oid, sql_literal(catalog.system_identifier), sql_literal(claim.kind),
                                 sql_literal(claim.name), sql_literal(claim.id))}};
}

Statements drop_claim_statements(const Catalog& catalog, const ObjectClaim& claim) {
    const ObjectClaim* known = catalog.claim(claim.kind, claim.name);
    if (known == nullptr || known->id != claim.id) return {};
    return {{.text = "DELETE FROM pigsty.claim WHERE kind = " + sql_literal(claim.kind) +
                     " AND name = " + sql_literal(claim.name) + " AND id = " + sql_literal(claim.id)}};
}

void forget_claim(Catalog& catalog, const ObjectClaim& claim) {
    std::erase_if(catalog.claims, [&](const ObjectClaim& known) {
        return known.kind == claim.kind && known.name == claim.name && known.id == claim.id;
    });
}

void remember_claim(Catalog& catalog, const ObjectClaim& claim) {
    catalog.has_claims = catalog.claims_are_current = true;
    const auto known = std::ranges::find_if(
        catalog.claims, [&](const ObjectClaim& c) { return c.kind == claim.kind && c.name == claim.name; });
    if (known == catalog.claims.end())
        catalog.claims.push_back(numbered(catalog, claim));
    else
        *known = numbered(catalog, claim);
}

std::string import_id(const PgCluster& cluster, std::string_view name) {
    const std::string address = cluster.instances.empty() ? "ADDRESS" : cluster.instances.begin()->second.node.address;
    return cluster.name + "/" + percent_encode(name) + "@" + address;
}

Error exists_already(const PgCluster& cluster, std::string_view what, std::string_view name) {
    return Error{.code = ErrorCode::conflict,
                 .message = fmt::format("expected no {} \"{}\" in {}, found one that this configuration did not make",
                                        what, name, cluster.name)}
        .with_hint(
            fmt::format("to manage it, import it with the id {}; else choose another name", import_id(cluster, name)));
}

std::optional<std::string> changed_since_plan(const nlohmann::json& prior, const nlohmann::json& planned,
                                              const nlohmann::json& seen_as_prior,
                                              const nlohmann::json& seen_as_planned) {
    const auto field = [](const nlohmann::json& object, const std::string& key) {
        const auto found = object.find(key);
        return found == object.end() ? nlohmann::json() : *found;
    };
    for (const auto& [key, seen] : seen_as_prior.items())
        if (seen != field(prior, key) && field(seen_as_planned, key) != field(planned, key)) return key;
    for (const auto& [key, before] : prior.items())
        if (field(seen_as_prior, key) != before && field(seen_as_planned, key) != field(planned, key)) return key;
    return std::nullopt;
}

Error changed_since_plan_error(const PgCluster& cluster, std::string_view what, std::string_view name,
                               std::string_view field) {
    return Error{.code = ErrorCode::conflict,
                 .message = fmt::format("{} {} \"{}\": `{}` changed since this plan was made: plan again", cluster.name,
                                        what, name, field)};
}

}  // namespace pigsty::module::pgsql
