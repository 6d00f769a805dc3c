#!/usr/bin/env bash
# What Redis, MinIO, etcd and HAProxy beside each other cost, as a table: examples/scenarios/06-redis-etcd-minio from bare machines,
# beside a hand-written script (others-floor.sh), and a growing number of Redis instances on one node. Exits 1 where a bound is
# broken.
#
#   acceptance/bench/others.sh           about eight minutes; the lab must be down, and is down afterwards
#
# PIGSTY_BENCH_ROUNDS   how often the machines are made, by the floor and by us in turns (3): the median counts
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/drives.sh"
. "$(dirname "$0")/../lib/others.sh"
. "$(dirname "$0")/measure.sh"

measure_the_create() {
  local -a floor=() ours=()
  local round
  for ((round = 1; round <= rounds; ++round)); do
    fresh_others
    timed run "$suite_dir/bench/others-floor.sh"
    expect_status 0
    floor+=("$took")
    (others_serve) || exit 1
    fresh_others
    rm -rf "$work_root/06-redis-etcd-minio"
    work_in 06-redis-etcd-minio
    quiet_tf init
    timed logged quiet_tf apply
    ours+=("$took")
    (others_serve) || exit 1
  done
  row 'create of five bare machines: the floor (s)' "$(median "${floor[@]}")" "median of ${floor[*]}"
  row 'create of five bare machines: ours (s)' "$(median "${ours[@]}")" "median of ${ours[*]}"
  bound '  ratio' "$(calculate "$(median "${ours[@]}") / $(median "${floor[@]}")" 2)" 1.25
  row '  root requests of the busiest node' "$(counted requests)"
}

measure_an_unchanged_plan() {
  work_in 06-redis-etcd-minio
  logged quiet_tf plan -detailed-exitcode
  bound 'plan without a change: root requests of the busiest node' "$(counted requests)" 2
  measure_beyond_the_cli 06-redis-etcd-minio "$(lab run -- "$cli" state list | grep -c pigsty_)" 0.5
}

measure_one_value_of_six_instances() {
  work_in 06-redis-etcd-minio
  printf 'resource "pigsty_redis_cluster" "test" {\n  max_memory = "48MB"\n}\n' >value_override.tf
  logged quiet_tf plan -out=plan
  row 'one value of six instances, plan: root requests of the busiest node' "$(counted requests)"
  timed logged quiet_tf apply plan
  row 'one value of six instances, apply (s)' "$took"
  bound 'one value of six instances, apply: root requests of the busiest node' "$(counted requests)" 3
}

# Every instance has a file, a unit and a server of its own: what a plan asks of them grows with their number, its requests do not.
measure_many_instances() {
  local count
  local -a times=()
  start_lab bare os-1=10.10.10.10
  mkdir -p "$work_root/many"
  cd "$work_root/many" || exit 1
  for count in 16 32 64; do
    cat >main.tf <<TF
terraform {
  required_providers {
    pigsty = { source = "pigsty/pigsty" }
  }
}
provider "pigsty" {}
resource "pigsty_redis_cluster" "many" {
  for_each            = toset([for i in range($count / 16) : tostring(i)])
  name                = "redis-\${each.key}"
  mode                = "standalone"
  password            = "many"
  max_memory          = "4MB"
  nodes               = { 1 = { address = "10.10.10.10", instances = { for i in range(16) : 7000 + 16 * tonumber(each.key) + i => {} } } }
  deletion_protection = false
}
TF
    quiet_tf init
    timed quiet_tf apply
    row "$count instances of Redis on one node, create of the last half (s)" "$took"
    logged quiet_tf plan -detailed-exitcode
    bound "$count instances, plan without a change: root requests" "$(counted requests)" 2
    times=()
    for _ in 1 2 3; do
      timed quiet_tf plan
      times+=("$took")
    done
    row "$count instances, plan without a change (s, best of 3)" "$(best "${times[@]}")"
  done
}

row what measured bound
measure_the_create
measure_an_unchanged_plan
measure_one_value_of_six_instances
measure_many_instances
exit "$broken"
