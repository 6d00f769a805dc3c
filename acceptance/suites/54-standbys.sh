#!/usr/bin/env bash
# Members that stand back: one that applies late (role "delayed", delay), one that streams from another member (upstream), and
# the roles of a living cluster changed in place. Seen where it runs: who streams from whom, what is still read after it was
# deleted, whom HAProxy leads to, who is elected.
# with: tofu
# takes: 260
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/changes.sh"

fresh_nodes prepared

patronictl() { on pg-test-1 sudo -u postgres patronictl -c /etc/patroni/patroni.yml "$@"; }
announced() { announced_for pigsty_pg_cluster.test; }
# third ATTRIBUTES: the cluster, with these attributes of its third member.
third() {
  cat <<END
resource "pigsty_pg_cluster" "test" {
  instances = {
    1 = { address = pigsty_node.test[1].address, role = "primary" }
    2 = { address = pigsty_node.test[2].address }
    3 = { address = pigsty_node.test[3].address, $1 }
  }
}
END
}
changed() { changed_in 02-ha-cluster; }

# streams_to NODE: names of those that it streams to.
streams_to() { sql "$1" "SELECT string_agg(application_name, ' ' ORDER BY application_name) FROM pg_stat_replication WHERE state = 'streaming'"; }
is_streamed() { [[ $(streams_to "$1") == "$2" ]]; }
is_direct() { is_streamed pg-test-1 "pg-test-2 pg-test-3"; }
is_cascading() { is_streamed pg-test-2 pg-test-3; }
has_rows() { [[ $(rows "$1" 2>/dev/null) == "$2" ]]; }
is_prompt() { [[ $(delay) == 0 ]]; }
delay() { sql pg-test-3 "SHOW recovery_min_apply_delay"; }
started() { local node; for node in "${nodes[@]}"; do sql "$node" "SELECT pg_postmaster_start_time()"; done | paste -sd' '; }
rows() { sql "$1" "SELECT count(*) FROM public.kept"; }

test_the_cluster_is_made_with_one_that_lags_behind() {
  work_in 02-ha-cluster
  third 'role = "delayed", delay = "20s", upstream = 2' >members_override.tf
  tf init
  expect_status 0
  tf apply
  expect_status 0
  plan_is_empty
  expect_equal "$(streams_to pg-test-1) / $(streams_to pg-test-2) / $(delay)" "pg-test-2 / pg-test-3 / 20s"
  expect_equal "$(on pg-test-2 grep -c 'server pg-test-3' /etc/haproxy/conf.d/pg-test-replica.cfg)" 0
  expect_equal "$(on pg-test-2 grep -c 'server pg-test-2' /etc/haproxy/conf.d/pg-test-replica.cfg)" 1
}

test_what_was_deleted_is_still_read_from_it() {
  expect sql pg-test-1 "CREATE TABLE public.kept AS SELECT 1"
  wait_until 40 has_rows pg-test-3 1
  expect sql pg-test-1 "DELETE FROM public.kept"
  wait_until 10 has_rows pg-test-2 0
  expect_equal "$(rows pg-test-3)" 1
  wait_until 40 has_rows pg-test-3 0
}

test_roles_are_changed_in_place() {
  local since
  since=$(started)
  rm "$work_root/02-ha-cluster/members_override.tf"
  changed < <(third 'role = "delayed", delay = "1h", upstream = 2')
  expect_equal "$(delay)" 1h
  changed < <(third 'role = "replica", upstream = 2')
  [[ $(announced) == *"reload patroni on pg-test-3"* ]] || failure "not announced: $(announced)"
  wait_until 30 is_prompt
  expect_equal "$(streams_to pg-test-2)" pg-test-3
  expect_equal "$(on pg-test-2 grep -c 'server pg-test-3' /etc/haproxy/conf.d/pg-test-replica.cfg)" 1
  # The apply ends when it streams from the leader. One that only may not lead serves like all others.
  changed < <(third 'nofailover = true, offline_query = true')
  expect is_direct
  expect on pg-test-3 grep -q 'nofailover: true' /pg/conf/pg-test-3.yml
  expect_equal "$(on pg-test-1 grep -c 'server pg-test-3 .*backup' /etc/haproxy/conf.d/pg-test-offline.cfg)" 0
  expect_equal "$(on pg-test-1 grep -c 'server pg-test-2 .*backup' /etc/haproxy/conf.d/pg-test-offline.cfg)" 1
  expect_equal "$(started)" "$since"
}

test_what_somebody_changed_is_seen_and_repaired() {
  changed < <(third 'role = "delayed", delay = "1h"')
  expect sql pg-test-3 "ALTER SYSTEM SET recovery_min_apply_delay = 0"
  tf plan -detailed-exitcode -out=plan
  expect_status 2
  lab run -- "$cli" show -no-color plan >"$out"
  expect_output "recovery_min_apply_delay"
  tf apply plan
  expect_status 0
  expect_equal "$(delay)" 1h
  plan_is_empty
  run patronictl switchover --force --leader pg-test-1 --candidate pg-test-3 pg-test
  expect_equal "$(leader)" pg-test-1
  changed < <(third 'upstream = 2')
  wait_until 30 is_cascading
  expect on pg-test-3 sed -i '/replicatefrom/d' /pg/conf/pg-test-3.yml
  expect on pg-test-3 systemctl reload patroni
  wait_until 60 is_direct
  tf plan -detailed-exitcode -out=plan
  expect_status 2
  lab run -- "$cli" show -no-color plan >"$out"
  expect_output "pg-test-3 /pg/conf/pg-test-3.yml"
  tf apply plan
  expect_status 0
  wait_until 60 is_cascading
  plan_is_empty
}

# It streams from the leader meanwhile, and that is no drift.
test_a_dead_upstream_is_done_without() {
  work_in 02-ha-cluster
  expect lab kill pg-test-2
  wait_until 90 is_streamed pg-test-1 pg-test-3
  tf plan
  expect_status 0
  expect_output "No changes."
  expect lab start pg-test-2
  wait_until 90 is_streamed pg-test-1 pg-test-2
  wait_until 60 is_cascading
  plan_is_empty
}

test_the_upstream_may_lead() {
  work_in 02-ha-cluster
  expect patronictl switchover --force --leader pg-test-1 --candidate pg-test-2 pg-test
  wait_until 60 is_streamed pg-test-2 "pg-test-1 pg-test-3"
  plan_is_empty
  expect patronictl switchover --force --leader pg-test-2 --candidate pg-test-1 pg-test
  wait_until 60 is_streamed pg-test-1 pg-test-2
}

test_an_apply_writes_nothing() {
  changed < <(
    third 'role = "delayed", delay = "1h", upstream = 2'
    printf 'resource "pigsty_pg_cluster" "test" {\n  parameters = { log_statement = "mod" }\n}\n' >"$work_root/02-ha-cluster/log_override.tf"
  )
  an_apply_writes_nothing
}

test_imports_plan_nothing() {
  work_in 02-ha-cluster
  run lab run -- "$cli" state rm pigsty_pg_cluster.test
  expect_status 0
  tf import pigsty_pg_cluster.test pg-test@10.10.10.13
  expect_status 0
  plan_is_empty
}

test_what_cannot_be_is_refused_at_plan() {
  work_in 02-ha-cluster
  local third_is='instances["3"]'
  mv change_override.tf change.kept
  third 'role = "delayed"' | refused_at_plan "$third_is.delay" 'expected how long it lags behind'
  third 'delay = "1h"' | refused_at_plan "$third_is.delay" 'set role = "delayed"'
  third 'role = "delayed", delay = "soon"' | refused_at_plan "$third_is.delay" 'soon'
  third 'upstream = 3' | refused_at_plan "$third_is.upstream" 'cannot stream from itself'
  third 'upstream = 9' | refused_at_plan "$third_is.upstream" 'found "9"'
  third 'parameters = { recovery_min_apply_delay = "1h" }' | refused_at_plan "$third_is.parameters" 'is set by delay of an instance'
  rm case_override.tf
  mv change.kept change_override.tf
}

test_all_of_it_is_destroyed() {
  work_in 02-ha-cluster
  tf destroy
  expect_status 0
  local node
  for node in "${nodes[@]}"; do
    run on "$node" sh -c 'ls -d /pg /data/postgres /etc/patroni/patroni.yml /var/lib/pigsty/claims/* 2>/dev/null'
    expect_equal "$(<"$out")" ""
  done
}

run_tests
