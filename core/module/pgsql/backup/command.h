// pgBackRest on a member, as PostgreSQL's account, each call with a bound of ours: a repository that is not reached holds it for
// nine times its own io-timeout, and then some.
//
//     TRY(const BackupInformation seen, ask_information(cluster, *site.node, cancel));
//     TRY(const Trouble trouble, run_backrest(cluster, site, context, {.arguments = "check", .within = 90s}));
#pragma once

#include <chrono>
#include <string>

#include "core/converge/step.h"
#include "core/module/pgsql/backup/information.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

inline constexpr std::chrono::seconds kInformationBound{25};

// sh: prints the JSON of `info`, warnings before it; nothing where it does not answer in time.
std::string information_script(const PgCluster& cluster);
Result<BackupInformation> ask_information(const PgCluster& cluster, node::Node& node, const Cancel& cancel);

struct Backrest {
    std::string arguments;        // "stanza-create --no-online"
    std::chrono::seconds within;  // 0: as long as it does something
};
// What went wrong, kind none where nothing did. Error only where the node does not answer.
Result<Trouble> run_backrest(const PgCluster& cluster, node::Node& node, const Backrest& command, const Cancel& cancel);

}  // namespace pigsty::module::pgsql
