# Runs on a node, as root, with the lines of audit-scope as its arguments: says everything that the audit compares, and writes nothing.
# Output: records of three strings, each ended by a NUL: kind, key, value; a value is `name=value` words.
set -euo pipefail
export LC_ALL=C

# files PATH HOW [find condition …]
files() {
  local path=$1 how=$2
  shift 2
  # Patroni writes its pgpass anew, with what is in it, in the round after each reload: its content is compared alone.
  find "$path" "$@" \( -path /pg/conf/pgpass -printf 'file\0%p\0type=%y mode=%m owner=%u:%g size=%s\0' \
    -o -printf 'file\0%p\0type=%y mode=%m owner=%u:%g size=%s mtime=%T@ ctime=%C@ target=%l\0' \)
  if [[ $how == digest ]]; then
    # The digest comes first and has a fixed length, whatever the name of the file is.
    find "$path" "$@" -type f -print0 | xargs --null --no-run-if-empty sha256sum --binary --zero |
      while IFS= read -r -d '' line; do
        printf 'file\0%s\0digest=%s\0' "${line:66}" "${line:0:64}"
      done
  fi
}

is_skipped_unit() {
  local pattern
  for pattern in "${skipped_units[@]}"; do
    # shellcheck disable=SC2053
    [[ $1 == $pattern ]] && return 0
  done
  return 1
}

# Units that never were active have nothing to compare; they come into memory whenever somebody asks about them.
# A reload shows in the time of a service's last state change only.
units() {
  local -A unit=()
  local key value
  while IFS='=' read -r key value; do
    if [[ -n $key ]]; then
      unit[$key]=$value
    else
      unit_record
      unit=()
    fi
  done < <(systemctl show --property=Id,NRestarts,InvocationID,ActiveEnterTimestampMonotonic,StateChangeTimestampMonotonic '*' && echo)
}

unit_record() {
  local id=${unit[Id]:-}
  [[ -n $id && -n ${unit[InvocationID]:-} ]] || return 0
  ! is_skipped_unit "$id" || return 0
  printf 'unit\0%s\0NRestarts=%s InvocationID=%s ActiveEnter=%s' "$id" "${unit[NRestarts]:--}" "${unit[InvocationID]}" \
    "${unit[ActiveEnterTimestampMonotonic]}"
  [[ $id != *.service ]] || printf ' StateChange=%s' "${unit[StateChangeTimestampMonotonic]}"
  printf '\0'
}

# A PostgreSQL server works in its data directory.
running_data_directories() {
  local process
  for process in /proc/[0-9]*; do
    if [[ $(readlink "$process/exe" 2>/dev/null) == */bin/postgres ]]; then
      readlink "$process/cwd" || true
    fi
  done | sort --unique
}

# rows TABLE: how many, the newest transaction, and all row versions: an ALTER that changes nothing still makes a new one.
rows() {
  printf "select 'postgresql', '%s %s ' || current_database() || ' %s', 'rows=' || count(*) || ' newest-xmin=' || coalesce(max(xmin::text::bigint), 0)
    || ' versions=' || md5(coalesce(string_agg(ctid::text || xmin::text, ',' order by ctid), '')) from %s;\n" "$port" "$data" "$1" "$1"
}

postgresql() {
  local data=$1 port socket owner database log_directory
  { read -r _ && read -r _ && read -r _ && read -r port && read -r socket; } <"$data/postmaster.pid"
  owner=$(stat --format=%U "$data")
  # A failed statement fails the audit; psql is told to end every field with a NUL.
  sql() {
    (cd / && runuser -u "$owner" -- psql --no-psqlrc --quiet --tuples-only --no-align --field-separator-zero --record-separator-zero \
      --set=ON_ERROR_STOP=1 --host="$socket" --port="$port" --dbname="$1")
  }
  {
    printf "select 'postgresql', '%s %s', 'conf-load-time=' || translate(pg_conf_load_time()::text, ' ', 'T');\n" "$port" "$data"
    for table in pg_authid pg_database pg_db_role_setting pg_auth_members pg_shdescription pg_tablespace; do
      rows "$table"
    done
    # shellcheck disable=SC1003
    printf '%s\n' "select to_regclass('pigsty.claim') is not null as has_claims \\gset" '\if :has_claims'
    printf "select 'postgresql', '%s %s pigsty.claim', 'rows=' || count(*) || ' digest=' || md5(coalesce(string_agg(c::text, E'\\\\n' order by c::text), ''))
      from pigsty.claim c;\n" "$port" "$data"
    printf '%s\n' '\endif'
  } | sql postgres
  while IFS= read -r -d '' database; do
    for table in pg_extension pg_namespace pg_default_acl; do
      rows "$table"
    done | sql "$database"
  done < <(echo "select datname from pg_database where datallowconn order by 1" | sql postgres)

  IFS= read -r -d '' log_directory < <(echo "select case when current_setting('logging_collector') = 'on'
    then current_setting('log_directory') else '' end" | sql postgres) || true
  printf 'postgresql\0%s %s\0statements=%s\0' "$port" "$data" "$(logged_statements "$data" "$log_directory")"
}

# Statements logged by log_statement, in the server's own logs or, without a collector, in the journal.
logged_statements() {
  if [[ -n $2 ]]; then
    (cd "$1" && find "$2/" -maxdepth 1 -type f -exec cat {} +)
  else
    journalctl --quiet --output=cat _COMM=postgres
  fi | grep -acE '(LOG:  |,")statement: ' || true
}

# The dynamic configuration, asked for the way Patroni itself asks its DCS, as Patroni's own user.
patroni() {
  local process pid config
  for process in /proc/[0-9]*; do
    pid=${process#/proc/}
    [[ $(readlink "$process/exe" 2>/dev/null) == */python3* ]] || continue
    config=$(tr '\0' '\n' 2>/dev/null <"$process/cmdline" | sed -n '/patroni$/,$ {/\.ya\?ml$/ {p;q}}') || true
    [[ -n $config ]] || continue
    (cd / && runuser -u "$(stat --format=%U "$process")" -- python3 -B - "$pid" "$config" <<'PYTHON'
import hashlib, os, sys
for entry in open(f"/proc/{sys.argv[1]}/environ", "rb").read().split(b"\0"):
    name, _, value = entry.partition(b"=")
    if name.startswith(b"PATRONI_"):
        os.environb[name] = value
from patroni.config import Config
from patroni.dcs import get_dcs
local = Config(sys.argv[2])
settings = local.copy()
settings["patronictl"] = True
settings.setdefault("name", "audit")
config = get_dcs(settings).get_cluster().config
# Patroni 3 calls it otherwise.
revision = config and (config.modify_version if hasattr(config, "modify_version") else config.modify_index)
print("patroni", f"{settings['scope']} dynamic configuration",
      f"revision={revision} digest={hashlib.sha256(repr(config.data).encode()).hexdigest()}" if config else "absent",
      sep="\0", end="\0")
sys.stdout.flush()
os._exit(0)
PYTHON
    )
  done
}

# Buckets, users and policies, asked on each member that serves, through a copy of its own client's configuration.
minio() {
  local from name copy client
  for from in /var/lib/pigsty/minio-*; do
    [[ -e $from/config.json ]] || continue
    name=${from##*/minio-}
    copy=$(mktemp -d /run/audit-minio.XXXXXX)
    cp "$from/config.json" "$copy/"
    client=(env SSL_CERT_FILE=/home/minio/.minio/certs/CAs/ca.crt timeout 20 minio-client --config-dir "$copy" --json)
    minio_records "$name"
    rm -rf "$copy"
  done
}

# minio_record NAME WHAT ARGUMENTS…: the digest of what the client says, without what moves by itself: the order of lists, sizes, and
# the time of a bucket, which each drive has its own of.
minio_record() {
  local name=$1 what=$2
  shift 2
  printf 'minio\0%s %s\0digest=%s\0' "$name" "$what" \
    "$("${client[@]}" "$@" </dev/null | perl -ne 's/"Usage":\{.*//; s/"lastModified":"[^"]*"//; print join ",", sort /[^][{},]+/g' | sha256sum | cut -d' ' -f1)"
}

minio_records() {
  local bucket user policy
  "${client[@]}" ls local >/dev/null </dev/null || return 0
  for bucket in $("${client[@]}" ls local </dev/null | sed -n 's/.*"key":"\([^"]*\)\/".*/\1/p'); do
    minio_record "$1" "bucket $bucket" stat "local/$bucket"
    minio_record "$1" "quota $bucket" quota info "local/$bucket"
  done
  for user in $("${client[@]}" admin user list local </dev/null | sed -n 's/.*"accessKey":"\([^"]*\)".*/\1/p'); do
    minio_record "$1" "user $user" admin user info local "$user"
  done
  for policy in $("${client[@]}" admin policy list local </dev/null | sed -n 's/.*"policy":"\([^"]*\)".*/\1/p'); do
    minio_record "$1" "policy $policy" admin policy info local "$policy"
  done
}

# Redis and Valkey, servers and sentinels, each under the name of its port. A login is one that this project keeps on the node:
# the file's name is the user's. Of passwords a checksum shows.
redis() {
  local process pid listener
  command -v redis-cli >/dev/null || command -v valkey-cli >/dev/null || return 0
  for process in /proc/[0-9]*; do
    pid=${process#/proc/}
    # The server and rdb's checker are one program.
    [[ $(readlink "$process/exe" 2>/dev/null) =~ /(redis|valkey)-(server|sentinel|check-rdb)$ ]] || continue
    # The bus of a native cluster listens ten thousand above.
    listener=$(ss --no-header --listening --tcp --numeric --processes | awk -v pid="pid=$pid," 'index($0, pid) {n = split($4, part, ":"); print part[n], substr($4, 1, length($4) - length(part[n]) - 1)}' | sort --numeric-sort | head --lines=1)
    [[ -n $listener ]] || continue
    redis_server "${listener#* }" "${listener%% *}"
  done
}

redis_server() {
  local address=$1 port=$2 client file answer=
  local -a login=() found=()
  [[ $address =~ [1-9] ]] || address=127.0.0.1
  client=$(command -v redis-cli || command -v valkey-cli)
  ask() { { "$client" "${login[@]}" -h "$address" -p "$port" "$@" </dev/null 2>/dev/null || true; } | tr -d '\r'; }
  unset REDISCLI_AUTH
  [[ $(ask PING) =~ PONG|NOAUTH ]] || login=(--tls --insecure)
  if [[ $(ask PING) != PONG ]]; then
    found=("${login[@]}")
    for file in /var/lib/pigsty/secrets/*/*; do
      [[ -f $file ]] || continue
      login=("${found[@]}" --user "$(basename "$file")")
      REDISCLI_AUTH=$(tail --lines=+2 "$file")
      export REDISCLI_AUTH
      answer=$(ask PING)
      [[ $answer != PONG ]] || break
    done
    [[ ${answer:-} == PONG ]] || login=()
  fi
  printf 'redis\0%s\0login=%s\0' "$port" "$(ask PING | cut --delimiter=' ' --fields=1)"
  # Words of a value stand apart from each other, so blanks become plus signs.
  ask CONFIG GET '*' | perl -e 'use strict; use warnings; chomp(my @line = <STDIN>);
    while (my ($name, $value) = splice @line, 0, 2) {
      $value //= ""; $value = unpack "%32C*", $value if $name =~ /auth$|pass$/; $value =~ tr/ /+/; print map { "$_\0" } "redis", "$ARGV[0] config $name", "value=$value" }' "$port"
  ask ACL LIST | while read -r _ name rest; do printf 'redis\0%s user %s\0digest=%s\0' "$port" "$name" "$(sha256sum <<<"$rest" | cut --characters=1-16)"; done
  # Writes that leave no trace because they write what is there already.
  ask INFO commandstats | sed --quiet --regexp-extended 's/^cmdstat_((config|acl|cluster)\|(set|rewrite|load|save|setuser|deluser|meet|replicate|addslots|addslotsrange|set-config-epoch|forget|reset|failover)|replicaof|slaveof):calls=([0-9]+).*/\1 \4/p' |
    while read -r name calls; do printf 'redis\0%s calls %s\0calls=%s\0' "$port" "$name" "$calls"; done
  if [[ $(ask CLUSTER INFO) =~ cluster_current_epoch:([0-9]+) ]]; then
    printf 'redis\0%s cluster\0epoch=%s nodes=%s\0' "$port" "${BASH_REMATCH[1]}" \
      "$(ask CLUSTER NODES | sed 's/myself,//' | awk '{printf "%s %s %s %s", $1, $3, $4, $7; for (i = 9; i <= NF; i++) printf " %s", $i; print ""}' | sort | sha256sum | cut --characters=1-16)"
  fi
  ask SENTINEL MASTERS | perl -e 'use strict; use warnings; chomp(my @line = <STDIN>); my %seen;
    while (my ($name, $value) = splice @line, 0, 2) {
      if ($name eq "name") { %seen = (name => $value) }
      print map { "$_\0" } "redis", "$ARGV[0] sentinel $seen{name}", "$name=$value" if ($seen{name} // "") ne "" && $name =~ /^(ip|port|quorum|down-after-milliseconds|failover-timeout|parallel-syncs|config-epoch|num-slaves|num-other-sentinels)$/ }' "$port"
}

skipped_units=()
roots=()
for line in "$@"; do
  read -r verb first second _ <<<"$line"
  case $verb in
    root) roots+=("$first $second") ;;
    skip) skipped_units+=("$second") ;;
  esac
done

for root in "${roots[@]}"; do
  read -r path how <<<"$root"
  if [[ -L $path ]]; then
    files "$path" times -prune
    files "$path/" "$how"
  elif [[ -e $path ]]; then
    files "$path" "$how"
  fi
done
units
mapfile -t running < <(running_data_directories)
for data in "${running[@]}"; do
  files "$data/" digest -maxdepth 1 -type f \( -name '*.conf' -o -name '*.signal' -o -name '*.json' -o -name PG_VERSION \)
  postgresql "$data"
done
if [[ -e /pg/data/PG_VERSION && " ${running[*]} " != *" $(realpath /pg/data) "* ]]; then
  files "$(realpath /pg/data)/" digest -maxdepth 1 -type f \( -name '*.conf' -o -name '*.signal' -o -name '*.json' -o -name PG_VERSION \)
fi
patroni
minio
redis
