#!/usr/bin/env bash
# What the provider costs, as a table. Exits 1 where a bound of the design is broken. Counters say the same on every
# machine; times are compared with what else ran here in the same minutes: a hand-written script (floor.sh) for the
# create, the CLI's own plan of as many resources that need no provider, and a provider written in Go where one is given.
#
#   acceptance/bench/bench.sh            about six minutes; the lab must be down, and is down afterwards
#
# PIGSTY_BENCH_GO_PROVIDER   a provider in Go to compare with; without it a fixed bound holds for the start
# PIGSTY_BENCH_ROUNDS        how often nodes are made into a cluster, by the floor and by us in turns (3): the median counts
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/measure.sh"
. "$(dirname "$0")/plugin.sh"

# What both ways must end in. Not part of their times.
prove_the_end_state() {
  local address protocol node
  wait_until 30 cluster_is_whole
  expect_equal "$(leader)" pg-test-1
  expect_equal "$(sql pg-test-1 "SELECT count(*), bool_and(s.ssl) FROM pg_stat_replication r JOIN pg_stat_ssl s USING (pid)
    WHERE application_name ~ '^pg-test-'")" "2|t"
  expect as_app 10.10.10.11 5433 "CREATE TABLE note (body text)"
  expect as_app 10.10.10.13 5433 "INSERT INTO note VALUES ('through the pool')"
  expect as_app 10.10.10.12 5436 "INSERT INTO note VALUES ('past it')"
  read_by_a_replica() { [[ $(as_app 10.10.10.11 5434 "SELECT count(*), pg_is_in_recovery() FROM note") == "2|t" ]]; }
  wait_until 20 read_by_a_replica
  offline_answers() { [[ $(as_app 10.10.10.11 5438 "SELECT host(inet_server_addr())") == 10.10.10.13 ]]; }
  wait_until 20 offline_answers
  for address in "${addresses[@]}"; do
    for protocol in http https; do
      run lab run -- curl -sSk --max-time 5 "$protocol://$address:2379/version"
      ((status != 0)) || failure "etcd answers $protocol without a certificate on $address"
    done
    run lab run -- timeout 5 openssl s_client -connect "$address:2379" </dev/null
    expect_output "Acceptable client certificate CA names"
  done
  for node in "${nodes[@]}"; do
    run on "$node" systemctl is-enabled etcd patroni pgbouncer haproxy
    expect_status 0
  done
  database=app
  expect_equal "$(sql pg-test-1 "SELECT count(*) > 15, bool_or(extname = 'pg_trgm') FROM pg_extension")" "t|t"
}

measure_the_program() {
  local -a times
  mapfile -t times < <(handshake_times "$binary" ${PIGSTY_BENCH_GO_PROVIDER:+"$PIGSTY_BENCH_GO_PROVIDER"})
  bound 'program: size, stripped, one static file (KiB)' "$(($(stat -c %s "$binary") / 1024))" 22528
  run readelf --wide --program-headers --sections "$binary"
  expect_no_output INTERP
  expect_no_output .symtab
  local memory peer_memory
  memory=$(resident_memory "$binary") || failure "the program's memory cannot be measured"
  if [[ -n ${PIGSTY_BENCH_GO_PROVIDER:-} ]]; then
    row 'program: start to handshake (ms)' "${times[0]}"
    row '  the provider in Go' "${times[1]}"
    bound '  ratio' "$(calculate "${times[0]} / ${times[1]}" 2)" 0.4
    peer_memory=$(resident_memory "$PIGSTY_BENCH_GO_PROVIDER") || failure "the Go provider's memory cannot be measured"
    bound 'program: resident after the schema (KiB)' "$memory" 24576
    row '  the provider in Go' "$peer_memory" "ratio $(calculate "$memory / $peer_memory" 2)"
  else
    bound 'program: start to handshake (ms)' "${times[0]}" 8
    bound 'program: resident after the schema (KiB)' "$memory" 24576
  fi
}

measure_the_create() {
  local -a floor=() ours=()
  local round
  for ((round = 1; round <= rounds; ++round)); do
    fresh_nodes prepared
    timed run env APP_PASSWORD="$TF_VAR_app_password" "$suite_dir/bench/floor.sh"
    expect_status 0
    floor+=("$took")
    (prove_the_end_state) || exit 1
    fresh_nodes prepared
    rm -rf "$work_root/02-ha-cluster"
    work_in 02-ha-cluster
    quiet_tf init
    timed logged quiet_tf apply
    ours+=("$took")
    (prove_the_end_state) || exit 1
  done
  row 'create of three nodes, packages in place: the floor (s)' "$(median "${floor[@]}")" "median of ${floor[*]}"
  bound 'create of three nodes, packages in place: ours (s)' "$(median "${ours[@]}")" 40
  row '' '' "median of ${ours[*]}"
  bound '  ratio' "$(calculate "$(median "${ours[@]}") / $(median "${floor[@]}")" 2)" 1.10
  row '  root requests of the busiest node' "$(counted requests)"
}

measure_an_unchanged_plan() {
  work_in 02-ha-cluster
  logged quiet_tf plan -detailed-exitcode
  bound 'plan without a change: root requests of the busiest node' "$(counted requests)" 2
  bound 'plan without a change: Patroni GETs of the cluster' "$(counted patroni_gets)" 2
  # Database postgres for all shared catalogs, and each database that declares something inside: app, and template1.
  bound 'plan without a change: SQL connections' "$(counted connections)" 3
  row 'plan without a change: SQL statements' "$(counted statements)"
  measure_beyond_the_cli 02-ha-cluster "$(lab run -- "$cli" state list | grep -c ^pigsty_)" 0.25
}

measure_an_hba_rule() {
  work_in 02-ha-cluster
  printf 'resource "pigsty_pg_cluster" "test" {\n  hba_rules = [{ title = "bench", user = "app", db = "app", addr = "intra", auth = "ssl" }]\n}\n' \
    >rule_override.tf
  logged quiet_tf plan -out=plan
  bound 'one HBA rule, plan: root requests of the busiest node' "$(counted requests)" 2
  timed logged quiet_tf apply plan
  row 'one HBA rule, apply (s)' "$took"
  bound 'one HBA rule, apply: root requests of the busiest node' "$(counted requests)" 3
}

row what measured bound
measure_the_program
measure_the_create
measure_an_unchanged_plan
measure_an_hba_rule
timed quiet_tf destroy
row 'destroy (s)' "$took"
exit "$broken"
