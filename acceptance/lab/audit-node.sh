# Runs on a node, as root, with the lines of audit-scope as its arguments: says everything that the audit compares, and writes nothing.
# Output: records of three strings, each ended by a NUL: kind, key, value; a value is `name=value` words.
set -euo pipefail
export LC_ALL=C

# files PATH HOW [find condition …]
files() {
  local path=$1 how=$2
  shift 2
  find "$path" "$@" -printf 'file\0%p\0type=%y mode=%m owner=%u:%g size=%s mtime=%T@ ctime=%C@ target=%l\0'
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
