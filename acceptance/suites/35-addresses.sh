#!/usr/bin/env bash
# Machines that the same run makes: nothing is asked of a node while planning its creation.
# with: tofu
# takes: 80
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"

nodes=(pg-test-1 pg-test-2)
lab down >/dev/null 2>&1
lab up --prepared pg-test-1=10.10.10.11 pg-test-2=10.10.10.12 >/dev/null 2>&1
export TF_VAR_start="$suite_dir/lab/lab start"

switch_nodes_off() {
  local node
  for node in "${nodes[@]}"; do expect lab kill "$node"; done
}

test_addresses_that_are_not_known_yet() {
  export TF_VAR_known=false
  work_in addresses
  switch_nodes_off
  tf init
  expect_status 0
  tf plan -out=plan
  expect_status 0
  tf apply plan
  expect_status 0
  plan_is_empty
  tf destroy
  expect_status 0
}

test_machines_that_appear_during_apply() {
  export TF_VAR_known=true
  work_in addresses
  switch_nodes_off
  tf plan -out=plan
  expect_status 0
  expect_equal "$(planned pigsty_pg_cluster.test | jq -r '.after.instances["2"].address')" 10.10.10.12
  tf apply plan
  expect_status 0
  plan_is_empty
}

run_tests
