#!/usr/bin/env bash
# A saved plan meets nodes that changed since: a planned file that somebody edited stops it, a new leader does not.
# with: tofu terraform
# takes: 70
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"

fresh_nodes prepared

rule() {
  printf 'resource "pigsty_pg_cluster" "test" {\n  hba_rules = [{ title = "%s", user = "dbrole_readonly", db = "all", addr = "10.20.0.0/16", auth = "ssl" }]\n}\n' "$1" >rule_override.tf
}

hba_files() {
  local node
  for node in "${nodes[@]}"; do on "$node" sha256sum /pg/conf/pg_hba.conf; done
}

test_a_cluster_is_there() {
  work_in 02-ha-cluster
  tf init
  expect_status 0
  tf apply
  expect_status 0
}

test_an_edited_file_stops_the_saved_plan() {
  work_in 02-ha-cluster
  rule reports
  tf plan -out=plan
  expect_status 0
  expect on pg-test-2 sh -c 'cp -p /pg/conf/pg_hba.conf /root/pg_hba.conf && echo "# by hand" >>/pg/conf/pg_hba.conf'
  local before
  before=$(hba_files)
  tf apply plan
  ((status != 0)) || failure "a saved plan went over a file that was edited since"
  expect_output "pg-test-2"
  expect_output "/pg/conf/pg_hba.conf"
  expect_output "plan again"
  expect_equal "$(hba_files)" "$before"
  expect on pg-test-2 mv /root/pg_hba.conf /pg/conf/pg_hba.conf
}

test_a_failover_is_no_drift() {
  work_in 02-ha-cluster
  rm -f rule_override.tf
  plan_is_empty
  expect on pg-test-1 sudo -u postgres patronictl -c /etc/patroni/patroni.yml switchover pg-test --candidate pg-test-2 --force
  wait_until 40 cluster_is_whole
  expect_equal "$(leader)" pg-test-2
  plan_is_empty
}

test_a_failover_does_not_stop_the_saved_plan() {
  work_in 02-ha-cluster
  rule reports
  tf plan -out=plan
  expect_status 0
  expect on pg-test-1 sudo -u postgres patronictl -c /etc/patroni/patroni.yml switchover pg-test --candidate pg-test-1 --force
  wait_until 40 cluster_is_whole
  expect_equal "$(leader)" pg-test-1
  tf apply plan
  expect_status 0
  plan_is_empty
}

run_tests
