// What a change of `backup` means, for last_change. Pure.
#pragma once

#include <string>
#include <vector>

#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

// What an update does about backups beyond items.
struct BackupChange {
    bool prove = false;      // stanza, check, first backup
    bool anew = false;       // a full backup, whatever is there already
    bool renew_key = false;  // the key of the repository's user is read once more
    bool operator==(const BackupChange&) const = default;
};
// `drift`: sentences that this update repairs.
BackupChange backup_change(const PgCluster& before, const PgCluster& after, const std::vector<std::string>& drift);
std::vector<std::string> backup_forecast(const PgCluster& before, const PgCluster& after, const BackupChange& change);
// Of a plan that destroys it: sentences for one warning.
std::vector<std::string> destroy_forecast(const PgCluster& cluster);
// Of a plan: what backups as configured do not do. Sentences for one warning.
std::vector<std::string> backup_advice(const PgCluster& cluster);

}  // namespace pigsty::module::pgsql
