#!/usr/bin/env bash
# An address that follows the leader: a client that knows nothing else writes again after a power cut, and at no moment do two
# members have it, whatever ends or is cut off; where somebody brought it astray, it is seen and repaired; when it is taken out,
# neither address nor unit stays. With it what servers listen on, and Patroni's own port, watchdog and log level.
# with: tofu
# takes: 700
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/changes.sh"
. "$(dirname "$0")/../lib/writes.sh"
. "$(dirname "$0")/../lib/vip.sh"

fresh_nodes prepared
up=("${nodes[@]}")

changed() { changed_in 02-ha-cluster; }
brought_back() { brought_back_in 02-ha-cluster; }
announced() { announced_for pigsty_pg_cluster.test; }
cluster() { printf 'resource "pigsty_pg_cluster" "test" {\n  %s\n}\n' "$1"; }
patronictl() { on "${up[0]}" sudo -u postgres patronictl -c /etc/patroni/patroni.yml "$@"; }

# leads NODE: by Patroni's word, asked on the first node that is up.
leads() { [[ $(leader "${up[0]}") == "$1" ]]; }
another_leads() { local now; now=$(leader "${up[0]}") && [[ -n $now && $now != "$1" ]]; }
# follows_leader: whoever leads has the address, and nobody else.
follows_leader() { local now; now=$(leader "${up[0]}") && [[ -n $now ]] && held_by "$now"; }
# without NODE: the others.
without() { local node; for node in "${nodes[@]}"; do [[ $node == "$1" ]] || printf '%s\n' "$node"; done; }

through_vip() { as_app "$vip" 5433 "$1"; }
writes_through_vip() { [[ $(through_vip "SELECT pg_is_in_recovery()") == f ]]; }

# listening NODE: what PostgreSQL and pgbouncer have bound, all of it.
listening() { on "$1" ss -Hltn | awk '$4 ~ /:(5432|6432)$/ { print $4 }' | sort | paste -sd' '; }

test_the_cluster_is_there() {
  work_in 02-ha-cluster
  # Overrides count in the order of their names: this one comes before those of changed() and refused_at_plan().
  # Everybody may lead; Patroni is not where it always is, so that whoever asks it must know.
  cat >base_override.tf <<'END'
resource "pigsty_pg_cluster" "test" {
  instances = {
    1 = { address = pigsty_node.test[1].address, role = "primary" }
    2 = { address = pigsty_node.test[2].address }
    3 = { address = pigsty_node.test[3].address }
  }
  rto     = "fast"
  vip     = { address = "10.10.10.2/24" }
  patroni = { port = 8009, namespace = "/service" }
}
END
  tf init
  expect_status 0
  tf plan -out=plan
  expect_status 0
  planned pigsty_pg_cluster.test >"$out"
  # Known before anything is made: where clients will find it.
  expect_equal "$(jq -r '.after.endpoints.primary.uri' "$out")" "postgresql://10.10.10.2:5433,10.10.10.11:5433,10.10.10.12:5433,10.10.10.13:5433/"
  tf apply plan
  expect_status 0
  plan_is_empty
}

test_the_leader_has_it_and_nobody_else() {
  local node
  work_in 02-ha-cluster
  expect follows_leader
  expect_equal "$(on "$(leader)" ip -o -4 addr show to "$vip/32" | awk '{ print $2, $4 }')" "host0 10.10.10.2/32"
  expect_equal "$(through_vip "SELECT pg_is_in_recovery()")" f
  for node in "${nodes[@]}"; do
    expect on "$node" openssl x509 -in /pg/cert/server.crt -noout -checkip "$vip"
    expect_output "does match"
    expect_equal "$(on "$node" stat -c '%U %a' /etc/default/vip-manager.yml)" "root 600"
    expect_equal "$(listening "$node")" "10.10.10.1${node##*-}:5432 10.10.10.1${node##*-}:6432 127.0.0.1:5432 127.0.0.1:6432"
    expect_equal "$(on "$node" ss -Hltn 'sport = :8009' | awk '{ print $4 }')" "10.10.10.1${node##*-}:8009"
    expect_equal "$(on "$node" ss -Hltn 'sport = :8008')" ""
  done
  # The password of etcd is in no journal and on no command line.
  run on pg-test-1 sh -c 'secret=$(tail -n +2 /var/lib/pigsty/secrets/pg-pg-test/etcd); [ ${#secret} -gt 8 ] &&
    ! journalctl --no-pager | grep -qF -- "$secret" && ! cat /proc/*/cmdline | tr "\0" " " | grep -v grep | grep -qF -- "$secret"'
  expect_status 0
}

test_a_switchover_takes_it_along() {
  local before after
  work_in 02-ha-cluster
  before=$(leader)
  sampling 120
  after=$(without "$before" | head -n 1)
  expect patronictl switchover pg-test --leader "$before" --candidate "$after" --force
  wait_until 30 held_by "$after"
  wait_until 30 writes_through_vip
  wait_until 60 cluster_is_whole
  expect_equal "$(overlaps)" 0
  # A failover is no drift.
  plan_is_empty
}

# The drill repeats what takes a leader's machine away.
rounds=${VIP_ROUNDS:-1}

test_a_client_that_knows_only_the_address_writes_again_after_a_power_cut() {
  local round
  work_in 02-ha-cluster
  for ((round = 1; round <= rounds; round++)); do a_power_cut; done
}

a_power_cut() {
  local down before gap promise=30 log=$work_root/writes writing lost since back
  rm -f "$log"
  sampling 240
  down=$(leader)
  expect through_vip "DROP TABLE IF EXISTS written"
  expect through_vip "CREATE TABLE written (n int PRIMARY KEY)"
  writer "$vip" "$log" &
  writing=$!
  wait_until 30 writes_since "$log" 20
  since=$(date +%s.%N)
  expect lab kill "$down"
  mapfile -t up < <(without "$down")
  before=$(wc -l <"$log")
  wait_until 90 writes_since "$log" $((before + 30))
  kill "$writing"
  wait "$writing" 2>/dev/null
  gap=$(write_gap "$log")
  printf '  write gap after a power cut of the leader, through the address alone: %s s, rto = "fast" promises %s s\n' "$gap" "$promise"
  awk -v gap="$gap" -v promise="$promise" 'BEGIN { exit !(gap <= promise) }' || failure "no write for $gap s"
  lost=$(comm -23 <(cut -d' ' -f2 "$log" | sort) <(through_vip "SELECT n FROM written" | sort) | wc -l)
  # rpo is not 0 here: what was acknowledged in the last moment may be lost, the rest may not.
  ((lost < 20)) || failure "$lost acknowledged writes are lost"
  expect follows_leader
  back=$(date +%s.%N)
  expect lab start "$down"
  sampling_on "$down" 120
  up=("${nodes[@]}")
  wait_until 120 cluster_is_whole
  expect follows_leader
  expect_equal "$(overlaps "$down" "$since" "$back")" 0
  plan_is_empty
}

test_a_member_that_was_cut_off_comes_back_without_it() {
  local round
  work_in 02-ha-cluster
  for ((round = 1; round <= rounds; round++)); do a_cut; done
}

a_cut() {
  local down cut joined
  sampling 240
  down=$(leader)
  cut=$(date +%s.%N)
  expect lab cut "$down"
  mapfile -t up < <(without "$down")
  wait_until 90 another_leads "$down"
  wait_until 30 follows_leader
  # While nobody reaches it, it has given the address up by itself.
  given_up() { ! vip_on "$down"; }
  wait_until 30 given_up
  expect lab join "$down"
  joined=$(date +%s.%N)
  up=("${nodes[@]}")
  wait_until 120 cluster_is_whole
  wait_until 10 follows_leader
  wait_until 30 writes_through_vip
  expect_equal "$(overlaps "$down" "$cut" "$joined")" 0
  plan_is_empty
}

test_loss_of_etcd_brings_it_to_nobody_else() {
  local node
  work_in 02-ha-cluster
  sampling 240
  for node in "${nodes[@]}"; do on "$node" systemctl stop etcd.service; done
  # Longer than the lease: Patroni goes on (failsafe_mode) or gives up, and the address with it.
  local until=$((SECONDS + 35))
  while ((SECONDS < until)); do
    (($(holders "${nodes[@]}" | wc -w) <= 1)) || failure "two members have the address without etcd"
    sleep 1
  done
  for node in "${nodes[@]}"; do on "$node" systemctl start --no-block etcd.service; done
  wait_until 90 cluster_is_whole
  wait_until 40 follows_leader
  expect_equal "$(overlaps)" 0
  plan_is_empty
}

test_a_vip_manager_that_is_killed_or_stopped() {
  local now next
  work_in 02-ha-cluster
  sampling 240
  now=$(leader)
  expect on "$now" systemctl kill --signal=KILL vip-manager.service
  wait_until 10 held_by "$now"
  expect on "$now" systemctl stop vip-manager.service
  gone() { [[ -z $(holders "${nodes[@]}") ]]; }
  wait_until 5 gone
  next=$(without "$now" | head -n 1)
  expect patronictl switchover pg-test --leader "$now" --candidate "$next" --force
  wait_until 30 held_by "$next"
  tf plan -detailed-exitcode -out=plan
  expect_status 2
  lab run -- "$cli" show -no-color plan >"$out"
  expect_output "$now service vip-manager.service: inactive, expected active"
  tf apply plan
  expect_status 0
  plan_is_empty
  expect follows_leader
  expect_equal "$(overlaps)" 0
}

test_a_patroni_that_is_silent_loses_it_and_gets_it_back() {
  local now process
  work_in 02-ha-cluster
  sampling 240
  now=$(leader)
  process=$(on "$now" systemctl show --property=MainPID --value patroni.service)
  expect on "$now" kill -STOP "$process"
  # Well before its lease ends and another one leads.
  let_go() { ! vip_on "$now"; }
  wait_until 14 let_go
  expect on "$now" kill -CONT "$process"
  wait_until 40 follows_leader
  wait_until 60 cluster_is_whole
  expect_equal "$(overlaps)" 0
  plan_is_empty
}

test_what_somebody_changed_is_seen_and_repaired_alone() {
  local now other process
  now=$(leader)
  other=$(without "$now" | head -n 1)
  work_in 02-ha-cluster
  # Nobody is left there who would take it away.
  expect on "$other" systemctl disable --now pg-vip-guard.service
  process=$(on "$other" systemctl show --property=MainPID --value vip-manager.service)
  expect on "$other" kill -STOP "$process"
  expect on "$other" ip addr add "$vip/32" dev host0
  expect on "$now" sed -i 's/interval: 1000/interval: 9000/' /etc/default/vip-manager.yml
  tf plan -detailed-exitcode -out=plan
  expect_status 2
  lab run -- "$cli" show -no-color plan >"$out"
  expect_output "$other vip 10.10.10.2: is on a member that does not lead"
  expect_output "$other service pg-vip-guard.service: disabled, expected enabled, inactive, expected active"
  expect_output "$now /etc/default/vip-manager.yml"
  tf apply plan
  expect_status 0
  expect held_by "$now"
  plan_is_empty
  expect_equal "$(leader)" "$now"
}

test_what_servers_listen_on_is_changed_and_brought_back() {
  local node now
  work_in 02-ha-cluster
  cat >"$work_root/listen" <<'END'
resource "pigsty_pg_cluster" "test" {
  listen  = ["$${ip}", "$${vip}", "$${lo}"]
  restart = "rolling"
}
END
  changed <"$work_root/listen"
  [[ $(announced) == *"restart postgresql on pg-test-1, pg-test-2, pg-test-3"*"listen_addresses"* ]] || failure "not announced: $(announced)"
  expect_equal "$(jq -r '.resource_changes[] | select(.address == "pigsty_pg_cluster.test") | .change.after.managed | keys[] | select(endswith("/etc/sysctl.d/60-pigsty-pg-pg-test.conf"))' "$work_root/plan.json" | wc -l)" 3
  wait_until 60 cluster_is_whole
  for node in "${nodes[@]}"; do
    local own=10.10.10.1${node##*-}
    expect_equal "$(listening "$node")" "$(printf '%s\n' "$own:5432" "$own:6432" 10.10.10.2:5432 10.10.10.2:6432 127.0.0.1:5432 127.0.0.1:6432 | sort | paste -sd' ')"
    expect_equal "$(on "$node" sysctl -n net.ipv4.ip_nonlocal_bind)" 1
  done
  # PostgreSQL itself, at the address.
  expect_equal "$(as_app "$vip" 5432 "SELECT pg_is_in_recovery()")" f
  expect_equal "$(as_app "$vip" 6432 "SELECT pg_is_in_recovery()")" f
  # One without the address starts, and has it bound for the day it leads.
  now=$(leader)
  node=$(without "$now" | head -n 1)
  expect on "$node" systemctl restart patroni.service
  wait_until 60 cluster_is_whole
  expect_equal "$(listening "$node" | wc -w)" 6
  plan_is_empty
  cluster 'restart = "rolling"' >"$work_root/rolling"
  changed <"$work_root/rolling"
  wait_until 60 cluster_is_whole
  for node in "${nodes[@]}"; do expect_equal "$(listening "$node" | wc -w)" 4; done
  brought_back
}

reloads() { on "$1" grep -c "Reloading PostgreSQL configuration" /pg/log/patroni/patroni.log; }

test_patroni_is_changed_in_place() {
  local since node
  local -A before
  work_in 02-ha-cluster
  since=$(sql "$(leader)" "SELECT pg_postmaster_start_time()")
  changed < <(cluster 'patroni = { port = 8009, namespace = "/service", log_level = "DEBUG", watchdog = "automatic" }')
  expect on pg-test-2 grep -q 'level: "\?DEBUG' /pg/conf/pg-test-2.yml
  expect on pg-test-2 grep -q 'mode: "\?automatic' /pg/conf/pg-test-2.yml
  # It is what runs, too.
  debugs() { on pg-test-2 sh -c 'tail -n 200 /pg/log/patroni/patroni.log | grep -q DEBUG'; }
  wait_until 30 debugs
  expect_equal "$(sql "$(leader)" "SELECT pg_postmaster_start_time()")" "$since"
  # Patroni takes a reload in its next round, and writes its files then: not during what comes after this.
  for node in "${nodes[@]}"; do before[$node]=$(reloads "$node"); done
  brought_back
  has_reloaded() { (($(reloads "$1") > ${before[$1]})); }
  for node in "${nodes[@]}"; do wait_until 30 has_reloaded "$node"; done
}

test_a_watchdog_that_is_not_there_is_refused_before_anything_is_written() {
  work_in 02-ha-cluster
  cluster 'patroni = { port = 8009, namespace = "/service", watchdog = "required" }' >case_override.tf
  expect audit_nodes "$work_root/before"
  tf apply
  ((status != 0)) || failure "a watchdog that no member has was accepted"
  expect_output "expected a watchdog device at /dev/watchdog, found none"
  expect_output "pg-test-1"
  expect audit_nodes "$work_root/after"
  run "$suite_dir/lab/audit" diff "$work_root/before" "$work_root/after"
  expect_equal "$(grep -vE 'audit: |/var/lib/pigsty(/journal[^ ]*)?:? ' "$out")" ""
  rm case_override.tf
  plan_is_empty
}

test_a_paused_cluster_keeps_its_address() {
  work_in 02-ha-cluster
  expect patronictl pause --wait pg-test
  tf plan -detailed-exitcode
  expect_status 0
  expect_output "pg-test is paused"
  expect follows_leader
  expect patronictl resume --wait pg-test
  plan_is_empty
}

test_what_cannot_be_is_refused_at_plan() {
  work_in 02-ha-cluster
  cluster 'vip = { address = "10.10.20.2/24" }' | refused_at_plan vip.address 'expected an address in the network of the members'
  cluster 'vip = { address = "10.10.10.2" }' | refused_at_plan vip.address 'for example 10.10.10.2/24'
  cluster 'vip = { address = "10.10.10.12/24" }' | refused_at_plan vip.address 'is the address of instances["2"]'
  cluster 'listen = ["$${ip}", "$${address}"]' | refused_at_plan 'listen[1]' 'stands for nothing'
  cluster 'listen = ["$${lo}"]' | refused_at_plan listen "members stream from each other's address"
  cluster 'patroni = { port = 8010, namespace = "/service" }' | refused_at_plan patroni.port 8009
  cluster 'patroni = { port = 8009, namespace = "/other" }' | refused_at_plan patroni.namespace /service
  cluster 'patroni = { port = 8009, namespace = "/service", watchdog = "always" }' | refused_at_plan patroni.watchdog '"required"'
  sed -i 's/^  vip /  # vip /' base_override.tf
  cluster 'listen = ["$${ip}", "$${vip}"]' | refused_at_plan 'listen[1]' 'set vip'
  sed -i 's/^  # vip /  vip /' base_override.tf
  rm case_override.tf
}

test_another_cluster_with_the_address_is_refused_at_apply() {
  work_in 02-ha-cluster
  cat >other.tf <<'END'
resource "pigsty_pg_cluster" "other" {
  name                = "pg-other"
  instances           = { 1 = { address = "10.10.10.13", role = "primary" } }
  dcs                 = pigsty_etcd_cluster.this.access
  ca                  = pigsty_ca.this.ref
  sizing              = var.sizing
  vip                 = { address = "10.10.10.2/24" }
  deletion_protection = false
}
END
  tf apply
  ((status != 0)) || failure "two clusters with one address were accepted"
  expect_output 'address 10.10.10.2 belongs to pg_cluster "pg-test"'
  rm other.tf
  plan_is_empty
}

test_imports_plan_nothing() {
  work_in 02-ha-cluster
  run lab run -- "$cli" state rm pigsty_pg_cluster.test
  expect_status 0
  tf import pigsty_pg_cluster.test pg-test@10.10.10.12
  expect_status 0
  plan_is_empty
}

test_another_address_takes_the_place_of_the_first() {
  local old=$vip
  work_in 02-ha-cluster
  changed < <(cluster 'vip = { address = "10.10.10.3/24", interface = "host0" }')
  expect_equal "$(holders "${nodes[@]}")" ""
  vip=10.10.10.3
  expect follows_leader
  expect_equal "$(through_vip "SELECT pg_is_in_recovery()")" f
  brought_back
  expect_equal "$(holders "${nodes[@]}")" ""
  vip=$old
  expect follows_leader
}

test_without_it_neither_address_nor_unit_stays() {
  local node since
  work_in 02-ha-cluster
  since=$(sql "$(leader)" "SELECT pg_postmaster_start_time()")
  sed -i '/^  vip /d' base_override.tf
  applied_in_place
  expect_equal "$(holders "${nodes[@]}")" ""
  for node in "${nodes[@]}"; do
    run on "$node" systemctl is-active vip-manager.service pg-vip-guard.service
    expect_no_output "^active"
    run on "$node" systemctl is-enabled vip-manager.service
    expect_output disabled
    run on "$node" ls /etc/default/vip-manager.yml /etc/systemd/system/vip-manager.service.d /etc/systemd/system/pg-vip-guard.service \
      /usr/local/lib/pigsty /etc/sysctl.d/60-pigsty-pg-pg-test.conf
    expect_equal "$(grep -c 'No such file' "$out")" 5
    run on "$node" openssl x509 -in /pg/cert/server.crt -noout -checkip "$vip"
    expect_output "does NOT match"
    expect_equal "$(on "$node" sh -c 'ps ax | grep -c "[p]g-vip\|[v]ip-manager"')" 0
  done
  expect_equal "$(sql "$(leader)" "SELECT pg_postmaster_start_time()")" "$since"
}

test_it_joins_a_living_cluster_and_goes_with_it() {
  local node
  work_in 02-ha-cluster
  # Somebody else has it: nothing is written.
  expect on pg-test-3 ip addr add "$vip/32" dev lo
  cluster 'vip = { address = "10.10.10.2/24" }' >change_override.tf
  tf apply
  ((status != 0)) || failure "an address that somebody has was accepted"
  expect_output "expected nobody to have 10.10.10.2"
  run on pg-test-1 test -e /etc/default/vip-manager.yml
  expect_status 1
  expect on pg-test-3 ip addr del "$vip/32" dev lo
  applied_in_place
  expect follows_leader
  an_apply_writes_nothing
  tf destroy
  expect_status 0
  for node in "${nodes[@]}"; do
    expect_equal "$(on "$node" ip -o -4 addr show to "$vip/32")" ""
    run on "$node" ls /etc/default/vip-manager.yml /etc/systemd/system/pg-vip-guard.service /usr/local/lib/pigsty
    expect_equal "$(grep -c 'No such file' "$out")" 3
  done
}

run_tests
