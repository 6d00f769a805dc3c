// What a member's server makes of the settings that it was given. Accepted is not applied: Patroni drops and clamps, and
// PostgreSQL takes the last line of its files, or none where it minds the value.
//
//     const Given given = given_settings(cluster, "1");
//     TRY(const auto results, node.request({ask_settings(cluster.port)}, cancel));
//     TRY(const SeenSettings seen, seen_settings(results.back().out, given, settings));
//     if (!seen.wrong.empty()) …      // "work_mem is 8MB, expected 16MB"
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/module/pgsql/cluster/dcs.h"
#include "core/module/pgsql/session/session.h"
#include "core/module/pgsql/spec/settings.h"
#include "core/module/pgsql/spec/spec.h"
#include "core/node/operation.h"

namespace pigsty::module::pgsql {

struct Given {
    Parameters wanted{};              // what stands in the member's postgresql.conf when Patroni has written it
    Parameters of_recovery{};         // the same, while the member follows another one
    std::set<std::string> gone{};     // what was there and goes
    std::set<std::string> of_user{};  // those of `wanted` that do not come from the template
};
// Without what Patroni puts on the command line: that is in the file of a standby as it was started.
Result<Given> given_settings(const PgCluster& cluster, const std::string& member);
// What a patch of the dynamic configuration changes, the command line included: Patroni then writes all of it anew.
void add_patch(Given& given, const nlohmann::json& patch);

// Asks the member's own server; fails where it does not answer.
node::Operation ask_settings(std::int64_t port);

struct SeenSettings {
    std::vector<std::string> wrong{};  // sentences
    RunsWith waiting{};                // what runs, of settings that wait for a restart
};
Result<SeenSettings> seen_settings(const std::string& answer, const Given& given, const Settings& settings);

// The leader's word, for plans.
struct ServerSettings {
    std::string of_extensions;  // for Settings
    RunsWith waiting{};
};
Result<ServerSettings> server_settings(ClusterSession::Work& work);

}  // namespace pigsty::module::pgsql
