#!/usr/bin/env bash
# What takes long and does not come to its end: a first backup, a restore and a standby cluster whose provider is killed, whose
# machine loses its power, whose disk is full. The next plan is true and destroys nothing, the next apply finishes, what it was made
# out of is as it was.
#
# Wants a build with fault points, which PIGSTY_FAULT_BINARY names (default: the debug build of this tree).
# with: tofu
# takes: 300
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/changes.sh"

export PIGSTY_PROVIDER_BINARY=${PIGSTY_FAULT_BINARY:-$repository/build/debug/provider/terraform-provider-pigsty}
[[ -x $PIGSTY_PROVIDER_BINARY ]] || failure "$PIGSTY_PROVIDER_BINARY is not there: cmake --preset debug && cmake --build --preset debug --target terraform-provider-pigsty"
start_lab prepared minio-1=10.10.10.10 pg-src-1=10.10.10.11 pg-two-1=10.10.10.12
# A prepared node may know a repository from before MinIO's server was in it.
on minio-1 apt-get -qq update

# begin_apply: in the background; the file cli.pid holds the CLI's own process, which `lab run` becomes.
begin_apply() {
  rm -f cli.pid
  # shellcheck disable=SC2016
  lab run -- sh -c 'echo $$ >cli.pid; exec "$0" apply -auto-approve -input=false -no-color' "$cli" >apply.log 2>&1 &
  wait_until 30 test -s cli.pid
}
# once_it_runs NODE COMMAND-LINE: waits on the node itself for a process with this in its command line. The brackets keep it from
# finding itself.
once_it_runs() {
  # shellcheck disable=SC2016
  on "$1" timeout 240 sh -c 'until pgrep -f -- "$1" >/dev/null; do sleep 0.02; done' sh "[${2:0:1}]${2:1}"
}
# kill_provider: the plugin alone, by its number; the CLI says that it crashed.
kill_provider() {
  local killed
  for killed in $(pgrep -P "$(<cli.pid)"); do
    [[ $(readlink "/proc/$killed/exe") != *terraform-provider-pigsty* ]] || kill -9 "$killed"
  done
  ended
}
# ended: what the apply said is the last output.
ended() {
  wait || true
  cp apply.log "$out"
}
# the_next_plan_is_true: there is something to do, and nothing goes.
the_next_plan_is_true() {
  tf plan -detailed-exitcode
  expect_status 2
  expect_output "0 to destroy"
}
finished() {
  tf apply
  expect_status 0
  expect_output "0 destroyed"
  plan_is_empty
}
# second WHAT: what the second machine is wanted to be.
second() { printf '{ "second": "%s" }\n' "$1" >second.auto.tfvars.json; }
nothing_is_there() {
  on "$1" sh -c 'for f in /pg /data/postgres /var/lib/pigsty/claims/pg_cluster-* /var/lib/pigsty/secrets/pg-*; do [ ! -e "$f" ] || { echo "$f is there"; exit 1; }; done'
}
gone() {
  second nothing
  tf apply
  expect_status 0
  expect nothing_is_there pg-two-1
}

backrest() { local node=$1; shift; on "$node" sudo -u postgres pgbackrest "$@"; }
# sets NODE STANZA: "full incr", oldest first.
sets() { backrest "$1" --stanza="$2" --output=json info | jq -r '[.[0].backup[].type] | join(" ")'; }
rows() { sql "$1" "SELECT string_agg(name, ' ' ORDER BY number) FROM happened"; }
nothing_is_left() {
  on "$1" sh -c 'for f in /pg/conf/restore.conf /pg/tmp/restore /run/pigsty-restore /var/lib/pigsty/secrets/pg-*/restore-cipher; do [ ! -e "$f" ] || { echo "$f is there"; exit 1; }; done'
}
slot() { sql pg-src-1 "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'pg_copy_standby'"; }
lines() { on pg-src-1 sh -c 'grep -c "pigsty guest standby pg-copy$" /pg/conf/pg_hba.conf' || true; }

test_a_first_backup_that_is_killed_is_neither_lost_nor_doubled() {
  work_in interrupted-backups
  tf init
  expect_status 0
  begin_apply
  expect once_it_runs pg-src-1 'type=full backup'
  kill_provider
  run sets pg-src-1 pg-src
  printf '    killed with these backups: "%s"\n' "$(<"$out")"
  the_next_plan_is_true
  finished
  expect_equal "$(sets pg-src-1 pg-src)" full
  nodes=(pg-src-1)
  an_apply_writes_nothing
}

test_a_repair_of_archiving_that_ends_before_its_backup_is_a_gap_for_the_next_plan() {
  work_in interrupted-backups
  expect on pg-src-1 sudo -u postgres patronictl -c /etc/patroni/patroni.yml edit-config --force -p archive_command=/bin/true pg-src
  PIGSTY_FAULT="backups:pg-src-1:before:error" tf apply
  expect_status 1
  expect_equal "$(sql pg-src-1 'SHOW archive_command')" "timeout 30 pgbackrest --stanza=pg-src archive-push %p"
  tf plan -detailed-exitcode
  expect_status 2
  expect_output 'pg-src backup: WAL went elsewhere since the last full backup'
  tf apply
  expect_status 0
  plan_is_empty
  expect_equal "$(sets pg-src-1 pg-src)" "full full"
}

test_an_unfinished_restore_is_released_without_a_trace() {
  work_in interrupted-backups
  expect sql pg-src-1 "CREATE TABLE happened (number serial, name text); INSERT INTO happened (name) SELECT 'row' FROM generate_series(1, 3)"
  # Enough of it that a restore is seen.
  expect sql pg-src-1 "CREATE TABLE large AS SELECT n, md5(n::text) AS text FROM generate_series(1, 400000) n"
  expect on pg-src-1 sudo -u postgres /pg/bin/pg-backup full
  second restored
  begin_apply
  expect once_it_runs pg-two-1 'config_file=/run/pigsty-restore/postgresql.conf'
  kill_provider
  the_next_plan_is_true
  expect lab run -- "$PIGSTY_PROVIDER_BINARY" release pg-new 10.10.10.12
  expect_output "undone on all its members"
  expect nothing_is_left pg-two-1
  expect nothing_is_there pg-two-1
}

test_a_restore_that_is_killed_or_loses_its_power_is_finished_beside_an_untouched_source() {
  nodes=(pg-src-1)
  work_in interrupted-backups
  expect sql pg-src-1 "INSERT INTO happened (name) VALUES ('last')"
  expect sql pg-src-1 'SELECT pg_switch_wal()'
  archived() { [[ $(sql pg-src-1 "SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'") == 0 ]]; }
  wait_until 60 archived
  expect audit_nodes "$work_root/source-before"
  second restored

  begin_apply
  expect once_it_runs pg-two-1 'log-level-stderr=warn restore'
  kill_provider
  the_next_plan_is_true

  begin_apply
  expect once_it_runs pg-two-1 'config_file=/run/pigsty-restore/postgresql.conf'
  kill_provider
  the_next_plan_is_true

  begin_apply
  expect once_it_runs pg-two-1 'log-level-stderr=warn restore'
  expect lab kill pg-two-1
  expect lab start pg-two-1
  ended
  expect_output "Error:"
  the_next_plan_is_true

  begin_apply
  expect once_it_runs pg-two-1 'config_file=/run/pigsty-restore/postgresql.conf'
  expect lab kill pg-two-1
  expect lab start pg-two-1
  ended
  the_next_plan_is_true

  finished
  expect_equal "$(rows pg-two-1)" "row row row last"
  expect nothing_is_left pg-two-1
  expect audit_nodes "$work_root/source-after"
  expect "$suite_dir/lab/audit" diff "$work_root/source-before" "$work_root/source-after"
  expect_equal "$(sets pg-src-1 pg-src)" "full full"
  gone
}

# As an operator would, by hand.
test_an_unfinished_standby_cluster_is_released_with_what_it_has_upstream() {
  work_in interrupted-backups
  second copy
  PIGSTY_FAULT="upstream:pg-copy-1:after:kill" tf apply
  expect_status 1
  expect_equal "$(slot) $(lines)" "1 1"
  the_next_plan_is_true
  expect lab run -- "$PIGSTY_PROVIDER_BINARY" release pg-copy 10.10.10.12
  expect_output "undone on all its members"
  expect_equal "$(slot) $(lines)" "0 0"
}

test_a_standby_cluster_that_is_killed_between_its_steps_is_finished() {
  local point
  work_in interrupted-backups
  for point in upstream:before secrets:after leader:before leader:after "streaming from the upstream:before" services:after; do
    PIGSTY_FAULT="${point%:*}:pg-copy-1:${point##*:}:kill" tf apply
    expect_status 1
    expect_output "plugin"
    the_next_plan_is_true
    printf '    killed at %s: %s slot, %s lines\n' "$point" "$(slot)" "$(lines)"
  done
  finished
  expect_equal "$(slot) $(lines)" "1 1"
  expect_equal "$(rows pg-two-1) $(sql pg-two-1 'SELECT pg_is_in_recovery()')" "row row row last t"
  gone
  expect_equal "$(slot) $(lines)" "0 0"
}

test_a_disk_that_is_full_during_the_first_backup_is_told_and_the_create_goes_on() {
  work_in interrupted-backups
  second full
  expect on pg-two-1 sh -c 'mkdir -p /full && mount -t tmpfs -o size=3m tmpfs /full && chown postgres: /full'
  tf apply
  expect_status 1
  expect_output 'the repository is full'
  the_next_plan_is_true
  expect on pg-two-1 mount -o remount,size=300m /full
  finished
  expect_equal "$(sets pg-two-1 pg-full)" full
  gone
  expect on pg-two-1 sh -c '[ ! -e /full/backup ] && [ ! -e /full/archive ]'
  tf destroy
  expect_status 0
}

run_tests
