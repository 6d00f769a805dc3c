// The cluster's dynamic configuration, which lives in the DCS (behaviour 6): what it shall be, what has to be patched, and
// what a change means for running servers. Pure.
//
//     TRY(const Yaml wanted, wanted_configuration(cluster));
//     const nlohmann::json patch = configuration_patch(wanted, live, owned, settings);
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/result.h"
#include "core/module/pgsql/spec/settings.h"
#include "core/module/pgsql/spec/spec.h"
#include "core/render/pg_tune.h"
#include "core/render/yaml.h"

namespace pigsty::module::pgsql {

// Version, template revision and sizing must be decided.
Result<render::PgParameters> tuned_parameters(const PgCluster& cluster);
// Parameters as they are written to the configuration: in PostgreSQL's spelling of their names, and so that Patroni
// understands the values.
Parameters configured(const Parameters& parameters, const Settings& settings);
Result<render::Yaml> wanted_configuration(const PgCluster& cluster);
// The same as text, equal where no server would see a change.
Result<std::string> configuration_meaning(const PgCluster& cluster);

// A merge patch that brings `live` to `wanted`: changed keys only, and null for the parameters that `before` (the
// configuration of the specification so far) had and `wanted` has no more, and for other spellings of what is ours. Keys
// that we never owned are left alone. An empty object where nothing differs. Values are compared by meaning.
nlohmann::json configuration_patch(const render::Yaml& wanted, const nlohmann::json& live, const render::Yaml& before,
                                   const Settings& settings);
// Sentences for the drift list: "pg-test dcs: postgresql.parameters.work_mem is 1GB, expected 64MB".
std::vector<std::string> configuration_drift(const std::string& cluster, const render::Yaml& wanted,
                                             const nlohmann::json& live, const Settings& settings);

// Must shrink on the leader before a standby starts with less (behaviour 7).
std::span<const std::string_view> shrink_leader_first();

struct ParameterChange {
    std::string name, before, after;  // empty: not set
    bool operator==(const ParameterChange&) const = default;
};
// Restart-only parameters that differ, sorted by name: of two configurations, or of what one member has for itself.
std::vector<ParameterChange> restart_changes(const render::Yaml& before, const render::Yaml& wanted,
                                             const Settings& settings);
std::vector<ParameterChange> restart_changes(const Parameters& before, const Parameters& wanted,
                                             const Settings& settings);
// What running servers have and wait to lose, by name.
using RunsWith = std::map<std::string, std::string>;
// The changes together with what waits since earlier ones: from what the servers run with to what `wanted` says. What comes
// back to what runs is no change. Sorted by name.
std::vector<ParameterChange> with_waiting(std::vector<ParameterChange> changes, const RunsWith& runs_with,
                                          const render::Yaml& wanted, const Settings& settings);
// Patroni's own keys that differ, the timing first: none of them restarts anything.
std::vector<ParameterChange> patroni_changes(const render::Yaml& before, const render::Yaml& wanted);
// Some of them must go leader first: a number that decreases.
bool any_shrinks(const std::vector<ParameterChange>& changes, const Settings& settings);

}  // namespace pigsty::module::pgsql
