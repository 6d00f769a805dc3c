#include "core/module/pgsql/backup/files.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hash.h"
#include "core/base/quote.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/render/banner.h"
#include "core/render/patroni.h"
#include "core/render/secret_reference.h"

namespace pigsty::module::pgsql {
namespace {

std::string line(const std::string& option, const std::string& value) { return option + "=" + value + "\n"; }

}  // namespace

std::string repository_lines(const Backup& backup, const std::string& cipher_secret) {
    std::string text = line("repo1-path", path_of(backup));
    if (const auto store = store_of(backup)) {
        text += line("repo1-type", "s3") + line("repo1-s3-endpoint", store->host) +
                line("repo1-storage-port", store->port) +
                (store->ca_file.empty() ? "" : line("repo1-storage-ca-file", store->ca_file)) +
                line("repo1-s3-bucket", bucket_of(backup)) + line("repo1-s3-region", store->region) +
                line("repo1-s3-uri-style", store->uri_style) + line("repo1-s3-key", user_of(backup)) +
                line("repo1-s3-key-secret", render::secret_reference({.name = repository_secret(backup)})) +
                line("repo1-bundle", "y");
    }
    if (!cipher_secret.empty())
        text += line("repo1-cipher-type", "aes-256-cbc") +
                line("repo1-cipher-pass", render::secret_reference({.name = cipher_secret}));
    return text;
}

namespace {

std::string own_repository_lines(const Backup& backup) {
    std::string text = repository_lines(backup, is_encrypted(backup) ? cipher_secret(backup) : "");
    text += line("repo1-retention-full", std::to_string(backup.retention.full)) +
            line("repo1-retention-full-type", backup.retention.type);
    if (backup.retention.archive) text += line("repo1-retention-archive", std::to_string(*backup.retention.archive));
    return text;
}

// The leader's own word, and no other: a standby that Patroni just promotes is nobody's business yet.
constexpr const char* kBackupScript = R"sh(case ${1:-incr} in
    full | diff | incr) ;;
    *) echo "pg-backup: expected full, diff or incr, found $1" >&2; exit 2 ;;
esac
[ "$(id -un)" = postgres ] || exec runuser -u postgres -- "$0" "$@"
recovers=$(PGCONNECT_TIMEOUT=10 timeout 60 psql -XAtq -h /var/run/postgresql -p "$port" -d postgres -c 'SELECT pg_is_in_recovery()') || {
    echo "pg-backup: PostgreSQL does not say whether this member leads" >&2
    exit 1
}
# On a standby there is nothing to do: the same job runs on the leader.
[ "$recovers" = f ] || exit 0
exec pgbackrest --stanza="$stanza" --type="${1:-incr}" backup
)sh";

// Patroni goes on with its next method where this one says no, as it does where the size is not found: of a backup it stands
// before the label, whose place in pgBackRest's sorted JSON is fixed.
constexpr const char* kCloneScript =
    R"sh(size=$(timeout 60 pgbackrest --stanza="$stanza" --log-level-console=off --output=json info </dev/null |
    grep -a -o '"size":[0-9]*},"label"' | tail -n 1 | tr -dc 0-9)
if [ "${size:-0}" -le "$limit" ]; then
    echo "pg-clone: the newest backup is of ${size:-0} bytes: copied from the leader up to $limit"
    exit 1
fi
exec pgbackrest --stanza="$stanza" --delta restore
)sh";

std::string program(const PgCluster& cluster, const std::string& what, const std::string& variables, const char* body) {
    return "#!/bin/sh\n" + render::banner("#", what) + "stanza=" + shell_quote(cluster.name) + "\n" + variables + body;
}

}  // namespace

std::string cipher_secret(const Backup& backup) {
    constexpr const char* kName = "backup-cipher";
    return backup.cipher_pass_wo_version ? fmt::format("{}.{}", kName, *backup.cipher_pass_wo_version) : kName;
}

std::string repository_secret(const Backup& backup) {
    if (backup.s3) return "s3." + fingerprint(store_of(*backup.s3).identity + " " + backup.s3->key);
    return "s3." + (backup.repository ? backup.repository->name : std::string()) + "." + user_of(backup);
}

std::string backrest_conf(const PgCluster& cluster) {
    const Backup& backup = *cluster.backup;
    std::string text = render::banner() + "[global]\n" + own_repository_lines(backup) +
                       line("compress-type", backup.compression) + line("start-fast", "y") +
                       line("log-path", kBackrestLogDir) + line("lock-path", "/pg/tmp") +
                       line("spool-path", "/pg/spool");
    // PostgreSQL waits for the answer of each push; what is far away is pushed beside it, several segments at once.
    if (is_remote(backup)) text += line("archive-async", "y");
    for (const auto& [option, value] : backup.options) text += line(option, value);
    // A line of log for each segment would be all that there is to read. What pushes beside PostgreSQL holds the archive until
    // it gives up, nine times this after the repository has gone.
    for (const char* command : {"archive-push", "archive-get"})
        text += fmt::format("\n[global:{}]\nio-timeout=10\nlog-level-file=off\n", command);
    return text + "\n[" + cluster.name + "]\n" + line("pg1-path", kDataDir) +
           line("pg1-port", std::to_string(cluster.port)) + line("pg1-socket-path", render::kSocketDir) +
           line("pg1-user", "postgres");
}

std::string backup_program(const PgCluster& cluster) {
    return program(cluster, "pg-backup [full|diff|incr]: a backup, where this member leads.",
                   "port=" + std::to_string(cluster.port) + "\n", kBackupScript);
}

std::string clone_program(const PgCluster& cluster) {
    return program(cluster, "How Patroni makes a member out of the repository, where the data are large.",
                   "limit=" + std::to_string(minio::bytes_of(cluster.backup->clone_above)) + "\n", kCloneScript);
}

std::vector<std::string> schedule_lines(const Backup& backup) {
    std::vector<std::string> lines;
    for (const auto& [type, schedule] : schedules_of(backup))
        lines.push_back(schedule + " postgres " + kBackupProgram + " " + type);
    return lines;
}

std::vector<std::string> repository_hosts(const PgCluster& cluster) {
    std::vector<std::string> lines;
    const auto add = [&](const std::optional<minio::Access>& repository) {
        if (!repository) return;
        for (const auto& [number, address] : repository->members) {
            std::string line = address.address + " " + repository->domain;
            if (std::ranges::find(lines, line) == lines.end()) lines.push_back(std::move(line));
        }
    };
    if (cluster.backup) add(cluster.backup->repository);
    if (cluster.restore_from) add(cluster.restore_from->repository);
    return lines;
}

std::string archive_command(const PgCluster& cluster) {
    return "timeout 30 pgbackrest --stanza=" + cluster.name + " archive-push %p";
}

std::string restore_command(const PgCluster& cluster) {
    return "timeout 10 pgbackrest --stanza=" + cluster.name + " archive-get %f \"%p\"";
}

}  // namespace pigsty::module::pgsql
