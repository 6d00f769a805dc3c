#!/usr/bin/env bash
# Redis: every attribute changed in place and brought back, what somebody changed by hand, passwords rotated under a writer,
# and passwords that hold anything.
# with: tofu
# takes: 380
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/changes.sh"
. "$(dirname "$0")/../lib/redis.sh"

nodes=(rd-1 rd-2)
lab_nodes=(rd-1=10.10.10.10 rd-2=10.10.10.11)
export TF_VAR_app_password=app-$RANDOM-$RANDOM TF_VAR_odd_password=odd-$RANDOM
redis_nodes bare

app() { redis "$TF_VAR_app_password" "$@"; }
watch() { redis watch-word 10.10.10.11 "$@"; }
shards() { redis shards-word "$@"; }
# value ADDRESS PORT NAME: what the server of redis-app runs with.
value() { app "$1" "$2" CONFIG GET "$3" | tail -n 1; }
run_id() { app "$1" 6379 INFO server | told run_id; }

app_is_whole() {
  [[ $(app 10.10.10.10 6379 INFO replication | told role) == master ]] &&
    [[ $(app 10.10.10.11 6379 INFO replication | told master_link_status) == up ]]
}

changed() { changed_in redis-changes; }
brought_back() { brought_back_in redis-changes; }
announced() { announced_for "pigsty_redis_cluster.${1:-app}"; }

test_all_are_made() {
  work_in redis-changes
  tf init
  expect_status 0
  tf apply
  expect_status 0
  expect app_is_whole
  plan_is_empty
}

# look JQ: of what the data sources show to somebody without this state.
look() {
  work_in redis-look
  rm -rf terraform.tfstate
  lab run -- "$cli" init -no-color >/dev/null && lab run -- "$cli" apply -auto-approve -no-color >/dev/null &&
    lab run -- "$cli" output -json look | jq -r "$1"
}

# These sentinels have no password for it, and find it down, each after its `down_after`.
finds_it_down() {
  local port
  for port in 26379 26380 26381; do
    watch $port SENTINEL MASTER redis-app | grep -A 1 '^flags$' | grep -q s_down || return 1
  done
}

test_the_data_source_shows_what_runs() {
  local seen
  wait_until 60 finds_it_down
  seen=$(look .) || failure "the data sources could not be read"
  shown() { jq -r "$1" <<<"$seen"; }
  expect_equal "$(shown '[.app, .watch, .shards | .mode, .engine, .healthy] | join(" ")')" "standalone redis true sentinel redis false cluster redis true"
  expect_equal "$(shown '.app.instances["redis-app-1-6379"] | [.address, .port, .role, .healthy] | join(" ")')" "10.10.10.10 6379 master true"
  expect_equal "$(shown '.app.instances["redis-app-2-6379"] | [.role, .master, .linked, .memory_limit] | join(" ")')" "replica 10.10.10.10 6379 true 67108864"
  expect_equal "$(shown .app.version)" "$(app 10.10.10.10 6379 INFO server | told redis_version)"
  (($(shown '.app.instances["redis-app-1-6379"].memory_used') > 100000)) || failure "no memory is in use"
  expect_equal "$(shown '[.shards.instances[].slots] | sort | join(" ")')" "0-5460 10922-16383 5461-10921"
  expect_equal "$(shown '[.shards.state, .shards.slots_served, .app.state] | join(" ")')" "ok 16384 "
  expect_equal "$(shown '.watch.monitors["redis-app"] | [.host, .port, .quorum, .sentinels, .healthy] | join(" ")')" "10.10.10.10 6379 2 3 false"
  expect_equal "$(shown '[.watch.instances[].role] | unique | join(" ")')" sentinel
  expect_equal "$(shown '.app.endpoints[0].uri')" "redis://10.10.10.10:6379,10.10.10.11:6379"
}

test_what_a_running_server_takes() {
  local first second
  first=$(run_id 10.10.10.10) second=$(run_id 10.10.10.11)
  changed <<'OVERRIDE'
resource "pigsty_redis_cluster" "app" {
  max_memory    = "96MB"
  memory_policy = "noeviction"
  rdb_save      = ["900 1", "300 10"]
  aof           = true
  parameters    = { "hz" = "20", "slowlog-max-len" = "256" }
}
OVERRIDE
  local address
  for address in 10.10.10.10 10.10.10.11; do
    expect_equal "$(value $address 6379 maxmemory)" 100663296
    expect_equal "$(value $address 6379 maxmemory-policy)" noeviction
    expect_equal "$(value $address 6379 save)" "900 1 300 10"
    expect_equal "$(value $address 6379 appendonly)" yes
    expect_equal "$(value $address 6379 hz) $(value $address 6379 slowlog-max-len)" "20 256"
  done
  changed <<'OVERRIDE'
resource "pigsty_redis_cluster" "app" {
  rdb_save = []
  nodes = {
    1 = { address = "10.10.10.10", instances = { 6379 = { max_memory = "80MB", parameters = { "slowlog-max-len" = "64" } } } }
    2 = { address = "10.10.10.11", instances = { 6379 = { replica_of = "10.10.10.10 6379" } } }
  }
}
OVERRIDE
  expect_equal "$(value 10.10.10.10 6379 save)" ""
  expect_equal "$(value 10.10.10.10 6379 maxmemory) $(value 10.10.10.10 6379 slowlog-max-len)" "83886080 64"
  expect_equal "$(value 10.10.10.11 6379 maxmemory) $(value 10.10.10.11 6379 slowlog-max-len)" "67108864 128"
  brought_back
  expect_equal "$(value 10.10.10.10 6379 save)" "1200 1"
  expect_equal "$(value 10.10.10.10 6379 appendonly) $(value 10.10.10.10 6379 hz)" "no 10"
  expect_equal "$(run_id 10.10.10.10) $(run_id 10.10.10.11)" "$first $second"
}

test_what_needs_a_restart_waits_for_one_and_gets_it() {
  local first
  first=$(run_id 10.10.10.10)
  changed <<'OVERRIDE'
resource "pigsty_redis_cluster" "app" {
  parameters      = { "databases" = "20" }
  rename_commands = { FLUSHALL = "flush_it_all" }
}
OVERRIDE
  [[ $(announced) == *databases* ]] || failure "the wait is not announced: $(announced)"
  expect_equal "$(run_id 10.10.10.10)" "$first"
  expect_equal "$(value 10.10.10.10 6379 databases)" 16
  changed <<'OVERRIDE'
resource "pigsty_redis_cluster" "app" {
  parameters      = { "databases" = "20" }
  rename_commands = { FLUSHALL = "flush_it_all" }
  restart         = "rolling"
}
OVERRIDE
  [[ $(announced) == *restart*databases* ]] || failure "the restart is not announced: $(announced)"
  local address
  for address in 10.10.10.10 10.10.10.11; do expect_equal "$(value $address 6379 databases)" 20; done
  run app "$(watch 26379 SENTINEL GET-MASTER-ADDR-BY-NAME redis-app | head -n 1)" 6379 FLUSHALL
  expect_status 1
  expect_output "unknown command"
  changed <<'OVERRIDE'
resource "pigsty_redis_cluster" "app" {
  restart = "rolling"
}
OVERRIDE
  brought_back
  for address in 10.10.10.10 10.10.10.11; do expect_equal "$(value $address 6379 databases)" 16; done
}

test_sentinels_learn_other_wishes() {
  changed <<'OVERRIDE'
resource "pigsty_redis_cluster" "watch" {
  sentinel_monitor = [
    { name = "redis-app", host = "10.10.10.10", quorum = 3, down_after = 4000, failover_timeout = 30000, parallel_syncs = 2 },
    { name = "second", host = "10.10.10.10", port = 6500, quorum = 1 },
  ]
}
OVERRIDE
  local port
  for port in 26379 26380 26381; do
    expect_equal "$(watch $port SENTINEL MASTER redis-app | grep -A 1 -E '^(quorum|down-after-milliseconds|failover-timeout|parallel-syncs)$' | grep -E '^[0-9]+$' | tr '\n' ' ')" "4000 3 30000 2 "
    expect_equal "$(watch $port SENTINEL MASTER second | sed -n '/^port$/{n;p}')" 6500
  done
  brought_back
  run watch 26380 SENTINEL MASTER second
  expect_output "No such master"
  expect_equal "$(watch 26380 SENTINEL MASTER redis-app | sed -n '/^quorum$/{n;p}')" 2
}

watched_at() { watch "$1" SENTINEL GET-MASTER-ADDR-BY-NAME redis-app | tr '\n' ' '; }
# monitor_at PORT: redis-app's name for what is there.
monitor_at() {
  cat <<OVERRIDE
resource "pigsty_redis_cluster" "watch" {
  sentinel_monitor = [
    { name = "redis-app", host = "10.10.10.10", port = $1, password = var.odd_password, quorum = 2, down_after = 3000 },
  ]
}
OVERRIDE
}

test_another_address_of_a_primary_is_announced_and_watched() {
  local port
  changed < <(monitor_at 6500)
  [[ $(announced watch) == *"10.10.10.10 6500"* ]] || failure "not announced: $(announced watch)"
  for port in 26379 26380 26381; do expect_equal "$(watched_at $port)" "10.10.10.10 6500 "; done
  # Any member of the group names it: Sentinel knows who of them leads.
  changed < <(monitor_at 6501)
  for port in 26379 26380 26381; do expect_equal "$(watched_at $port)" "10.10.10.10 6500 "; done
  # Where nobody is, nothing is forgotten.
  work_in redis-changes
  monitor_at 6555 >change_override.tf
  tf apply
  expect_status 1
  expect_output "expected somebody to answer at 10.10.10.10 6555"
  for port in 26379 26380 26381; do expect_equal "$(watched_at $port)" "10.10.10.10 6500 "; done
  brought_back
  for port in 26379 26380 26381; do expect_equal "$(watched_at $port)" "10.10.10.10 6379 "; done
}

test_the_cluster_s_parameters() {
  changed <<'OVERRIDE'
resource "pigsty_redis_cluster" "shards" {
  max_memory = "24MB"
  parameters = { "cluster-node-timeout" = "4000" }
}
OVERRIDE
  expect_equal "$(shards 10.10.10.11 7002 CONFIG GET cluster-node-timeout | tail -n 1)" 4000
  brought_back
}

# loses NAME FILES: redis-shards-NAME stops as at a shutdown and starts without these files of its folder.
loses() {
  expect on "$(shards_node "$1")" sh -c "systemctl stop redis-shards-$1 && cd /data/redis/redis-shards-$1 && rm -rf -- $2 && systemctl start redis-shards-$1"
}
shards_node() { printf 'rd-%s' "${1%%-*}"; }
shards_client() { redis_options=-c redis shards-word "$@"; }
shards_know() {
  local member
  for member in "10.10.10.10 7001" "10.10.10.11 7001" "10.10.10.11 7002"; do
    # shellcheck disable=SC2086
    [[ $(shards $member CLUSTER INFO | tr -d '\r' | sed -n 's/^cluster_\(state\|slots_ok\|known_nodes\|size\)://p' | tr '\n' ' ') == "ok 16384 3 3 " ]] || return 1
  done
}

# Without a replica only its own disk has the keys, and they are served again.
test_a_member_that_lost_its_id_serves_its_keys_again() {
  work_in redis-changes
  local i
  for i in {1..30}; do expect_equal "$(shards_client 10.10.10.11 7001 SET "kept-$i" "value-$i")" OK; done
  loses 1-7001 nodes.conf
  tf plan -detailed-exitcode
  expect_status 2
  expect_output 'an id is remembered that no member has any more'
  expect_output 'forget the id that a member of redis-shards lost'
  tf apply
  expect_status 0
  wait_until 20 shards_know
  for i in {1..30}; do expect_equal "$(shards_client 10.10.10.11 7002 GET "kept-$i")" "value-$i"; done
  plan_is_empty
}

# Nobody has them any more: to go on without is said by a person.
test_a_member_that_lost_its_data_is_given_no_slots_silently() {
  work_in redis-changes
  loses 1-7001 '*'
  tf apply
  expect_status 1
  expect_output 'has the data of the slots 0 5460'
  expect_output 'CLUSTER ADDSLOTSRANGE 0 5460'
  expect_equal "$(shards 10.10.10.10 7001 CLUSTER ADDSLOTSRANGE 0 5460)" OK
  tf apply
  expect_status 0
  wait_until 20 shards_know
  expect shards_client 10.10.10.11 7001 SET written-after it
  plan_is_empty
}

test_what_is_decided_at_creation_stays() {
  work_in redis-changes
  local line
  while IFS= read -r line <&3; do
    printf 'resource "pigsty_redis_cluster" "shards" {\n  %s\n}\n' "$line" >fixed_override.tf
    tf plan
    ((status == 1)) || failure "not refused: $line"
    expect_output "${line%% =*}"
  done 3<<'LINES'
mode = "standalone"
engine = "valkey"
data_dir = "/data/other"
replicas = 1
nodes = { 1 = { address = "10.10.10.10", instances = { 7001 = {}, 7003 = {} } }, 2 = { address = "10.10.10.11", instances = { 7001 = {}, 7002 = {} } } }
LINES
  rm fixed_override.tf
}

# by_hand NODE COMMAND and what the plan has to name. R: redis-cli as the account's password stands in the environment.
changes_by_hand() {
  cat <<'END_OF_CHANGES'
rd-1 app redis-cli -p 6379 CONFIG SET maxmemory 70mb => redis-app-1-6379|maxmemory
rd-2 app redis-cli -p 6379 CONFIG SET maxmemory-policy volatile-ttl => redis-app-2-6379|maxmemory-policy
rd-1 app redis-cli -p 6379 CONFIG SET save "" => redis-app-1-6379|save
rd-1 app redis-cli -p 6379 ACL SETUSER intruder on ">x" "~*" +@all => redis-app-1-6379|intruder
rd-2 app redis-cli -p 6379 REPLICAOF NO ONE => redis-app
rd-1 app echo "# by hand" >>/etc/redis/redis-app-1-6379.own.conf => /etc/redis/redis-app-1-6379.own.conf
rd-1 app systemctl stop redis-shards-1-7001 => redis-shards-1-7001.service
rd-2 app systemctl disable redis-shards-2-7001 => redis-shards-2-7001.service
rd-1 app chmod 0666 /etc/redis/redis-odd-1-6500.own.conf => /etc/redis/redis-odd-1-6500.own.conf
rd-1 odd redis-cli -p 6501 REPLICAOF 10.10.10.10 6379 => redis-odd
rd-2 watch redis-cli -p 26380 SENTINEL REMOVE redis-app => redis-watch-2-26380|redis-app
rd-2 watch redis-cli -p 26379 SENTINEL REMOVE redis-app && redis-cli -p 26379 SENTINEL MONITOR redis-app 10.10.10.10 6500 2 => redis-watch-2-26379|watches another group than that of 10.10.10.10 6379
rd-2 watch redis-cli -p 26381 SENTINEL SET redis-app quorum 1 => redis-watch-2-26381|quorum
END_OF_CHANGES
}

password_of() {
  case $1 in app) printf '%s' "$TF_VAR_app_password" ;; odd) printf '%s' "$TF_VAR_odd_password" ;; watch) printf watch-word ;; esac
}

test_every_change_by_hand_is_seen_and_repaired() {
  work_in redis-changes
  expect app_is_whole
  local line node whose command word
  while IFS= read -r line <&3; do
    read -r node whose command <<<"${line% => *}"
    printf '%s\n' "$(password_of "$whose")" | expect on "$node" sh -c "read -r REDISCLI_AUTH; export REDISCLI_AUTH; $command </dev/null"
  done 3< <(changes_by_hand)
  tf plan -detailed-exitcode -out=plan
  expect_status 2
  lab run -- "$cli" show -no-color plan >"$out"
  while IFS= read -r line <&3; do
    IFS='|' read -ra words <<<"${line##* => }"
    for word in "${words[@]}"; do expect_output "$word"; done
  done 3< <(changes_by_hand)
  tf apply plan
  expect_status 0
  plan_is_empty
  wait_until 30 app_is_whole
  expect_equal "$(value 10.10.10.10 6379 maxmemory) $(value 10.10.10.10 6379 save)" "67108864 1200 1"
  expect_equal "$(app 10.10.10.10 6379 ACL LIST | grep -c intruder)" 0
  expect_equal "$(shards 10.10.10.11 7002 CLUSTER INFO | told cluster_state)" ok
  expect_equal "$(watch 26381 SENTINEL MASTER redis-app | sed -n '/^quorum$/{n;p}')" 2
  expect_equal "$(watched_at 26379)" "10.10.10.10 6379 "
}

# Its login to the master was changed by hand: it goes on serving what it has.
test_a_replica_without_a_link_is_seen_and_linked_again() {
  work_in redis-changes
  expect app 10.10.10.11 6379 CONFIG SET masterauth not-this-one
  expect app 10.10.10.10 6379 CLIENT KILL TYPE replica
  tf plan -detailed-exitcode
  expect_status 2
  expect_output 'redis-app-2-6379 replication: its link to its master stays down'
  tf apply
  expect_status 0
  expect app_is_whole
  plan_is_empty
}

# A master that is off is an outage: what to do is said of its unit, nothing of those that wait for it.
test_a_replica_of_a_master_that_is_off_is_no_drift() {
  work_in redis-changes
  expect on rd-1 systemctl stop redis-app-1-6379
  tf plan -detailed-exitcode
  expect_status 2
  expect_output 'redis-app-1-6379.service'
  expect_no_output 'stays down'
  tf apply
  expect_status 0
  wait_until 20 app_is_whole
  plan_is_empty
}

test_what_is_ignored_is_left_alone() {
  work_in redis-changes
  printf 'resource "pigsty_redis_cluster" "app" {\n  drift_policy = "report"\n}\n' >ignore_override.tf
  tf apply
  expect_status 0
  expect app 10.10.10.10 6379 CONFIG SET maxmemory 71mb
  tf plan
  expect_status 0
  tf plan -refresh-only
  expect_output "maxmemory differs from what was set"
  expect_equal "$(value 10.10.10.10 6379 maxmemory)" 74448896
  rm ignore_override.tf
  tf apply
  expect_status 0
  plan_is_empty
  expect_equal "$(value 10.10.10.10 6379 maxmemory)" 67108864
}

# A client that logs in anew when it is told to sees no error, on its one connection or a new one.
test_a_password_is_rotated_under_a_writer() {
  work_in redis-changes
  local old=$TF_VAR_app_password writer
  export TF_VAR_app_password=app-new-$RANDOM TF_VAR_app_password_version=2
  printf '%s\n%s\n' "$old" "$TF_VAR_app_password" >"$work_root/passwords"
  lab run -- timeout 120 perl "$suite_dir/lib/redis-writer.pl" 10.10.10.10 6379 45 <"$work_root/passwords" >"$work_root/written" 2>&1 &
  writer=$!
  sleep 2
  tf apply
  expect_status 0
  expect_equal "$(app 10.10.10.10 6379 PING)" PONG
  wait "$writer"
  cat "$work_root/written" >"$out"
  expect_equal "$(grep -vc '^written ' "$work_root/written")" 0
  (($(sed -n 's/^written //p' "$work_root/written") > 600)) || failure "the writer hardly wrote"
  run redis "$old" 10.10.10.10 6379 GET beat
  expect_status 1
  wait_until 20 app_is_whole
  plan_is_empty
}

test_a_password_may_hold_anything() {
  work_in redis-changes
  local password
  # shellcheck disable=SC2016
  for password in 'quo"ted' "it's" ' sp ace ' 'ha#sh' 'per%s%%cent' 'back\slash\x41' '$(touch /tmp/executed)`touch /tmp/executed`' 'žluťoučký ⚙' "$(printf 'x%.0s' {1..512})"; do
    export TF_VAR_odd_password=$password
    tf apply
    expect_status 0
    plan_is_empty
    # sh reads a line as it is only without IFS and with -r.
    # shellcheck disable=SC2016
    printf '%s' "$password" >"$work_root/password"
    expect_equal "$(on rd-1 redis-cli -e -p 6500 -x AUTH <"$work_root/password")" OK
    expect_equal "$(on rd-1 redis-cli -e -p 6501 -x AUTH <"$work_root/password")" OK
  done
  run on rd-1 ls /tmp/executed
  ((status != 0)) || failure "a password was executed"
}

run_tests
