#!/usr/bin/env bash
# Bare machines: the packages come from a repository, nothing of theirs starts by itself, not even after a power cut.
# with: tofu
# takes: 240
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"

fresh_nodes bare

test_the_scenario_applies_to_bare_machines() {
  work_in 02-ha-cluster
  tf init
  expect_status 0
  tf apply
  expect_status 0
  plan_is_empty
  expect as_app 10.10.10.11 5433 "CREATE TABLE note AS SELECT 'kept' AS body"
}

test_a_power_cut_brings_the_same_cluster_back() {
  work_in 02-ha-cluster
  local node
  for node in "${nodes[@]}"; do expect lab kill "$node"; done
  expect lab up --bare pg-test-1=10.10.10.11 pg-test-2=10.10.10.12 pg-test-3=10.10.10.13
  wait_until 90 cluster_is_whole
  still_there() { [[ $(as_app 10.10.10.11 5433 "SELECT body FROM note") == kept ]]; }
  wait_until 30 still_there
  for node in "${nodes[@]}"; do
    expect_equal "$(on "$node" sh -c 'pg_lsclusters --no-header | wc -l')" 0
  done
  plan_is_empty
}

run_tests
