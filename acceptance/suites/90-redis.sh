#!/usr/bin/env bash
# Redis with a replica, sentinels that watch it, and a native cluster, on bare nodes: made, lost and found again, failed
# over, imported, destroyed. Failover is not drift.
# with: tofu
# takes: 350
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/changes.sh"
. "$(dirname "$0")/../lib/redis.sh"

redis_nodes bare

# A Redis of somebody else, on another port of a node that gets ours, and files of somebody else beside ours.
test_somebody_else_s_redis_is_there_first() {
  expect on rd-1 sh -c 'ln -s /dev/null /etc/systemd/system/redis-server.service &&
    apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y redis-server >/dev/null 2>&1 && rm /etc/systemd/system/redis-server.service'
  expect on rd-1 sh -c 'mkdir -p /srv/foreign /data/redis && echo canary | tee /data/redis/canary >/etc/redis/canary &&
    printf "port 7777\ndir /srv/foreign\nappendonly yes\nappendfsync always\n" >/srv/foreign/foreign.conf &&
    printf "[Service]\nExecStart=/usr/bin/redis-server /srv/foreign/foreign.conf\n[Install]\nWantedBy=multi-user.target\n" >/etc/systemd/system/foreign-redis.service &&
    systemctl daemon-reload && systemctl enable --now --quiet foreign-redis'
  wait_until 10 on rd-1 redis-cli -e -p 7777 SET foreign kept
}

test_the_three_are_made_on_bare_nodes() {
  work_in redis
  tf init
  expect_status 0
  tf apply
  expect_status 0
  expect ms_is_whole
  wait_until 10 sentinels_agree
  expect test_is_whole
  expect_equal "$(ms_master)" "10.10.10.10 6379"
  plan_is_empty
}

test_the_packages_own_servers_neither_run_nor_start() {
  local node unit
  for node in "${nodes[@]}"; do
    for unit in redis-server redis-sentinel; do
      [[ $(on "$node" systemctl is-active "$unit") != active ]] || failure "$unit runs on $node"
      [[ $(on "$node" systemctl is-enabled "$unit") != enabled ]] || failure "$unit starts with $node"
    done
  done
}

test_clients_write_and_read() {
  expect_equal "$(ms 10.10.10.10 6379 SET greeting hello)" OK
  # shellcheck disable=SC2317
  on_the_replica() { [[ $(ms 10.10.10.11 6379 GET greeting) == hello ]]; }
  wait_until 5 on_the_replica
  local i
  for i in 1 2 3 4 5 6; do
    expect_equal "$(cluster_client 10.10.10.12 6379 SET "key-$i" "value-$i")" OK
    expect_equal "$(cluster_client 10.10.10.13 6381 GET "key-$i")" "value-$i"
  done
  # Nobody comes in without the password.
  run on rd-2 redis-cli -e -h 10.10.10.10 -p 6379 GET greeting
  expect_status 1
  expect_output NOAUTH
}

test_no_replica_is_beside_its_master() {
  local pairs
  pairs=$(shard 10.10.10.12 6379 CLUSTER NODES | awk '{split($2, a, ":"); at[$1] = a[1]; if ($3 ~ /slave/) of[$1] = $4} END {for (i in of) if (at[i] == at[of[i]]) print i}')
  expect_equal "$pairs" ""
}

test_a_second_apply_writes_nothing() {
  work_in redis
  an_apply_writes_nothing
}

# No password in what processes show, in a state that it is kept out of, or in a file that everybody may read.
test_no_secret_lies_about() {
  work_in redis
  local node
  for node in "${nodes[@]}"; do
    # The words to look for come by standard input, and a grep that shows itself is no find.
    # shellcheck disable=SC2016
    printf '%s\n' "$TF_VAR_ms_password" "$TF_VAR_test_password" | run on "$node" sh -c 'cat >/run/words; chmod 600 /run/words
      for one in /proc/[0-9]*; do tr "\0" "\n" <"$one/cmdline" | grep -F -f /run/words; done 2>/dev/null
      find / -xdev -type f -perm -o=r -size -2000k -not -path "/proc/*" -not -path "/sys/*" -not -path "/usr/*" -exec grep -lF -f /run/words {} + 2>/dev/null
      find /var/lib/pigsty/claims -type f -exec grep -lF -f /run/words {} + ; rm /run/words'
    expect_equal "$(cat "$out")" ""
  done
  run grep -lF "$TF_VAR_test_password" terraform.tfstate
  expect_status 1
}

test_a_killed_master_is_replaced_or_back() {
  work_in redis
  local was
  was=$(ms_master) || failure "no master"
  expect on "$(node_at "${was% *}")" systemctl kill --signal=KILL "redis-ms-1-${was#* }.service"
  wait_until 40 ms_is_whole
  wait_until 20 sentinels_agree
  plan_is_empty
}

# It lives and does not answer: nothing restarts it, so Sentinel has to choose another.
test_sentinel_replaces_a_master_that_hangs() {
  work_in redis
  local was unit node
  was=$(ms_master) || failure "no master"
  node=$(node_at "${was% *}")
  unit=redis-ms-$([[ $node == rd-1 ]] && echo 1 || echo 2)-${was#* }.service
  expect on "$node" systemctl kill --signal=STOP "$unit"
  # shellcheck disable=SC2317
  another_leads() { [[ -n $(sentinel_address) && $(sentinel_address) != "$was" ]]; }
  wait_until 30 another_leads
  read -ra now <<<"$(sentinel_address)"
  writes_within 10 ms "${now[@]}"
  expect on "$node" systemctl kill --signal=CONT "$unit"
  wait_until 40 ms_is_whole
  [[ $(ms_master) != "$was" ]] || failure "the old master leads again"
  plan_is_empty
}

test_a_power_cut_of_the_master_s_node_is_no_drift() {
  work_in redis
  # The master is on the first node, or is brought there by its own sentinels.
  local i
  for i in 1 2 3; do
    [[ $(ms_master) != 10.10.10.11* ]] && break
    meta 26379 SENTINEL FAILOVER redis-ms >/dev/null
    wait_until 40 ms_is_whole
    wait_until 30 sentinels_agree
  done
  [[ $(ms_master) == 10.10.10.10* ]] || failure "the master stayed on $(ms_master)"
  expect lab kill rd-1
  # shellcheck disable=SC2317
  second_leads() { [[ $(sentinel_address) == "10.10.10.11 6379" ]]; }
  wait_until 40 second_leads
  writes_within 10 ms 10.10.10.11 6379
  tf plan
  expect_status 0
  expect_output "does not answer"
  expect_output "No changes"
  expect lab start rd-1
  wait_until 60 ms_is_whole
  expect_equal "$(ms_master)" "10.10.10.11 6379"
  wait_until 20 sentinels_agree
  expect_equal "$(on rd-1 redis-cli -e -p 7777 GET foreign)" kept
  plan_is_empty
}

# The node with one of the three masters: two are left, which is a majority.
test_the_cluster_fails_over_and_takes_the_node_back() {
  work_in redis
  local lost=10.10.10.12 other=10.10.10.13
  [[ $(masters_on $lost $lost | wc -l) == 1 ]] || { lost=10.10.10.13 other=10.10.10.12; }
  expect_equal "$(masters_on $lost $lost | wc -l)" 1
  expect lab kill "$(node_at $lost)"
  # shellcheck disable=SC2317
  three_lead() { [[ $(masters_on $other $other | wc -l) == 3 && $(shard $other 6379 CLUSTER INFO | told cluster_state) == ok ]]; }
  wait_until 40 three_lead
  local i
  for i in 1 2 3 4 5 6; do writes_within 10 cluster_client $other 6379; done
  tf plan
  expect_status 0
  expect_output "does not answer"
  expect_output "No changes"
  expect lab start "$(node_at $lost)"
  wait_until 90 test_is_whole
  plan_is_empty
}

# A master and another one's replica come back without nodes.conf, too quickly for a failover: the others call neither failed.
test_members_that_lost_their_id_are_taken_back() {
  work_in redis
  local i at port name lost
  for i in {1..30}; do expect_equal "$(cluster_client 10.10.10.13 6379 SET "kept-$i" "value-$i")" OK; done
  lost=$(shard 10.10.10.13 6379 CLUSTER NODES | awk '{split($2, a, "@"); at[$1] = a[1]} $3 ~ /slave/ {of[$1] = $4; if (!first) first = $4}
    END {print at[first]; for (i in of) if (of[i] != first) {print at[i]; exit}}')
  expect_equal "$(wc -l <<<"$lost")" 2
  while IFS=: read -r at port <&3; do
    name=redis-test-$((${at##*.} - 11))-$port
    expect on "$(node_at "$at")" sh -c "systemctl stop $name && rm /data/redis/$name/nodes.conf && systemctl start $name"
  done 3<<<"$lost"
  tf plan -detailed-exitcode
  expect_status 2
  expect_output 'an id is remembered that no member has any more'
  tf apply
  expect_status 0
  wait_until 20 test_is_whole
  for i in {1..30}; do expect_equal "$(cluster_client 10.10.10.13 6379 GET "kept-$i")" "value-$i"; done
  plan_is_empty
}

imports() {
  cat <<'END_OF_IMPORTS'
import {
  to       = pigsty_redis_cluster.ms
  identity = { name = "redis-ms", address = "10.10.10.11" }
}
import {
  to       = pigsty_redis_cluster.meta
  identity = { name = "redis-meta", address = "10.10.10.11" }
}
import {
  to       = pigsty_redis_cluster.test
  identity = { name = "redis-test", address = "10.10.10.13" }
}
END_OF_IMPORTS
}

test_imports_plan_nothing() {
  work_in redis
  local name address
  for name in meta ms test; do
    run lab run -- "$cli" state rm "pigsty_redis_cluster.$name"
    expect_status 0
  done
  for name in ms meta test; do
    address=10.10.10.11
    [[ $name != test ]] || address=10.10.10.12
    tf import "pigsty_redis_cluster.$name" "redis-$name@$address"
    expect_status 0
  done
  plan_is_empty
}

test_imports_by_identity_plan_nothing() {
  work_in redis
  local name
  for name in meta ms test; do
    run lab run -- "$cli" state rm "pigsty_redis_cluster.$name"
    expect_status 0
  done
  imports >imports.tf
  tf apply
  expect_status 0
  expect_output 'Resources: 3 imported, 0 added, 0 changed, 0 destroyed.'
  rm imports.tf
  plan_is_empty
}

test_a_protected_one_is_not_destroyed() {
  work_in redis
  export TF_VAR_deletion_protection=true
  tf apply
  expect_status 0
  tf destroy
  expect_status 1
  expect_output deletion_protection
  expect ms_is_whole
}

test_a_destroy_leaves_nothing_of_ours_and_all_that_is_not() {
  work_in redis
  tf apply
  expect_status 0
  tf destroy
  expect_status 0
  local node
  for node in "${nodes[@]}"; do
    run on "$node" sh -c 'ls -d /etc/redis/redis-* /data/redis/redis-* /etc/systemd/system/*redis-* /var/lib/pigsty/claims/redis_cluster-* /var/lib/pigsty/secrets/redis* 2>/dev/null'
    expect_equal "$(cat "$out")" ""
    run on "$node" sh -c 'systemctl list-units --all --plain --no-legend "redis-ms-*" "redis-meta-*" "redis-test-*"'
    expect_equal "$(cat "$out")" ""
  done
  expect_equal "$(on rd-1 redis-cli -e -p 7777 GET foreign)" kept
  expect_equal "$(on rd-1 cat /data/redis/canary /etc/redis/canary | tr '\n' ' ')" "canary canary "
}

run_tests
