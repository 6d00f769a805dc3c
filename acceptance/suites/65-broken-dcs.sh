#!/usr/bin/env bash
# What breaks etcd below a living cluster is told in words, and a full apply repairs it: authentication switched off, the
# cluster's own user gone, two of three members down, a member's data gone, a database at its quota.
# with: tofu
# takes: 500
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"

fresh_nodes prepared

# etcdctl NODE ARGUMENTS…: as root in etcd, through that member alone.
etcdctl() {
  local node=$1
  shift
  on "$node" sh -c 'export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=https://127.0.0.1:2379 ETCDCTL_CACERT=/etc/etcd/ca.crt \
    ETCDCTL_CERT=/etc/etcd/client.crt ETCDCTL_KEY=/etc/etcd/client.key ETCDCTL_USER=root
    ETCDCTL_PASSWORD=$(tail -n +2 /var/lib/pigsty/secrets/etcd-etcd/root); export ETCDCTL_PASSWORD
    exec etcdctl "$@"' sh "$@"
}

# planned_repair TEXT…: the plan shows an update, and says all of this.
planned_repair() {
  tf plan -detailed-exitcode -out=plan
  expect_status 2
  lab run -- "$cli" show -no-color plan >>"$out"
  expect_output "0 to destroy"
  local text
  for text in "$@"; do expect_output "$text"; done
}

repaired() {
  tf apply plan
  expect_status 0
  plan_is_empty
  wait_until 60 cluster_is_whole
}

# What a plan without a change costs is the same with all this looked at.
test_the_cluster_is_there() {
  work_in 02-ha-cluster
  tf init
  expect_status 0
  tf apply
  expect_status 0
  logged tf plan -detailed-exitcode
  expect_status 0
  expect_counted requests 2
}

test_authentication_that_is_off_is_seen_and_switched_on() {
  work_in 02-ha-cluster
  expect etcdctl pg-test-1 auth disable
  planned_repair "etcd authentication: is off" "switch authentication of etcd on"
  repaired
  run on pg-test-2 env ETCDCTL_API=3 etcdctl --endpoints=https://127.0.0.1:2379 --cacert=/etc/etcd/ca.crt \
    --cert=/etc/etcd/client.crt --key=/etc/etcd/client.key get --prefix /pg
  ((status != 0)) || failure "etcd answers somebody who did not log in"
  expect_output "permission denied"
}

test_the_clusters_own_user_is_looked_after() {
  work_in 02-ha-cluster
  expect etcdctl pg-test-1 role revoke-permission pg-test --prefix /pg/pg-test/
  planned_repair "pg-test etcd login: its role may not read and write its keys" "make the user pg-test of etcd cluster etcd as it was"
  repaired
  expect etcdctl pg-test-1 user delete pg-test
  planned_repair "pg-test etcd login: its user cannot log in"
  repaired
}

test_a_lost_quorum_is_named_and_a_full_apply_brings_it_back() {
  work_in 02-ha-cluster
  expect on pg-test-2 systemctl stop etcd
  expect on pg-test-3 systemctl stop etcd
  nobody_leads() { ! sql pg-test-1 "SELECT pg_is_in_recovery()" | grep -q f; }
  wait_until 90 nobody_leads
  planned_repair "etcd quorum: no member answers a read that a majority agrees in" "etcd-2 service etcd.service: inactive" "etcd-3 service etcd.service: inactive" \
    "pg-test postgresql: no member leads" "etcd cluster etcd answers nobody, and without it Patroni lets no member lead"
  repaired
}

members_started() { [[ $(etcdctl pg-test-1 member list | grep -c ' started,') == 3 ]]; }

test_a_member_that_lost_its_data_is_added_anew() {
  work_in 02-ha-cluster
  expect on pg-test-3 sh -c 'systemctl stop etcd; rm -rf /data/etcd/member; systemctl start --no-block etcd'
  crashing() { [[ $(on pg-test-3 systemctl show --property=SubState --value etcd) == auto-restart ]]; }
  wait_until 30 crashing
  planned_repair "etcd-3 data: is gone" "remove etcd-3 from etcd and add it anew"
  repaired
  expect members_started
  expect on pg-test-3 grep -qx 'initial-cluster-state: new' /etc/etcd/etcd.conf
  run on pg-test-3 ls /run/systemd/system/etcd.service.d /run/etcd-join.conf
  ((status != 0)) || failure "the way in was left behind"
  # Its own data is what it starts with from now on.
  expect on pg-test-3 systemctl restart etcd
  wait_until 30 members_started
}

test_without_a_majority_no_member_is_removed() {
  work_in 02-ha-cluster
  expect on pg-test-2 sh -c 'systemctl stop etcd; mv /data/etcd/member /data/etcd-kept'
  expect on pg-test-3 sh -c 'systemctl stop etcd; mv /data/etcd/member /data/etcd-kept'
  tf apply
  expect_status 1
  expect_output "etcd cluster etcd has no quorum: 2 of its 3 members are needed, 1 answers and has data"
  expect_output "force-new-cluster"
  expect on pg-test-2 sh -c 'systemctl stop etcd; rm -rf /data/etcd/member; mv /data/etcd-kept /data/etcd/member; systemctl start --no-block etcd'
  expect on pg-test-3 sh -c 'systemctl stop etcd; rm -rf /data/etcd/member; mv /data/etcd-kept /data/etcd/member; systemctl start --no-block etcd'
  wait_until 60 members_started
  tf apply
  expect_status 0
  plan_is_empty
  wait_until 60 cluster_is_whole
}

# fill NODE COUNT KEY [NUMBERED]: writes a value of 0.9 MB so many times, into one key or into as many; fails where etcd takes no more.
fill() {
  # shellcheck disable=SC2016
  on "$1" sh -c 'export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=https://127.0.0.1:2379 ETCDCTL_CACERT=/etc/etcd/ca.crt \
    ETCDCTL_CERT=/etc/etcd/client.crt ETCDCTL_KEY=/etc/etcd/client.key ETCDCTL_USER=root
    ETCDCTL_PASSWORD=$(tail -n +2 /var/lib/pigsty/secrets/etcd-etcd/root); export ETCDCTL_PASSWORD
    for i in $(seq "$1"); do
      head -c 700000 /dev/urandom | base64 -w0 | etcdctl put "$2${3:+$i}" || exit
    done' sh "${@:2}"
}

small() { printf 'resource "pigsty_etcd_cluster" "this" {\n  quota_backend_bytes = %s\n}\n' "$1" >small_override.tf; }

test_history_that_fills_the_quota_is_compacted_away() {
  work_in 02-ha-cluster
  small 67108864
  tf apply
  expect_status 0
  plan_is_empty
  run fill pg-test-1 200 /filled
  expect_output "database space exceeded"
  planned_repair "etcd alarm NOSPACE" "compact and defragment etcd, a member at a time, and disarm its alarm NOSPACE"
  repaired
  expect_equal "$(etcdctl pg-test-1 alarm list)" ""
}

# By puts alone no quota is filled with keys: the last one that fits leaves room once all is compacted.
test_keys_that_fill_the_quota_want_a_larger_one() {
  work_in 02-ha-cluster
  small 134217728
  tf apply
  expect_status 0
  expect fill pg-test-1 90 /filled- numbered
  small 67108864
  tf apply
  expect_status 0
  run fill pg-test-1 1 /filled
  expect_output "database space exceeded"
  tf apply
  expect_status 1
  expect_output "raise quota_backend_bytes, or delete keys"
  small 268435456
  planned_repair "etcd alarm NOSPACE" "restart etcd on etcd-1, etcd-2, etcd-3"
  repaired
  expect_equal "$(etcdctl pg-test-1 alarm list)" ""
  expect etcdctl pg-test-1 del --prefix /filled
}

test_a_member_does_not_restart_while_the_others_have_no_quorum() {
  work_in 02-ha-cluster
  # Its unit runs, and it answers nobody.
  expect on pg-test-3 systemctl kill --signal=STOP etcd
  small 134217728
  tf apply
  expect_status 1
  expect_output "not restarted: expected 2 of the 2 other members of etcd to answer, found 1"
  expect on pg-test-1 grep -q 268435456 /etc/etcd/etcd.conf
  expect on pg-test-3 systemctl kill --signal=CONT etcd
  tf apply
  expect_status 0
  plan_is_empty
  wait_until 60 cluster_is_whole
}

test_destroy_goes_through() {
  work_in 02-ha-cluster
  tf destroy
  expect_status 0
}

run_tests
