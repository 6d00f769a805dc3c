#include "core/module/pgsql/backup/restore_files.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/quote.h"
#include "core/client/postgres.h"
#include "core/module/pgsql/backup/command.h"
#include "core/module/pgsql/backup/files.h"
#include "core/module/pgsql/spec/layout.h"
#include "core/render/banner.h"

namespace pigsty::module::pgsql {
namespace {

// In the cluster's folder, so that the data are moved, not copied.
constexpr const char* kRestoreFolder = "/pg/tmp/restore";
constexpr const char* kRunFolder = "/run/pigsty-restore";

std::string variables(const std::string& bin_dir) {
    return "bin=" + shell_quote(bin_dir) + "\nrestore=" + kRestoreFolder + "\nrun=" + kRunFolder + "\n";
}

std::string of_source(const PgCluster& cluster, const std::string& arguments) {
    return std::string("runuser -u postgres -- pgbackrest --config=") + kRestoreConf +
           " --stanza=" + shell_quote(cluster.restore_from->cluster) +
           " --log-level-console=off --log-level-stderr=warn " + arguments + " </dev/null";
}

// What a run that was interrupted left, its server too. After a power cut the number in its file may be another process's.
constexpr const char* kEnd = R"sh(
server=$(sed -n 1p "$restore/postmaster.pid" 2>/dev/null)
case $server in '' | *[!0-9]*) server=none ;; esac
if [ "$(readlink -- "/proc/$server/cwd" 2>/dev/null)" = "$(readlink -f -- "$restore")" ]; then
    runuser -u postgres -- "$bin/pg_ctl" -D "$restore" -m immediate -w -t 60 stop </dev/null >/dev/null 2>&1 || true
fi
rm -rf -- "$restore" "$run"
)sh";

// postgresql.auto.conf comes with the backup: what somebody set in the source stays there, what pgBackRest wrote leads to the
// target. Settings of what may be in the WAL are as the source had them; everything else is the least. Nothing that the
// recovered databases hold is started.
constexpr const char* kRecover = R"sh(
set -u
auto=$restore/postgresql.auto.conf
recovery=$(grep -aE '^(restore_command|recovery_target[a-z_]*) = ' "$auto") || true
printf '%s\n' "$recovery" >"$auto"
prepared=$(LC_ALL=C "$bin/pg_controldata" "$restore" | sed -n 's/^max_prepared_xacts setting: *//p')
rm -rf -- "$run" && install -d -o postgres -g postgres -m 0700 "$run" || exit 1
echo 'local all postgres peer' >"$run/hba"
: >"$run/ident"
cat >"$run/postgresql.conf" <<END
listen_addresses = ''
port = $port
unix_socket_directories = '$run'
hba_file = '$run/hba'
ident_file = '$run/ident'
ssl = off
logging_collector = off
log_destination = stderr
lc_messages = 'C'
archive_mode = off
hot_standby = off
autovacuum = off
max_logical_replication_workers = 0
max_connections = 25
max_wal_senders = 0
max_replication_slots = 100
max_worker_processes = 2
max_locks_per_transaction = 32
max_prepared_transactions = ${prepared:-0}
END
chown -R postgres: "$run"
runuser -u postgres -- "$bin/postgres" -D "$restore" -c config_file="$run/postgresql.conf" </dev/null >"$run/log" 2>&1 &
server=$!
stop() { runuser -u postgres -- "$bin/pg_ctl" -D "$restore" -m "$1" -w -t 3600 stop </dev/null >/dev/null 2>&1; }
fail() {
    grep -av 'the database system is \|Hot standby mode is ' "$run/log" | tail -n 20 | LC_ALL=C tr -cd '\11\12\40-\176' >&2
    stop immediate
    exit "$1"
}
until runuser -u postgres -- "$bin/pg_isready" -q -h "$run" -p "$port" </dev/null; do
    kill -0 "$server" 2>/dev/null || fail 3
    sleep 0.3
done
ask() { runuser -u postgres -- env PGCLIENTENCODING=UTF8 PGOPTIONS="$options" psql -XAtq -v ON_ERROR_STOP=1 -h "$run" -p "$port" -d postgres "$@"; }
found=$(ask -c "SELECT concat_ws(', ', 'encoding ' || pg_encoding_to_char(encoding), 'lc_collate ' || datcollate, 'lc_ctype ' || datctype, 'checksum ' || current_setting('data_checksums')) FROM pg_database WHERE datname = 'template1'" </dev/null) || fail 1
if [ "$found" != "$expected" ]; then
    echo "expected $expected, found $found" >&2
    stop immediate
    exit 4
fi
ask -f - || fail 1
stop fast || fail 1
LC_ALL=C "$bin/pg_controldata" "$restore" | grep -q '^Database cluster state: *shut down$' || fail 1
# Patroni takes its configuration from etcd, and writes the server's own.
: >"$auto"
rm -f -- "$restore/patroni.dynamic.json" "$restore/recovery.signal" "$restore/standby.signal"
LC_ALL=C "$bin/pg_controldata" "$restore" | sed -n 's/^Database system identifier: *//p'
)sh";

constexpr const char* kTake = R"sh(
if [ -d "$data" ]; then rmdir -- "$data" || exit 1; fi
# After a power cut data without their note would be of nobody's restore.
printf '%s\n' "$note" >"$file" && sync -- "$file" && mv -T -- "$restore" "$data"
)sh";

// As Patroni gives it where it makes a cluster: its own logins with their passwords, and what pg_rewind needs. What the source
// has claimed in its databases is the source's.
constexpr const char* kOwnCluster = R"sql(
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
DO $do$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_authid WHERE rolname = 'replicator') THEN
        CREATE ROLE replicator;
    END IF;
    IF pg_catalog.to_regclass('pigsty.claim') IS NOT NULL THEN
        DELETE FROM pigsty.claim;
    END IF;
END
$do$;
GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_dir(text, boolean, boolean), pg_catalog.pg_stat_file(text, boolean),
    pg_catalog.pg_read_binary_file(text), pg_catalog.pg_read_binary_file(text, bigint, bigint, boolean) TO replicator;
)sql";

}  // namespace

std::string restore_conf(const PgCluster& cluster, bool is_encrypted) {
    return render::banner() + "[global]\n" +
           repository_lines(repository_of(*cluster.restore_from), is_encrypted ? kRestoreCipherSecret : "") +
           "log-level-file=off\nlock-path=" + kRestoreFolder + ".lock\n\n[" + cluster.restore_from->cluster +
           "]\npg1-path=" + kRestoreFolder + "\n";
}

std::string restore_look_script() {
    return std::string("[ ! -e ") + kDataDir + "/global/pg_control ] || { echo data; cat " + kRestoredNote +
           " 2>/dev/null || true; }\n";
}

std::string restore_information_script(const PgCluster& cluster) {
    return fmt::format("timeout {} ", kInformationBound.count()) +
           of_source(cluster, "--io-timeout=2 --output=json info") +
           " 2>/dev/null | LC_ALL=C tr -cd '\\12\\40-\\176'\n";
}

std::string restore_script(const PgCluster& cluster) {
    return variables("") + "install -d -o postgres -g postgres -m 0700 \"$restore\" || exit 1\nsaid=$(" +
           of_source(cluster, restore_options(*cluster.restore_from) + " restore") +
           " 2>&1)\nstatus=$?\nprintf '%s\\n' \"$said\" | LC_ALL=C tr -cd '\\11\\12\\40-\\176'\nexit $status\n";
}

std::string recover_script(const PgCluster& cluster, const std::string& bin_dir) {
    const std::string expected = "encoding " + cluster.encoding + ", lc_collate " + cluster.lc_collate + ", lc_ctype " +
                                 cluster.lc_ctype + ", checksum " + (cluster.checksum ? "on" : "off");
    return variables(bin_dir) + "port=" + std::to_string(cluster.port) +
           "\noptions=" + shell_quote(client::session_options(0)) + "\nexpected=" + shell_quote(expected) + "\n" +
           kRecover;
}

std::string take_restored_script(const PgCluster& cluster) {
    return variables("") + "data=" + kDataDir + "\nfile=" + kRestoredNote +
           "\nnote=" + shell_quote(meaning_of(*cluster.restore_from)) + "\n" + kTake;
}

std::string end_restore_script(const std::string& bin_dir) {
    return variables(bin_dir) + kEnd + "rm -rf -- \"$restore.lock\" " + kRestoreConf + "\n";
}

std::string own_cluster_sql(const std::string& replication_password) {
    return std::string(kOwnCluster) + "ALTER ROLE replicator LOGIN REPLICATION PASSWORD " +
           sql_literal(replication_password) + ";\n";
}

std::optional<std::string> unfit(const PgCluster& cluster, const BackupInformation& seen) {
    const RestoreFrom& restore = *cluster.restore_from;
    const std::string version = std::to_string(cluster.version.value_or(0));
    if (!seen.version.empty() && seen.version != version)
        return "restore_from: the backups of " + restore.cluster + " are of PostgreSQL " + seen.version +
               ", and this cluster is of " + version;
    if (seen.sets.empty()) return "restore_from: the repository holds no backup of " + restore.cluster;
    if (restore.set && std::ranges::find(seen.sets, *restore.set, &BackupSet::label) == seen.sets.end())
        return "restore_from.set: the repository holds no backup " + *restore.set + " of " + restore.cluster;
    if (!restore.target || !restore.target->time) return std::nullopt;
    const auto target = seconds_of(*restore.target->time).value_or(0);
    const auto is_before = [&](const BackupSet& set) {
        return set.stop <= target && (!restore.set || set.label == *restore.set);
    };
    if (!std::ranges::any_of(seen.sets, is_before))
        return "restore_from.target.time: no backup of " + restore.cluster + " had ended by " + *restore.target->time +
               (restore.set ? "" : ", the oldest is " + seen.sets.front().label);
    return std::nullopt;
}

}  // namespace pigsty::module::pgsql
