// What stands on a member so that pgBackRest works there: its configuration, the programs that cron and Patroni start, and
// the commands that PostgreSQL runs. Pure.
#pragma once

#include <string>
#include <vector>

#include "core/module/pgsql/spec/spec.h"

namespace pigsty::module::pgsql {

inline constexpr const char* kBackrestFolder = "/etc/pgbackrest";
inline constexpr const char* kBackrestConf = "/etc/pgbackrest/pgbackrest.conf";
inline constexpr const char* kBackrestLogDir = "/pg/log/pgbackrest";
inline constexpr const char* kBackupProgram = "/pg/bin/pg-backup";
inline constexpr const char* kCloneProgram = "/pg/bin/pg-clone";

// Names of secrets on the members. The key of the repository's user is that of one store: another one has another.
// That of encryption: "backup-cipher", of the user's own with its version behind.
std::string cipher_secret(const Backup& backup);
std::string repository_secret(const Backup& backup);

// Where a repository is and how it is read, as pgBackRest's section [global] has it. `cipher_secret`: name of the key that it
// is encrypted with; empty: it is not. Secrets are placeholders.
std::string repository_lines(const Backup& backup, const std::string& cipher_secret);

// The cluster must have `backup`, here and below.
std::string backrest_conf(const PgCluster& cluster);
std::string backup_program(const PgCluster& cluster);
std::string clone_program(const PgCluster& cluster);
// Of the file in /etc/cron.d. On every member: who does not lead does nothing.
std::vector<std::string> schedule_lines(const Backup& backup);
// Of /etc/hosts: pgBackRest checks the certificate's name, so MinIO's members go by its domain.
std::vector<std::string> repository_hosts(const PgCluster& cluster);

// Each ends by itself: a repository that is not reached holds pgBackRest for 46 s, and with it a shutdown, which waits for
// the archiver, or a promotion, which asks for what it lacks.
std::string archive_command(const PgCluster& cluster);
std::string restore_command(const PgCluster& cluster);

}  // namespace pigsty::module::pgsql
