#include "core/module/pgsql/object_claim.h"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "core/base/hash.h"
#include "core/base/quote.h"

namespace pigsty::module::pgsql {
namespace {

constexpr std::string_view kDigestPrefix = "sha256:";

bool same(const ObjectClaim& a, const ObjectClaim& b) {
    return a.id == b.id && a.state == b.state && a.spec == b.spec && a.password_digest == b.password_digest;
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
    if (known != nullptr && same(*known, claim)) return {};
    Statements statements;
    if (!catalog.has_claims) statements.push_back({.text = claims_table_statement()});
    statements.push_back(
        {.text = fmt::format(
             "INSERT INTO pigsty.claim (kind, name, id, state, spec, password_digest) VALUES ({}, {}, {}, {}, {}, {}) "
             "ON CONFLICT (kind, name) DO UPDATE SET id = excluded.id, state = excluded.state, spec = excluded.spec, "
             "password_digest = excluded.password_digest",
             sql_literal(claim.kind), sql_literal(claim.name), sql_literal(claim.id), sql_literal(claim.state),
             sql_literal(claim.spec.dump()), sql_literal(claim.password_digest))});
    return statements;
}

Statements drop_claim_statements(const Catalog& catalog, const ObjectClaim& claim) {
    if (catalog.claim(claim.kind, claim.name) == nullptr) return {};
    return {{.text = "DELETE FROM pigsty.claim WHERE kind = " + sql_literal(claim.kind) +
                     " AND name = " + sql_literal(claim.name) + " AND id = " + sql_literal(claim.id)}};
}

void forget_claim(Catalog& catalog, const ObjectClaim& claim) {
    std::erase_if(catalog.claims,
                  [&](const ObjectClaim& known) { return known.kind == claim.kind && known.name == claim.name; });
}

void remember_claim(Catalog& catalog, const ObjectClaim& claim) {
    catalog.has_claims = true;
    const auto known = std::ranges::find_if(
        catalog.claims, [&](const ObjectClaim& c) { return c.kind == claim.kind && c.name == claim.name; });
    if (known == catalog.claims.end())
        catalog.claims.push_back(claim);
    else
        *known = claim;
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
