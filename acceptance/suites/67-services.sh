#!/usr/bin/env bash
# The services of a cluster whose Patroni speaks TLS, as Pigsty's examples write them: the standby service with all its options,
# selectors and backup servers, where a service leads to, weights, addresses; each changed in place, changed by hand and
# repaired, removed. Whom HAProxy leads to is asked of the servers that answer.
# with: tofu
# takes: 200
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/changes.sh"

fresh_nodes prepared

announced() { announced_for pigsty_pg_cluster.test; }
changed() { changed_in 02-ha-cluster; }
# cluster LINES: of the cluster in scenario 02; its Patroni has TLS and its commits a standby, and all may lead.
cluster() { printf 'resource "pigsty_pg_cluster" "test" {\n%s\n}\n' "$1"; }
# services LINES
services() { cluster "  services = {
$1
  }"; }
# The seed's own standby service; OPTIONS are the rest of it.
options='inter 3s fastinter 1s downinter 5s rise 3 fall 3 on-marked-down shutdown-sessions slowstart 30s maxconn 3000 maxqueue 128 weight 100'
standby='standby = {
      port = 5435, ip = "*", selector = "[]", dest = "default", check = "/sync", backup = "[? pg_role == `primary`]"
      maxconn = 3000, balance = "roundrobin", options = "'$options'"
    }'

file() { on "$1" cat "/etc/haproxy/conf.d/pg-test-$2.cfg"; }
# line NODE SERVICE TEXT: its file has this line.
line() { file "$1" "$2" | grep -qxF -- "    $3" || failure "$1's service $2 has no line '$3': $(file "$1" "$2")"; }
# served PORT [ADDRESS]: "member way role", as the server behind it says: which one by where it listens, through the pool or direct.
served() {
  as_app "${2:-10.10.10.11}" "$1" "SELECT 'pg-test-' || substring(current_setting('listen_addresses') FROM '10\.10\.10\.1([0-9])'),
    CASE WHEN inet_server_addr() IS NULL THEN 'pool' ELSE 'direct' END, CASE WHEN pg_is_in_recovery() THEN 'standby' ELSE 'leader' END" | tr '|' ' '
}
is_served() { [[ $(served "$2" "${3:-}") == "$1" ]]; }
# members PORT COUNT: who answered so many logins, each once.
members() { local i; for ((i = 0; i < $2; ++i)); do served "$1" | cut -d' ' -f1; done | sort -u | paste -sd' '; }
synchronous_standby() { sql "$(leader)" "SELECT application_name FROM pg_stat_replication WHERE sync_state = 'sync'"; }
patronictl() { on pg-test-1 sudo -u postgres patronictl -c /etc/patroni/patroni.yml "$@"; }
# standbys: both, in order. Who leads is not ours to say: only the synchronous one may take over.
standbys() { local now node; now=$(leader) && for node in "${nodes[@]}"; do [[ $node == "$now" ]] || echo "$node"; done; }
haproxy_started() { local node; for node in "${nodes[@]}"; do on "$node" systemctl show -p ExecMainStartTimestampMonotonic --value haproxy; done | paste -sd' '; }

test_the_seed_s_standby_service_behind_a_patroni_with_tls() {
  local node
  work_in 02-ha-cluster
  # Overrides count in the order of their names: this one comes before those of changed() and refused_at_plan().
  cluster '  instances = {
    1 = { address = pigsty_node.test[1].address, role = "primary" }
    2 = { address = pigsty_node.test[2].address }
    3 = { address = pigsty_node.test[3].address, offline_query = true }
  }
  patroni     = { ssl = true }
  synchronous = { enabled = true }
  restart     = "rolling"' >base_override.tf
  services "    $standby" >change_override.tf
  tf init
  expect_status 0
  tf plan -out=plan
  expect_status 0
  planned pigsty_pg_cluster.test >"$out"
  # The leader writes where the client comes in by any of its members, and the plan says where before anything is made.
  expect_equal "$(jq -r '.after.endpoints.standby.uri' "$out")" "postgresql://10.10.10.11:5435,10.10.10.12:5435,10.10.10.13:5435/"
  tf apply plan
  expect_status 0
  plan_is_empty
  for node in "${nodes[@]}"; do
    line "$node" standby "bind *:5435"
    line "$node" standby "maxconn 3000"
    line "$node" standby "balance roundrobin"
    line "$node" standby "http-check send meth OPTIONS uri /sync"
    line "$node" standby "default-server $options"
    line "$node" standby "server pg-test-2 10.10.10.12:6432 check-ssl ca-file /pg/cert/ca.crt check port 8008 weight 100"
  done
  expect_equal "$(file pg-test-1 standby | grep -c ' backup$')" 1
  # slowstart: the first of them has a share at once.
  wait_until 40 is_served "$(synchronous_standby) pool standby" 5435
  is_served "pg-test-1 pool leader" 5433 || failure "the primary service leads to $(served 5433)"
}

# No plan and no apply: HAProxy finds the one that is synchronous now.
test_it_follows_the_synchronous_standby() {
  local before now
  work_in 02-ha-cluster
  before=$(synchronous_standby)
  expect patronictl switchover --force --candidate "$before" pg-test
  wait_until 60 cluster_is_whole
  expect_equal "$(leader)" "$before"
  is_synchronous() { now=$(synchronous_standby) && [[ -n $now ]]; }
  wait_until 30 is_synchronous
  now=$(synchronous_standby)
  wait_until 40 is_served "$now pool standby" 5435
  wait_until 20 is_served "$before pool leader" 5433
  plan_is_empty
}

# The seed names the leader as its backup server; Patroni's leader does not answer to /sync, so nobody comes in for them.
test_without_a_standby_the_service_has_nobody() {
  local node
  local -a away
  work_in 02-ha-cluster
  mapfile -t away < <(standbys)
  for node in "${away[@]}"; do expect on "$node" systemctl stop patroni.service; done
  nobody() { ! served 5435; }
  wait_until 40 nobody
  for node in "${away[@]}"; do expect on "$node" systemctl start patroni.service; done
  wait_until 60 cluster_is_whole
  is_synchronous() { [[ -n $(synchronous_standby) ]]; }
  wait_until 30 is_synchronous
  plan_is_empty
}

test_selectors_backup_servers_and_destinations() {
  local began node first second
  work_in 02-ha-cluster
  began=$(haproxy_started)
  first=$(standbys | sed -n 1p) second=$(standbys | sed -n 2p)
  # By number, by fact, by address; to PostgreSQL by name and by number, to the pool by name.
  changed < <(services "    $standby
    chosen  = { port = 5441, dest = \"postgres\", check = \"/health\", selector = \"[? pg_seq == \`${first##*-}\` ]\", backup = \"[? pg_seq == \`${second##*-}\` ]\" }
    reports = { port = 5442, dest = \"5432\", check = \"/health\", selector = \"[? pg_offline_query ]\" }
    near    = { port = 5443, dest = \"pgbouncer\", check = \"/health\", selector = \"[? inventory_hostname == '10.10.10.11' || starts_with(pg_cluster, 'nobody') ]\" }")
  [[ $(announced) == *"reload haproxy on pg-test-1, pg-test-2, pg-test-3"* ]] || failure "not announced: $(announced)"
  expect_equal "$(haproxy_started)" "$began"
  for node in "${nodes[@]}"; do
    line "$node" chosen "server $first 10.10.10.1${first##*-}:5432 check-ssl ca-file /pg/cert/ca.crt check port 8008 weight 100"
    line "$node" chosen "server $second 10.10.10.1${second##*-}:5432 check-ssl ca-file /pg/cert/ca.crt check port 8008 weight 100 backup"
    expect_equal "$(file "$node" reports | grep -c '^    server ')" 1
  done
  expect_equal "$(members 5441 4) / $(members 5442 4) / $(members 5443 4)" "$first / pg-test-3 / pg-test-1"
  # The backup server comes in where the other is away, and goes again.
  expect on "$first" systemctl stop patroni.service
  wait_until 40 is_served "$second direct standby" 5441
  expect on "$first" systemctl start patroni.service
  wait_until 60 cluster_is_whole
  wait_until 40 is_served "$first direct standby" 5441
  plan_is_empty
}

test_weights_balance_connections_and_addresses() {
  local none some number members=
  work_in 02-ha-cluster
  none=$(standbys | sed -n 1p) some=$(standbys | sed -n 2p)
  for number in 1 2 3; do
    members+="    $number = { address = pigsty_node.test[$number].address, weight = $([[ pg-test-$number == "$none" ]] && echo 0 || echo 77)"
    ((number > 1)) || members+=', role = "primary"'
    members+=$' }\n'
  done
  changed < <(
    cluster "  instances = {
$members  }
  services = {
    heavy = { port = 5447, ip = \"127.0.0.1\", dest = \"postgres\", check = \"/health\", balance = \"leastconn\", maxconn = 1, options = \"inter 1s rise 1 fall 1\"
              selector = \"[? pg_seq == \`${none##*-}\` || pg_seq == \`${some##*-}\` ]\" }
  }"
  )
  line pg-test-3 heavy "server $none 10.10.10.1${none##*-}:5432 check-ssl ca-file /pg/cert/ca.crt check port 8008 weight 0"
  line pg-test-3 heavy "server $some 10.10.10.1${some##*-}:5432 check-ssl ca-file /pg/cert/ca.crt check port 8008 weight 77"
  line pg-test-3 heavy "balance leastconn"
  # What was taken out is gone, and synchronous commits bring a standby service of their own.
  run on pg-test-2 ls /etc/haproxy/conf.d/pg-test-chosen.cfg /etc/haproxy/conf.d/pg-test-reports.cfg /etc/haproxy/conf.d/pg-test-near.cfg
  expect_equal "$(grep -c 'No such file' "$out")" 3
  expect on pg-test-1 grep -q 'uri /sync' /etc/haproxy/conf.d/pg-test-standby.cfg
  on_itself() { on pg-test-1 env PGPASSWORD="$TF_VAR_app_password" PGCONNECT_TIMEOUT=5 psql -XAtq "host=127.0.0.1 port=5447 user=app dbname=app" -c "$1"; }
  answers_there() { [[ $(on_itself "SELECT host(inet_server_addr())") == "10.10.10.1${some##*-}" ]]; }
  wait_until 20 answers_there
  local i
  for i in 1 2 3 4; do answers_there || failure "weight 0 is led to"; done
  run served 5447
  ((status != 0)) || failure "the service listens on the member's address, too"
  # One connection at a time: the second waits in HAProxy.
  on_itself "SELECT pg_sleep(6)" >/dev/null &
  local first=$!
  sleep 1
  run on_itself "SELECT 1"
  ((status != 0)) || failure "a second connection came through"
  wait "$first"
  an_apply_writes_nothing
}

# HAProxy keeps what it has; the error says where and what, and nothing else is served by anybody new.
test_an_address_that_a_member_does_not_have_is_told() {
  work_in 02-ha-cluster
  local began
  began=$(haproxy_started)
  cp change_override.tf change.kept
  services '    away = { port = 5444, ip = "10.10.10.77", check = "/primary" }' >change_override.tf
  tf apply
  expect_status 1
  expect_output "10.10.10.77:5444"
  expect_output "pg-test-1"
  is_served "$(leader) pool leader" 5433 || failure "the primary service leads to $(served 5433)"
  tf plan -detailed-exitcode
  expect_status 2
  mv change.kept change_override.tf
  tf apply
  expect_status 0
  plan_is_empty
  expect_equal "$(haproxy_started)" "$began"
  run on pg-test-1 ls /etc/haproxy/conf.d/pg-test-away.cfg
  expect_output "No such file"
}

test_what_somebody_changed_is_seen_and_repaired() {
  work_in 02-ha-cluster
  expect on pg-test-1 sed -i 's/weight 77/weight 1/' /etc/haproxy/conf.d/pg-test-heavy.cfg
  expect on pg-test-2 rm /etc/haproxy/conf.d/pg-test-primary.cfg
  expect on pg-test-3 systemctl stop haproxy.service
  tf plan -detailed-exitcode -out=plan
  expect_status 2
  lab run -- "$cli" show -no-color plan >"$out"
  expect_output "pg-test-1 /etc/haproxy/conf.d/pg-test-heavy.cfg"
  expect_output "pg-test-2 /etc/haproxy/conf.d/pg-test-primary.cfg: missing"
  expect_output "pg-test-3 service haproxy.service: inactive, expected active"
  tf apply plan
  expect_status 0
  plan_is_empty
  wait_until 20 is_served "$(leader) pool leader" 5433 10.10.10.12
  wait_until 20 is_served "$(leader) pool leader" 5433 10.10.10.13
}

test_imports_plan_nothing() {
  work_in 02-ha-cluster
  run lab run -- "$cli" state rm pigsty_pg_cluster.test
  expect_status 0
  tf import pigsty_pg_cluster.test pg-test@10.10.10.12
  expect_status 0
  plan_is_empty
}

test_what_cannot_be_is_refused_at_plan() {
  work_in 02-ha-cluster
  mv change_override.tf change.kept
  services '    a = { port = 5432, check = "/primary" }' | refused_at_plan 'services["a"].port' 5432
  services '    a = { port = 5441, check = "/primary" }
    b = { port = 5441, check = "/primary" }' | refused_at_plan 'services["b"].port' 'services["a"]'
  services '    a = { port = 5441, check = "primary" }' | refused_at_plan 'services["a"].check' '/primary'
  services '    a = { port = 5441, check = "/primary", dest = "mysql" }' | refused_at_plan 'services["a"].dest' 'expected default, postgres, pgbouncer or a port number'
  services '    a = { port = 5441, check = "/primary", selector = "[? pg_rolle == `primary` ]" }' | refused_at_plan 'services["a"]' pg_rolle
  services '    a = { port = 5441, check = "/primary", backup = "primary" }' | refused_at_plan 'services["a"]' 'primary'
  services '    a = { port = 5441, check = "/primary", options = "inter 3s\n    server x 1.2.3.4:5" }' | refused_at_plan 'services["a"]' 'options'
  services '    a = { port = 5441, check = "/primary", balance = "by chance" }' | refused_at_plan 'services["a"]' 'balance'
  services '    a = { port = 5441, check = "/primary", maxconn = 0 }' | refused_at_plan 'services["a"].maxconn' '1'
  services '    light = { port = 5447, check = "/primary" }' | refused_at_plan 'services["light"].port' 'found that of "heavy"'
  cluster '  instances = {
    1 = { address = pigsty_node.test[1].address, role = "primary", weight = 300 }
  }' | refused_at_plan 'instances["1"].weight' 256
  rm case_override.tf
  mv change.kept change_override.tf
}

test_they_are_brought_back_and_destroyed() {
  brought_back_in 02-ha-cluster
  run on pg-test-1 sh -c 'ls /etc/haproxy/conf.d'
  expect_equal "$(grep -v '^\(00-\|haproxy\)' "$out" | paste -sd' ')" "pg-test-default.cfg pg-test-offline.cfg pg-test-primary.cfg pg-test-replica.cfg pg-test-standby.cfg"
  tf destroy
  expect_status 0
  local node
  for node in "${nodes[@]}"; do
    run on "$node" sh -c 'ls /etc/haproxy/conf.d/pg-test-* 2>/dev/null; ss -Hltn | grep -E ":(543[0-9]|544[0-9]) "'
    expect_equal "$(<"$out")" ""
  done
}

run_tests
