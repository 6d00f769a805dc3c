#!/usr/bin/env bash
# Redis in its three modes, etcd of three members and MinIO behind HAProxy beside each other on five bare machines, as
# examples/scenarios/06-redis-etcd-minio has them: made, empty plan, a machine off, and nothing left.
# with: tofu terraform
# takes: 240
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/changes.sh"
. "$(dirname "$0")/../lib/drives.sh"
. "$(dirname "$0")/../lib/others.sh"

fresh_others

test_all_are_made_on_bare_machines() {
  work_in 06-redis-etcd-minio
  tf init
  expect_status 0
  tf apply
  expect_status 0
  plan_is_empty
  expect_equal "$(lab run -- "$cli" output -json etcd | jq -c .)" '{"alarms":[],"healthy":true,"members":3}'
}

test_a_second_apply_writes_nothing() {
  work_in 06-redis-etcd-minio
  an_apply_writes_nothing
}

test_each_serves() { others_serve; }

# What is read tells it: the output that shows the health is all that is to change.
test_with_a_machine_off_all_serve_and_nothing_is_to_change() {
  work_in 06-redis-etcd-minio
  expect lab kill os-2
  wait_until 90 through os-1 without-2-from-1
  wait_until 30 through os-3 without-2-from-3
  tf plan -detailed-exitcode -out=plan
  expect_status 2
  expect_output "does not answer"
  expect_output "Changes to Outputs"
  lab run -- "$cli" show -json plan >"$work_root/plan.json"
  expect_equal "$(jq -c '[.resource_changes[] | select(.change.actions != ["no-op"]) | .address]' "$work_root/plan.json")" "[]"
  expect_equal "$(jq -c '.output_changes.etcd.after' "$work_root/plan.json")" '{"alarms":[],"healthy":false,"members":3}'
  expect lab start os-2
  give_drives os-2 /data1 /data2 || failure "os-2 has no drives"
  # Its drives come back empty, as new ones would be.
  tf apply
  expect_status 0
  wait_until 60 through os-2 again
  plan_is_empty
}

test_destroy_leaves_nothing() {
  work_in 06-redis-etcd-minio
  TF_VAR_deletion_protection=false tf apply
  expect_status 0
  TF_VAR_deletion_protection=false tf destroy
  expect_status 0
  local node
  for node in "${nodes[@]}"; do
    expect on "$node" sh -c '! ls -d /etc/haproxy/conf.d/minio.cfg /etc/pki/ca.crt /etc/redis/redis-* /data/redis /data/etcd /etc/default/minio /var/lib/pigsty/claims/* 2>/dev/null | grep .'
  done
}

run_tests
