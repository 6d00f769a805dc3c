#!/usr/bin/env bash
# A standby cluster: it follows whoever leads in its upstream, through a switchover and a power cut there and one of its own; what it
# has there is looked after; late by a delay; promoted with all that was written; destroyed without a trace at its upstream.
# with: tofu
# takes: 480
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/changes.sh"

upstream=(pg-test-1 pg-test-2 pg-test-3)
copy=(pg-copy-1 pg-copy-2)
nodes=(infra "${upstream[@]}" "${copy[@]}")
start_lab prepared infra=10.10.10.10 pg-test-1=10.10.10.11 pg-test-2=10.10.10.12 pg-test-3=10.10.10.13 \
  pg-copy-1=10.10.10.14 pg-copy-2=10.10.10.15
# After somebody leads upstream again (kFollowsWithin of core/module/pgsql/spec/standby.h).
follows_within=30

changed() { changed_in standby-cluster; }
brought_back() { brought_back_in standby-cluster; }
announced() { announced_for pigsty_pg_cluster.copy; }
# of_copy ATTRIBUTES: an override of the standby cluster.
of_copy() { printf 'resource "pigsty_pg_cluster" "copy" {\n  %s\n}\n' "$1"; }
delayed() { of_copy "standby = { upstream = pigsty_pg_cluster.test.connection, delay = \"$1\" }"; }
patronictl() { on "$1" sudo -u postgres patronictl -c /etc/patroni/patroni.yml "${@:2}"; }
leader_of() { leader "$1"; }
leads() { [[ $(leader_of "$1") == "$2" ]]; }
other_leader() { local now; now=$(leader_of "$1") && [[ -n $now && $now != "$2" ]]; }
# The copy's leader, as Patroni calls it.
copy_leader() { patronictl "${1:-pg-copy-1}" list -f json | jq -r '.[] | select(.Role == "Standby Leader") | .Member'; }
copy_leads() { [[ $(copy_leader) == "$1" ]]; }

mark() { sql "$1" "INSERT INTO public.marks VALUES ('$2')"; }
has_mark() { [[ $(sql "$1" "SELECT count(*) FROM public.marks WHERE mark = '$2'" 2>/dev/null) == 1 ]]; }
has_no_mark() { [[ $(sql "$1" "SELECT count(*) FROM public.marks WHERE mark = '$2'" 2>/dev/null) == 0 ]]; }
streams_from() { [[ $(sql "$1" "SELECT sender_host FROM pg_stat_wal_receiver WHERE status = 'streaming'" 2>/dev/null) == "$2" ]]; }
upstream_is_whole() {
  [[ $(sql "$(leader_of pg-test-1)" "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND application_name LIKE 'pg-test-%'") == 2 ]]
}
slot() { sql "$1" "SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'pg_copy_standby'"; }
lines() { on "$1" sh -c 'grep -c "pigsty guest standby pg-copy$" /pg/conf/pg_hba.conf' || true; }
delay() { sql "$1" "SHOW recovery_min_apply_delay"; }
address_of() { local -A at=([pg-test-1]=10.10.10.11 [pg-test-2]=10.10.10.12 [pg-test-3]=10.10.10.13); echo "${at[$1]}"; }
nothing_upstream() {
  local node
  for node in "${upstream[@]}"; do
    expect_equal "$node: $(slot "$node") $(lines "$node")" "$node: 0 0"
  done
}

test_it_is_made_and_follows() {
  local node
  work_in standby-cluster
  tf init
  expect_status 0
  tf apply
  expect_status 0
  plan_is_empty
  expect sql pg-test-1 "CREATE TABLE public.marks (mark text)"
  expect mark pg-test-1 first
  wait_until 20 has_mark pg-copy-1 first
  wait_until 20 has_mark pg-copy-2 first
  expect streams_from pg-copy-1 10.10.10.11
  for node in "${upstream[@]}"; do expect_equal "$(lines "$node")" 2; done
  expect_equal "$(sql pg-test-1 "SELECT active FROM pg_replication_slots WHERE slot_name = 'pg_copy_standby'")" t
  # The replica service alone.
  expect_equal "$(on pg-copy-1 sh -c 'cd /etc/haproxy/conf.d && ls pg-copy-*' | paste -sd' ')" pg-copy-replica.cfg
  expect_equal "$(sql pg-copy-1 "SELECT system_identifier FROM pg_control_system()")" "$(sql pg-test-1 "SELECT system_identifier FROM pg_control_system()")"
}

test_an_apply_writes_nothing() {
  work_in standby-cluster
  an_apply_writes_nothing
}

test_nobody_has_users_of_its_own_there() {
  work_in standby-cluster
  cat >user.tf <<'END'
resource "pigsty_pg_user" "own" {
  cluster  = pigsty_pg_cluster.copy.connection
  name     = "own"
}
END
  tf apply
  ((status != 0)) || failure "a user was made in a standby cluster"
  expect_output "expected a cluster that takes writes, found pg-copy, a standby cluster of pg-test"
  rm user.tf
  plan_is_empty
}

# follows NODE: the copy's leader streams from that one, within the bound from now on.
follows() {
  local began=$SECONDS
  wait_until "$follows_within" streams_from "$(copy_leader)" "$(address_of "$1")"
  echo "  streams from $1 $((SECONDS - began)) s after it leads, bound $follows_within s"
}

test_a_switchover_upstream_is_followed() {
  work_in standby-cluster
  expect patronictl pg-test-1 switchover --force --leader pg-test-1 --candidate pg-test-2 pg-test
  wait_until 30 leads pg-test-1 pg-test-2
  follows pg-test-2
  wait_until 60 upstream_is_whole
  expect mark pg-test-2 switchover
  wait_until 20 has_mark pg-copy-2 switchover
  plan_is_empty
}

test_a_power_cut_upstream_is_followed() {
  local now
  work_in standby-cluster
  expect lab kill pg-test-2
  wait_until 60 other_leader pg-test-1 pg-test-2
  now=$(leader_of pg-test-1)
  follows "$now"
  expect mark "$now" cut
  wait_until 20 has_mark pg-copy-2 cut
  # A failover is no drift, and a machine that is off is said.
  tf plan
  expect_status 0
  expect_output "No changes."
  expect lab start pg-test-2
  wait_until 90 upstream_is_whole
  plan_is_empty
}

test_a_failover_of_its_own_is_no_drift() {
  work_in standby-cluster
  expect patronictl pg-copy-1 switchover --force --leader pg-copy-1 --candidate pg-copy-2 pg-copy
  wait_until 60 copy_leads pg-copy-2
  follows "$(leader_of pg-test-1)"
  wait_until 60 streams_from pg-copy-1 10.10.10.15
  plan_is_empty
  expect patronictl pg-copy-1 switchover --force --leader pg-copy-2 --candidate pg-copy-1 pg-copy
  wait_until 60 copy_leads pg-copy-1
  follows "$(leader_of pg-test-1)"
  wait_until 60 streams_from pg-copy-2 10.10.10.14
}

test_what_somebody_changed_is_seen_and_repaired() {
  work_in standby-cluster
  expect patronictl pg-test-1 edit-config --force -s slots.pg_copy_standby=null pg-test
  expect on pg-test-3 sed -i '/pigsty guest/d' /pg/conf/pg_hba.conf
  expect patronictl pg-copy-1 edit-config --force -s standby_cluster.recovery_min_apply_delay=5s pg-copy
  tf plan -detailed-exitcode -out=plan
  expect_status 2
  lab run -- "$cli" show -no-color plan >"$out"
  expect_output "pg-copy upstream: pg-test keeps no slot pg_copy_standby"
  expect_output "pg-copy upstream: pg-test-3 /pg/conf/pg_hba.conf lacks its lines"
  expect_output "standby_cluster"
  expect_output "Plan: 0 to add, 1 to change, 0 to destroy."
  tf apply plan
  expect_status 0
  plan_is_empty
  expect_equal "$(lines pg-test-3) $(slot "$(leader_of pg-test-1)") $(delay pg-copy-1)" "2 1 0"
  # The upstream's own changes leave the lines where they are.
  changed < <(printf 'resource "pigsty_pg_cluster" "test" {\n  hba_rules = [{ user = "all", db = "all", addr = "10.9.0.0/16", auth = "deny", title = "none of these" }]\n}\n')
  expect_equal "$(lines pg-test-1)" 2
  expect_equal "$(on pg-test-1 grep -c 10.9.0.0/16 /pg/conf/pg_hba.conf)" 1
  brought_back
  expect_equal "$(lines pg-test-1)" 2
}

test_a_delay_is_changed_in_place() {
  local since now
  now=$(leader_of pg-test-1)
  since=$(sql pg-copy-1 "SELECT pg_postmaster_start_time()")
  changed < <(delayed 1h)
  [[ $(announced) == *"reload: standby.delay none → 1h"* ]] || failure "not announced: $(announced)"
  expect_equal "$(delay pg-copy-1)" 1h
  changed < <(delayed 12s)
  expect_equal "$(delay pg-copy-1)" 12s
  expect_equal "$(sql pg-copy-1 "SELECT pg_postmaster_start_time()")" "$since"
  expect mark "$now" kept
  wait_until 40 has_mark pg-copy-1 kept
  expect sql "$now" "DELETE FROM public.marks WHERE mark = 'kept'"
  expect has_mark pg-copy-1 kept
  expect_equal "$(sql pg-copy-1 "SELECT pg_last_wal_receive_lsn() > pg_last_wal_replay_lsn() OR now() - pg_last_xact_replay_timestamp() > '1s'")" t
  wait_until 40 has_no_mark pg-copy-1 kept
  brought_back
  expect_equal "$(delay pg-copy-1)" 0
}

test_imports_plan_nothing() {
  work_in standby-cluster
  run lab run -- "$cli" state rm pigsty_pg_cluster.copy
  expect_status 0
  tf import pigsty_pg_cluster.copy pg-copy@10.10.10.15
  expect_status 0
  plan_is_empty
}

test_bad_input_is_refused_at_plan() {
  work_in standby-cluster
  delayed soon | refused_at_plan standby.delay "expected an integer with one of the units"
  delayed -1h | refused_at_plan standby.delay "for example 1h"
  of_copy 'synchronous = { enabled = true }' | refused_at_plan synchronous.enabled "nothing commits in a standby cluster"
  of_copy 'backup = {}' | refused_at_plan backup "back up its upstream"
  of_copy 'instances = { 1 = { address = "10.10.10.14", role = "primary" }, 2 = { address = "10.10.10.13" } }' | refused_at_plan standby.upstream "machines of its own"
  printf 'resource "pigsty_pg_cluster" "test" {\n  standby = { upstream = { id = "x", name = "pg-other", members = { 1 = { address = "10.10.10.19", ssh = null } } } }\n}\n' |
    refused_at_plan standby "A living cluster does not become a standby cluster"
  rm case_override.tf
}

test_a_destroy_leaves_its_upstream_as_it_was() {
  work_in standby-cluster
  tf destroy -target=pigsty_pg_cluster.copy
  expect_status 0
  nothing_upstream
  expect_equal "$(on pg-copy-1 sh -c 'ls -d /pg /data/postgres/pg-copy* 2>/dev/null')" ""
  expect has_mark "$(leader_of pg-test-1)" first
  tf apply
  expect_status 0
  plan_is_empty
  wait_until 20 has_mark pg-copy-2 first
}

test_it_is_promoted_with_all_that_was_written() {
  local now
  now=$(leader_of pg-test-1)
  changed < <(delayed 30s)
  expect mark "$now" last
  mv "$work_root/standby-cluster/main.tf" "$work_root/main.tf"
  grep -v '^  standby ' "$work_root/main.tf" >"$work_root/standby-cluster/main.tf"
  rm "$work_root/standby-cluster/change_override.tf"
  work_in standby-cluster
  tf plan -detailed-exitcode -out=plan
  expect_status 2
  expect_output "pg-copy will be PROMOTED"
  lab run -- "$cli" show -no-color plan >"$out"
  expect_output "PROMOTE pg-copy: once it has applied what pg-test has written by then"
  tf apply plan
  expect_status 0
  expect has_mark pg-copy-1 last
  plan_is_empty
  expect mark pg-copy-1 "of its own"
  wait_until 20 has_mark pg-copy-2 "of its own"
  nothing_upstream
  expect has_no_mark "$now" "of its own"
  expect_equal "$(on pg-copy-1 sh -c 'cd /etc/haproxy/conf.d && ls pg-copy-*' | wc -l)" 4
  cat >user.tf <<'END'
resource "pigsty_pg_user" "own" {
  cluster  = pigsty_pg_cluster.copy.connection
  name     = "own"
}
END
  tf apply
  expect_status 0
  plan_is_empty
  an_apply_writes_nothing
}

# It has the system identifier of the other one.
test_each_is_destroyed_alone() {
  work_in standby-cluster
  tf destroy -target=pigsty_pg_cluster.test
  expect_status 0
  expect_equal "$(on pg-test-1 sh -c 'ls -d /pg /data/postgres/pg-test* 2>/dev/null')" ""
  expect has_mark pg-copy-1 "of its own"
  tf destroy
  expect_status 0
  expect_equal "$(on pg-copy-1 sh -c 'ls -d /pg /data/postgres/pg-copy* 2>/dev/null')" ""
}

run_tests
