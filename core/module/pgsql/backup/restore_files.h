// What stands on the first member while it is made out of a backup, and what runs there. Pure.
//
// Not by Patroni's custom bootstrap, which, as long as that lasts, starts PostgreSQL with an HBA file of its own that trusts
// everybody on the machine. The data are restored beside, a server of ours that takes connections from postgres on a socket of
// its own alone brings them to the target, and Patroni then finds a data directory that was shut down as it should be: it takes
// that over, with its system identifier, where etcd knows of no cluster yet. That server has the least settings, so those of the
// source do not bind the new cluster's: a standby, as which Patroni starts it, must have as much as its control file says.
#pragma once

#include <optional>
#include <string>

#include "core/module/pgsql/backup/information.h"
#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

inline constexpr const char* kRestoreConf = "/pg/conf/restore.conf";
// What the data were made out of: an interrupted create knows them again.
inline constexpr const char* kRestoredNote = "/pg/conf/restored";
inline constexpr const char* kRestoreCipherSecret = "restore-cipher";

// The cluster must have `restore_from`, here and below. Secrets are placeholders.
std::string restore_conf(const PgCluster& cluster, bool is_encrypted);

// sh, each for root on the member. What stands there: "data" where the member has data already, then the note.
std::string restore_look_script();
std::string restore_information_script(const PgCluster& cluster);
std::string restore_script(const PgCluster& cluster);
// Reads SQL, which is run once the target is reached; prints the system identifier. Exit status 3: the target was not reached.
std::string recover_script(const PgCluster& cluster, const std::string& bin_dir);
// Brings the data to where Patroni looks for them.
std::string take_restored_script(const PgCluster& cluster);
// Whatever the others left.
std::string end_restore_script(const std::string& bin_dir);

// SQL for the recovered server: it becomes a cluster of its own. `replication_password` is a secret.
std::string own_cluster_sql(const std::string& replication_password);

// Why this backup cannot be what is wanted; kind none of trouble is checked by the caller.
std::optional<std::string> unfit(const PgCluster& cluster, const BackupInformation& seen);

}  // namespace pigsty::module::pgsql
