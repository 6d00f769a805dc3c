#!/usr/bin/env bash
# Redis: mistakes are refused before a node is touched, each with where it is, what was found and what to do.
# with: tofu terraform
# takes: 40
# nodes: none
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/changes.sh"
. "$(dirname "$0")/../lib/redis.sh"

# … and no node is asked.
refused() {
  refused_at_plan "$@"
  expect_no_output "10.10.10.10:22"
}

redis_of() { printf 'resource "pigsty_redis_cluster" "%s" {\n  %s\n}\n' "$1" "$2"; }
# ms_with INSTANCES: redis-ms with these on its first node.
ms_with() { redis_of ms "nodes = { 1 = { address = \"10.10.10.10\", instances = { $1 } } }"; }
monitor_with() { redis_of meta "sentinel_monitor = [{ name = \"redis-ms\", host = \"10.10.10.10\", $1 }]"; }

# Nothing runs at these addresses; the lab only lends its network and the provider's mirror.
lab up --bare rd-1=10.10.10.10 >/dev/null 2>&1
lab kill rd-1 >/dev/null 2>&1

test_the_good_configuration_is_planned() {
  work_in redis
  tf init
  expect_status 0
  tf plan
  expect_status 0
  expect_output 'one node holds 2 of 3 masters: without it no majority of masters is left, and there is no failover'
  expect_output '3 to add'
}

test_instances() {
  work_in redis
  ms_with '6379 = {}, 6380 = { replica_of = "10.10.10.10 7000" }' |
    refused 'nodes["1"].instances["6380"].replica_of' 'found 10.10.10.10 7000'
  ms_with '6379 = { replica_of = "6379" }' | refused 'nodes["1"].instances["6379"].replica_of' 'found itself'
  ms_with '6379 = { replica_of = "6380" }, 6380 = { replica_of = "6379" }' |
    refused 'nodes["1"].instances["6380"].replica_of' 'found a ring'
  ms_with '70000 = {}' | refused 'nodes["1"].instances["70000"]' 'between 1 and 65535'
  ms_with 'first = {}' | refused 'nodes["1"].instances["first"]' 'number'
  ms_with '' | refused 'nodes["1"].instances' 'at least'
}

test_a_native_cluster() {
  work_in redis
  redis_of test 'nodes = { 1 = { address = "10.10.10.12", instances = { 6379 = {}, 6380 = {} } }, 2 = { address = "10.10.10.13", instances = { 6379 = {}, 6380 = {} } } }' |
    refused nodes 'expected at least 3 masters, found 2'
  redis_of test 'replicas = 3' | refused nodes 'no whole number of masters'
  redis_of test 'nodes = { 1 = { address = "10.10.10.12", instances = { 6379 = {}, 6380 = {}, 16379 = {} } } }' |
    refused 'nodes["1"].instances["16379"]' 'that of the bus of instance 6379'
}

test_sentinels() {
  work_in redis
  monitor_with 'quorum = 4' | refused 'sentinel_monitor[0].quorum' 'expected at most 3'
  monitor_with 'password = "two words"' | refused 'sentinel_monitor[0].password' 'without blanks'
  redis_of meta 'sentinel_monitor = [{ name = "x", host = "redis.example.com" }]' | refused 'sentinel_monitor[0].host' 'an IPv4 or IPv6 address'
  redis_of ms 'sentinel_monitor = [{ name = "x", host = "10.10.10.10" }]' | refused sentinel_monitor 'sentinel mode alone'
}

test_settings() {
  work_in redis
  redis_of ms 'mode = "both"' | refused mode both
  redis_of ms 'max_memory = "much"' | refused max_memory 'found "much"'
  redis_of ms 'memory_policy = "lru"' | refused memory_policy 'found "lru"'
  redis_of ms 'rdb_save = ["1200"]' | refused 'rdb_save[0]' 'SECONDS CHANGES'
  redis_of ms 'listen = ["everywhere"]' | refused 'listen[0]' everywhere
  redis_of ms 'parameters = { "requirepass" = "x" }' | refused 'parameters["requirepass"]' 'use `password`'
  redis_of ms 'parameters = { "hz" = "20\nsave 1 1" }' | refused 'parameters["hz"]' 'control characters'
  redis_of ms 'rename_commands = { KEYS = "two words" }' | refused 'rename_commands["KEYS"]' 'without blanks'
  redis_of ms 'password_wo = "x"' | refused password 'password_wo'
}

run_tests
