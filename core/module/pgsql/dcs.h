// The cluster's dynamic configuration, which lives in the DCS (behaviour 6): what it shall be, what has to be patched, and
// what a change means for running servers. Pure.
//
//     TRY(const Yaml wanted, wanted_configuration(cluster));
//     const nlohmann::json patch = configuration_patch(wanted, live, owned);
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/result.h"
#include "core/module/pgsql/spec.h"
#include "core/render/pg_tune.h"
#include "core/render/yaml.h"

namespace pigsty::module::pgsql {

// Version, template revision and sizing must be decided.
Result<render::PgParameters> tuned_parameters(const PgCluster& cluster);
Result<render::Yaml> wanted_configuration(const PgCluster& cluster);

// A merge patch that brings `live` to `wanted`: changed keys only, and null for the parameters that `before` (the
// configuration of the specification so far) had and `wanted` has no more. Keys that we never owned are left alone.
// An empty object where nothing differs. Values are compared by meaning: "100" and 100, "on" and true are equal.
nlohmann::json configuration_patch(const render::Yaml& wanted, const nlohmann::json& live, const render::Yaml& before);
// Sentences for the drift list: "pg-test dcs: postgresql.parameters.work_mem is 1GB, expected 64MB".
std::vector<std::string> configuration_drift(const std::string& cluster, const render::Yaml& wanted,
                                             const nlohmann::json& live);

// PostgreSQL reads it at server start only (context postmaster in pg_settings of versions 13 to 18).
bool needs_restart(std::string_view parameter);
// Must shrink on the leader before a standby starts with less (behaviour 7).
bool shrinks_leader_first(std::string_view parameter);

struct ParameterChange {
    std::string name, before, after;  // empty: not set
};
// Restart-only parameters that differ, sorted by name: of two configurations, or of what one member has for itself.
std::vector<ParameterChange> restart_changes(const render::Yaml& before, const render::Yaml& wanted);
std::vector<ParameterChange> restart_changes(const Parameters& before, const Parameters& wanted);
// Some of them must go leader first: a number that decreases.
bool any_shrinks(const std::vector<ParameterChange>& changes);

}  // namespace pigsty::module::pgsql
