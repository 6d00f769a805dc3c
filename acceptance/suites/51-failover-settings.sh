#!/usr/bin/env bash
# rto, rpo and synchronous of a living cluster: each changed in place without a restart, seen where it runs (the leader's lease
# in etcd, HAProxy's files, who is synchronous by the leader's own word), brought back, and repaired where somebody changed
# it by hand. Last, the leader's machine is killed under a writer: the gap beside what `fast` promises.
# with: tofu
# takes: 310
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/changes.sh"
. "$(dirname "$0")/../lib/writes.sh"

fresh_nodes prepared

changed() { changed_in 02-ha-cluster; }
brought_back() { brought_back_in 02-ha-cluster; }
announced() { announced_for pigsty_pg_cluster.test; }
cluster() { printf 'resource "pigsty_pg_cluster" "test" {\n  %s\n}\n' "$1"; }

# dcs KEY: of the dynamic configuration, as Patroni shows it.
dcs() { on pg-test-1 sudo -u postgres patronictl -c /etc/patroni/patroni.yml show-config | sed -n "s/^$1: //p"; }
patronictl() { on pg-test-1 sudo -u postgres patronictl -c /etc/patroni/patroni.yml "$@"; }

# lease: seconds for which etcd grants the leader's key.
lease() {
  # shellcheck disable=SC2016
  on pg-test-1 sh -c 'export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=https://127.0.0.1:2379 ETCDCTL_CACERT=/etc/etcd/ca.crt \
    ETCDCTL_CERT=/etc/etcd/client.crt ETCDCTL_KEY=/etc/etcd/client.key ETCDCTL_USER=root
    ETCDCTL_PASSWORD=$(tail -n +2 /var/lib/pigsty/secrets/etcd-etcd/root); export ETCDCTL_PASSWORD
    id=$(etcdctl get /pg/pg-test/leader -w fields | sed -n "s/^\"Lease\" : //p")
    etcdctl lease timetolive "$(printf %x "$id")"' | sed -n 's/.*granted with TTL(\([0-9]*\)s).*/\1/p'
}

started() { local node; for node in "${nodes[@]}"; do sql "$node" "SELECT pg_postmaster_start_time()"; done | paste -sd' '; }
# not_restarted SINCE: what started() said.
not_restarted() { expect_equal "$(started)" "$1"; }

# synchronous: "sync 1", as the leader itself counts them; empty where all are asynchronous.
synchronous() {
  sql "$(leader)" "SELECT string_agg(sync_state || ' ' || n, ', ') FROM (SELECT sync_state, count(*) AS n FROM pg_stat_replication
    WHERE sync_state IN ('sync', 'quorum') GROUP BY 1) AS s"
}

test_the_cluster_is_there() {
  work_in 02-ha-cluster
  # All three may lead, so that two can be synchronous.
  cat >members_override.tf <<'END'
resource "pigsty_pg_cluster" "test" {
  instances = {
    1 = { address = pigsty_node.test[1].address, role = "primary" }
    2 = { address = pigsty_node.test[2].address }
    3 = { address = pigsty_node.test[3].address }
  }
}
END
  cat >failover.tf <<'END'
output "failover" {
  value = pigsty_pg_cluster.test.failover
}
END
  tf init
  expect_status 0
  tf plan -out=plan
  expect_status 0
  # What norm means stands in the plan of the create.
  planned pigsty_pg_cluster.test >"$out"
  expect_equal "$(jq -r '.after.failover | [.ttl, .loop_wait, .retry_timeout, .maximum_lag, .synchronous_mode, .haproxy_checks] | join(" ")' "$out")" \
    "30 5 10 1048576 off inter 2s fastinter 1s downinter 2s rise 3 fall 3"
  tf apply plan
  expect_status 0
  plan_is_empty
  expect_equal "$(lease)" 30
}

test_rto_is_changed_in_place() {
  local since
  since=$(started)
  cluster 'rto = "fast"' >"$work_root/fast"
  changed <"$work_root/fast"
  [[ $(announced) == *"patroni of pg-test, no restart: ttl 30 → 20, retry_timeout 10 → 5, primary_start_timeout 25 → 15"* ]] ||
    failure "the timing is not announced: $(announced)"
  [[ $(announced) == *"reload haproxy on pg-test-1, pg-test-2, pg-test-3"* ]] || failure "HAProxy is not announced: $(announced)"
  expect_equal "$(dcs ttl) $(dcs loop_wait) $(dcs retry_timeout) $(dcs primary_start_timeout)" "20 5 5 15"
  # What was accepted is what runs: etcd ends the lease after so long.
  expect_equal "$(lease)" 20
  expect on pg-test-2 grep -q 'inter 1s fastinter 500ms downinter 1s rise 3 fall 3' /etc/haproxy/conf.d/pg-test-primary.cfg
  cluster 'rto = "wide"' >"$work_root/wide"
  changed <"$work_root/wide"
  expect_equal "$(dcs ttl) $(dcs loop_wait) $(dcs retry_timeout) $(lease)" "120 20 30 120"
  expect on pg-test-1 grep -q 'safety_margin: 15' /pg/conf/pg-test-1.yml
  brought_back
  expect_equal "$(dcs ttl) $(dcs loop_wait) $(dcs retry_timeout) $(dcs primary_start_timeout) $(lease)" "30 5 10 25 30"
  expect on pg-test-2 grep -q 'inter 2s fastinter 1s downinter 2s' /etc/haproxy/conf.d/pg-test-primary.cfg
  not_restarted "$since"
}

test_rpo_is_changed_in_place() {
  changed < <(cluster 'rpo = 4194304')
  expect_equal "$(announced)" "patroni of pg-test, no restart: maximum_lag_on_failover 1048576 → 4194304"
  expect_equal "$(dcs maximum_lag_on_failover)" 4194304
  changed < <(cluster 'rpo = 0')
  expect_equal "$(dcs maximum_lag_on_failover) $(dcs synchronous_mode)" "1048576 true"
  expect_equal "$(synchronous)" "sync 1"
  brought_back
  expect_equal "$(dcs maximum_lag_on_failover) $(dcs synchronous_mode) $(synchronous)" "1048576 false "
}

test_synchronous_is_changed_in_place() {
  local since
  since=$(started)
  changed < <(cluster 'synchronous = { enabled = true }')
  [[ $(announced) == *"synchronous_mode off → on"*"from then on commits wait for a standby"* ]] || failure "not announced: $(announced)"
  # At once: the apply ends when it is so.
  expect_equal "$(synchronous)" "sync 1"
  from_a_standby() { [[ $(as_app 10.10.10.11 5435 "SELECT pg_is_in_recovery()") == t ]]; }
  wait_until 30 from_a_standby
  changed < <(cluster 'synchronous = { enabled = true, strict = true, count = 2 }')
  expect_equal "$(dcs synchronous_mode_strict) $(dcs synchronous_node_count) $(synchronous)" "true 2 sync 2"
  changed < <(cluster 'synchronous = { enabled = true, mode = "quorum" }')
  expect_equal "$(dcs synchronous_mode) $(dcs synchronous_mode_strict) $(synchronous)" "quorum false quorum 2"
  expect on pg-test-3 grep -q 'uri /quorum' /etc/haproxy/conf.d/pg-test-standby.cfg
  wait_until 30 from_a_standby
  brought_back
  expect_equal "$(dcs synchronous_mode) $(dcs synchronous_node_count) $(synchronous)" "false  "
  expect_equal "$(sql "$(leader)" "SHOW synchronous_standby_names")" ""
  run on pg-test-1 test -e /etc/haproxy/conf.d/pg-test-standby.cfg
  expect_status 1
  not_restarted "$since"
}

# Two thirds of what crit derives; its parameters wait for a restart, which is not what this is about.
test_crit_is_synchronous_and_strict() {
  changed < <(cluster 'template = "crit"')
  expect_equal "$(dcs synchronous_mode) $(dcs synchronous_mode_strict) $(synchronous)" "true true sync 1"
  brought_back
  expect_equal "$(synchronous)" ""
}

test_what_somebody_changed_is_seen_and_repaired() {
  work_in 02-ha-cluster
  expect patronictl edit-config --force -s ttl=60 -s loop_wait=7 -s maximum_lag_on_failover=1 -s synchronous_mode=quorum pg-test
  expect on pg-test-2 sed -i 's/inter 2s/inter 9s/' /etc/haproxy/conf.d/pg-test-primary.cfg
  tf plan -detailed-exitcode -out=plan
  expect_status 2
  lab run -- "$cli" show -no-color plan >"$out"
  expect_output "pg-test dcs: ttl is 60, expected 30"
  expect_output "pg-test dcs: loop_wait is 7, expected 5"
  expect_output "pg-test dcs: maximum_lag_on_failover is 1, expected 1048576"
  expect_output "pg-test dcs: synchronous_mode is quorum, expected off"
  expect_output "pg-test-2 /etc/haproxy/conf.d/pg-test-primary.cfg"
  tf apply plan
  expect_status 0
  plan_is_empty
  expect_equal "$(dcs ttl) $(lease) $(synchronous)" "30 30 "
}

test_imports_plan_nothing() {
  changed <<'END'
resource "pigsty_pg_cluster" "test" {
  rto         = "safe"
  rpo         = 0
  synchronous = { enabled = true, mode = "quorum", count = 2 }
}
END
  run lab run -- "$cli" state rm pigsty_pg_cluster.test
  expect_status 0
  tf import pigsty_pg_cluster.test pg-test@10.10.10.12
  expect_status 0
  plan_is_empty
  brought_back
}

test_a_state_of_an_earlier_version_plans_nothing() {
  work_in 02-ha-cluster
  lab run -- "$cli" state pull >before.json
  jq '.serial += 1 | (.resources[] | select(.type == "pigsty_pg_cluster") | .instances[].attributes) |= del(.rto, .rpo, .synchronous, .failover)' \
    before.json >earlier.json
  expect lab run -- "$cli" state push earlier.json
  plan_is_empty
}

test_what_cannot_be_is_refused_at_plan() {
  work_in 02-ha-cluster
  cluster 'rto = "30"' | refused_at_plan rto '"fast"'
  cluster 'rpo = -1' | refused_at_plan rpo '-1'
  cluster 'synchronous = { enabled = true, mode = "all" }' | refused_at_plan synchronous.mode '"quorum"'
  cluster 'synchronous = { enabled = true, count = 3 }' | refused_at_plan synchronous.count 'expected 2 at most, found 3'
  cluster 'synchronous = { strict = true }' | refused_at_plan synchronous.strict 'set synchronous.enabled = true'
  printf 'resource "pigsty_pg_cluster" "test" {\n  rpo = 0\n  synchronous = { enabled = false }\n}\n' |
    refused_at_plan synchronous.enabled 'no committed transaction is lost'
  printf 'resource "pigsty_pg_cluster" "test" {\n  synchronous = { enabled = true, mode = "quorum" }\n  services = { standby = { port = 5435, check = "/sync" } }\n}\n' |
    refused_at_plan 'services["standby"].check' 'check = "/quorum"'
  mv members_override.tf members.kept
  printf 'resource "pigsty_pg_cluster" "test" {\n  instances = { 1 = { address = "10.10.10.11", role = "primary" } }\n  synchronous = { enabled = true, strict = true }\n}\n' |
    refused_at_plan synchronous.strict 'expected two members that may lead, found 1'
  mv members.kept members_override.tf
  rm case_override.tf
}

test_a_killed_leader_is_replaced_as_fast_as_promised_and_nothing_is_lost() {
  changed < <(printf 'resource "pigsty_pg_cluster" "test" {\n  rto = "fast"\n  rpo = 0\n}\n')
  local down via address writing gap lost promise=30 log=$work_root/writes
  down=$(leader)
  via=$([[ $down == pg-test-1 ]] && echo pg-test-2 || echo pg-test-1)
  address=10.10.10.1${via##*-}
  expect as_app "$address" 5433 "CREATE TABLE written (n int PRIMARY KEY)"
  writer "$address" "$log" &
  writing=$!
  writes() { (($(wc -l <"$log") > $1)); }
  wait_until 30 writes 20
  expect lab kill "$down"
  local before
  before=$(wc -l <"$log")
  wait_until 90 writes $((before + 30))
  kill "$writing"
  wait "$writing" 2>/dev/null
  gap=$(write_gap "$log")
  printf '  write gap after a power cut of the leader: %s s, rto = "fast" promises %s s\n' "$gap" "$promise"
  awk -v gap="$gap" -v promise="$promise" 'BEGIN { exit !(gap <= promise) }' || failure "no write for $gap s"
  # Every write that was acknowledged is there.
  lost=$(comm -23 <(cut -d' ' -f2 "$log" | sort) <(as_app "$address" 5433 "SELECT n FROM written" | sort) | wc -l)
  expect_equal "$lost" 0
  expect lab start "$down"
  wait_until 120 cluster_is_whole
  tf apply
  expect_status 0
  plan_is_empty
  expect as_app "$address" 5433 "DROP TABLE written"
  brought_back
}

test_a_second_apply_does_nothing() {
  changed < <(cluster 'parameters = { log_statement = "mod" }')
  an_apply_writes_nothing
}

run_tests
