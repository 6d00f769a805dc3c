# A client that writes, and how long it could not. Sourced after cluster.sh; table `written` (n int PRIMARY KEY) must be there.
# shellcheck shell=bash disable=SC2154

# writer ADDRESS FILE [SECONDS [FIRST]]: notes when each write through the primary service at this address was acknowledged, with
# its number; they begin after FIRST, so that several writers share a table.
writer() {
  # shellcheck disable=SC2016
  PGPASSWORD=$TF_VAR_app_password exec timeout "${3:-180}" "$suite_dir/lab/lab" run -- bash -c 'n=$4
    while :; do
      n=$((n + 1))
      psql -XAtq "host=$1 port=5433 $3 connect_timeout=2" -c "INSERT INTO written VALUES ($n)" >/dev/null 2>&1 &&
        echo "$(date +%s.%N) $n"
      sleep 0.1
    done >"$2"' writer "$1" "$2" "user=$app_user dbname=$app_database" "${4:-0}"
}
# write_gap FILE: the longest time between two writes, in seconds.
write_gap() { awk 'NR > 1 && $1 - last > gap { gap = $1 - last } { last = $1 } END { printf "%.1f", gap }' "$1"; }
# writes_since FILE COUNT: more lines than that by now.
writes_since() { (($(wc -l <"$1") > $2)); }
