#!/usr/bin/env bash
# From a bare machine to a running, highly available PostgreSQL cluster on three nodes made here, ending with a table of
# its endpoints and a query through them.
#
#   ./acceptance/demo.sh           builds, starts three bare nodes, applies examples/scenarios/02-ha-cluster, takes all down
#   ./acceptance/demo.sh --keep    the same, and leaves the nodes up
#   ./acceptance/demo.sh --down    removes what --keep left
# It uses the CLI that is there, tofu or terraform, and builds OpenTofu where there is none that is new enough.
# PIGSTY_DEMO_CLI=tofu or terraform names one.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
. "$here/lib/host.sh"
. "$here/lib/beside.sh"
export PIGSTY_LAB_DIR=${PIGSTY_LAB_DIR:-/var/tmp/pigsty-lab}
work=$PIGSTY_LAB_DIR/demo
lab() { "$here/lab/lab" "$@"; }
setup() { "$here/setup.sh" "$@"; }
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
require_host demo.sh
case ${PIGSTY_DEMO_CLI:-} in
  '') cli_part=cli ;;
  tofu | terraform) cli_part=$PIGSTY_DEMO_CLI ;;
  *)
    echo "demo.sh: PIGSTY_DEMO_CLI is '$PIGSTY_DEMO_CLI', expected tofu or terraform" >&2
    exit 2
    ;;
esac
clean_up() {
  stop_beside
  [[ $keep == yes ]] || {
    lab down
    rm -rf "$work"
  }
}
trap clean_up EXIT

say "what this machine lacks"
beside 'installing packages' "$here/setup.sh" --packages build lab "$cli_part"
packages_are_at() { setup --progress; }
finish_beside packages_are_at

say "the provider, one static file; ${PIGSTY_DEMO_CLI:-tofu or terraform}; three bare Debian 13 nodes"
cd "$root"
build_provider() {
  "$here/setup.sh" build
  eval "$("$here/setup.sh" --print-env build)"
  cmake --preset release
  cmake --build --preset release --target terraform-provider-pigsty
}
bring_up_nodes() {
  nice -n 5 "$here/lab/lab" build --bare
  "$here/lab/lab" up --bare pg-test-1=10.10.10.11 pg-test-2=10.10.10.12 pg-test-3=10.10.10.13
}
export here root
export -f build_provider bring_up_nodes
beside 'building the provider' bash -euo pipefail -c build_provider
beside 'building the command line' "$here/setup.sh" "$cli_part"
beside 'starting the nodes' bash -euo pipefail -c bring_up_nodes
they_are_at() {
  local compiled
  compiled=$(grep -oE '^\[[0-9]+/[0-9]+\]' "$beside_dir/building the provider" | tail -n 1 | tr -d '[]')
  [[ -z $compiled || -z ${beside['building the provider']:-} ]] || echo "provider: ${compiled%/*} of ${compiled#*/} steps built"
  setup --progress
  lab progress
}
finish_beside they_are_at
eval "$(setup --print-env build "$cli_part")"
cli=${PIGSTY_TOFU:-${PIGSTY_TERRAFORM:-}}
[[ $cli_part != terraform ]] || cli=$PIGSTY_TERRAFORM
binary=$(find build/release -name terraform-provider-pigsty -type f -perm -u+x -print -quit)
ls -sh "$binary"
TF_CLI_CONFIG_FILE=/dev/null CHECKPOINT_DISABLE=1 "$cli" version | sed -n 1p

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
# packages_on_nodes: what takes longest is apt, which says in its own logs on each node how far it is.
packages_that_are() {
  awk -v state="$1" '$3 == "status" && $4 == state { print $5 }' "$logs/dpkg.log" | sort -u | comm -12 - <(printf '%s\n' "$wanted") | wc -l
}
packages_on_nodes() {
  local node logs wanted
  for node in "$PIGSTY_LAB_DIR"/nodes/*/; do
    logs=$node/upper/var/log
    [[ -e $logs/apt/history.log ]] || continue
    wanted=$(sed -n 's/^Install: //p' "$logs/apt/history.log" | sed 's/([^)]*),*//g' | tr -s ' ' '\n' | grep . | sort -u || true)
    printf '%s: %s unpacked, %s set up, of %s packages\n' "$(basename "$node")" \
      "$(packages_that_are unpacked)" "$(packages_that_are installed)" "$(wc -w <<<"$wanted")"
  done
}
# While no step finishes, a line every 8 seconds says what is under way.
fill_silences() {
  local lines=0 heard=$SECONDS now
  while sleep 1; do
    now=$(wc -l <"$work/watch.log")
    if ((now > lines)); then
      lines=$now heard=$SECONDS
    elif ((SECONDS - heard >= 8)); then
      heard=$SECONDS
      printf '[%4ds] %s steps done · %s\n' "$SECONDS" "$lines" "$(packages_on_nodes | paste -sd '|' | sed 's/|/ · /g')"
    fi
  done
}
began=$(date +%s.%N)
"$root/$binary" watch >"$work/watch.log" 2>/dev/null &
watcher=$!
tail -n +1 -F --pid="$watcher" "$work/watch.log" 2>/dev/null &
fill_silences &
filler=$!
lab run -- "$cli" -chdir="$work" apply -auto-approve -input=false -no-color >"$log" 2>&1 && applied=0 || applied=$?
kill "$filler" "$watcher"
wait "$filler" "$watcher" 2>/dev/null || true
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
