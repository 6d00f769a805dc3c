// Claims of SQL objects (behaviour 3): rows of pigsty.claim, written in the same transaction as what they describe.
//
//     statements = store_claim_statements(*catalog, {.kind = kRoleKind, .name = "app", .id = id, .state = kReady, .spec = spec});
//     TRY_VOID(work.run("postgres", statements));
//     remember_claim(*catalog, claim);            // the snapshot follows what was written
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/module/pgsql/session/catalog.h"
#include "core/module/pgsql/session/statement.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

inline constexpr const char* kRoleKind = "role";
inline constexpr const char* kDatabaseKind = "database";
inline constexpr const char* kCreating = "creating";
inline constexpr const char* kReady = "ready";

// What a claim keeps of a specification: everything but the way to the cluster, which its own claim has.
nlohmann::json claimed_spec(const PgUser& user);
nlohmann::json claimed_spec(const PgDatabase& database);  // the baseline by its digest

// "sha256:…": what stands for a baseline where its text is not known.
std::string baseline_digest(std::string_view baseline);

// Nothing where the row is already so. Makes the table where it is missing. The last one answers the object's number; where
// the claim has none yet, that of the role of its name, which the same transaction has made.
Statements store_claim_statements(const Catalog& catalog, const ObjectClaim& claim);
// The number alone, of a row that has none.
Statements number_claim_statements(const Catalog& catalog, const ObjectClaim& claim);
Statements drop_claim_statements(const Catalog& catalog, const ObjectClaim& claim);
void remember_claim(Catalog& catalog, const ObjectClaim& claim);
void forget_claim(Catalog& catalog, const ObjectClaim& claim);

// "pg-test/app@10.10.10.11"
std::string import_id(const PgCluster& cluster, std::string_view name);
// `what`: "role", "database". There is one that no unfinished create of ours made.
Error exists_already(const PgCluster& cluster, std::string_view what, std::string_view name);

// The first field in which what is seen is neither as before nor as planned (behaviour 1.2). Each as JSON; `seen_as_*` is
// the live object in the spelling of the other.
std::optional<std::string> changed_since_plan(const nlohmann::json& prior, const nlohmann::json& planned,
                                              const nlohmann::json& seen_as_prior,
                                              const nlohmann::json& seen_as_planned);
Error changed_since_plan_error(const PgCluster& cluster, std::string_view what, std::string_view name,
                               std::string_view field);

}  // namespace pigsty::module::pgsql
