#!/usr/bin/env bash
# From a bare machine to a running, highly available PostgreSQL cluster on three nodes made here, ending with a table of
# its endpoints and a query through them.
#
#   ./acceptance/demo.sh           builds, starts three bare nodes, applies examples/scenarios/02-ha-cluster, takes all down
#   ./acceptance/demo.sh --keep    the same, and leaves the nodes up
#   ./acceptance/demo.sh --down    removes what --keep left
# PIGSTY_DEMO_CLI=terraform uses Terraform instead of OpenTofu.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
export PIGSTY_LAB_DIR=${PIGSTY_LAB_DIR:-/var/tmp/pigsty-lab}
work=$PIGSTY_LAB_DIR/demo
lab() { "$here/lab/lab" "$@"; }
say() { printf '\n== %s\n' "$*"; }

keep=no
case ${1:-} in
  '') ;;
  --keep) keep=yes ;;
  --down)
    lab down
    rm -rf "$work"
    exit 0
    ;;
  *)
    echo "usage: demo.sh [--keep | --down]" >&2
    exit 2
    ;;
esac

say "what this machine lacks"
"$here/setup.sh"
eval "$("$here/setup.sh" --print-env)"
cli=$PIGSTY_TOFU
[[ ${PIGSTY_DEMO_CLI:-tofu} != terraform ]] || cli=$PIGSTY_TERRAFORM

say "the provider, one static file"
cd "$root"
cmake --preset release >/dev/null
cmake --build --preset release --target terraform-provider-pigsty -- --quiet
binary=$(find build/release -name terraform-provider-pigsty -type f -perm -u+x -print -quit)
ls -sh "$binary"

say "three bare Debian 13 nodes"
[[ $keep == yes ]] || trap 'lab down; rm -rf "$work"' EXIT
lab up --bare pg-test-1=10.10.10.11 pg-test-2=10.10.10.12 pg-test-3=10.10.10.13

mkdir -p "$work"
cp "$root"/examples/scenarios/02-ha-cluster/*.tf "$work/"
# Of the environment only, as an application's password comes from a vault: it is in no file, state or plan.
TF_VAR_app_password=$(head -c 18 /dev/urandom | base64)
export TF_VAR_app_password
export TF_VAR_deletion_protection=false
export TF_VAR_sizing='{ cpu = 2, memory_mb = 2048, disk_gb = 20 }'

say "init, with a lock file"
lab run -- "$cli" -chdir="$work" init -input=false -no-color | grep -E 'Install|lock file'

say "apply: one line per finished step and node"
log=$work/apply.log
began=$(date +%s.%N)
"$root/$binary" watch >"$work/watch.log" 2>/dev/null &
watcher=$!
tail -n +1 -F --pid="$watcher" "$work/watch.log" 2>/dev/null &
lab run -- "$cli" -chdir="$work" apply -auto-approve -input=false -no-color >"$log" 2>&1 && applied=0 || applied=$?
kill "$watcher" && wait "$watcher" 2>/dev/null || true
if ((applied != 0)); then
  cat "$log"
  exit 1
fi
lines=$(wc -l <"$work/watch.log")
printf '%s\n' "applied in $(awk -v a="$began" -v b="$(date +%s.%N)" 'BEGIN { printf "%.1f s", b - a }'), $lines lines of progress"
((lines >= 30)) || {
  echo "expected at least 30 lines of progress, found $lines" >&2
  exit 1
}

say "who leads, who follows"
lab exec pg-test-1 -- sudo -u postgres patronictl -c /etc/patroni/patroni.yml list

say "endpoints"
lab run -- "$cli" -chdir="$work" output -no-color endpoints

say "writes and reads as app"
query() { PGPASSWORD=$TF_VAR_app_password lab run -- psql -X -At -h "$1" -p "$2" -U app -d app -c "$3"; }
query 10.10.10.11 5433 "CREATE TABLE IF NOT EXISTS demo (at timestamptz DEFAULT now(), node inet DEFAULT inet_server_addr())"
query 10.10.10.11 5433 "INSERT INTO demo DEFAULT VALUES RETURNING 'written on ' || coalesce(host(node), 'the leader')"
for ((tries = 0; tries < 50; tries++)); do
  [[ $(query 10.10.10.12 5434 "SELECT count(*) FROM demo" 2>/dev/null || true) -ge 1 ]] && break
  sleep 0.2
done
query 10.10.10.12 5434 "SELECT 'read from a replica (in recovery: ' || pg_is_in_recovery() || '), rows: ' || count(*) FROM demo"

if [[ $keep == yes ]]; then
  say "left up; look around:"
  printf '  %s\n' "acceptance/lab/lab exec pg-test-1 -- patronictl -c /etc/patroni/patroni.yml list" \
    "acceptance/lab/lab run -- psql -h 10.10.10.11 -p 5433 -U app app" "acceptance/demo.sh --down"
fi
