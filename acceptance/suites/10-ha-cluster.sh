#!/usr/bin/env bash
# Three prepared nodes become the cluster of examples/scenarios/02-ha-cluster: what it serves, that a second apply does
# nothing at all, that one HBA rule is one file and one reload, that it survives a power cut, and that nothing is left.
# with: tofu terraform
# also on: bookworm
# takes: 280
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"

fresh_nodes prepared

test_the_scenario_applies() {
  work_in 02-ha-cluster
  printf 'resource "pigsty_pg_cluster" "test" {\n  parameters = { log_statement = "mod" }\n}\n' >statements_override.tf
  # These were here before us and stay.
  local node
  for node in "${nodes[@]}"; do
    expect on "$node" sh -c 'useradd -m canary && echo canary >/etc/canary.conf && echo "# canary" >>/etc/hosts &&
      printf "[Service]\nExecStart=/bin/sleep infinity\n" >/etc/systemd/system/canary.service && systemctl start canary.service'
  done
  tf init
  expect_status 0
  TF_LOG_CORE=TRACE TF_LOG_PATH=$work_root/create.log tf apply
  expect_status 0
  expect grep -q ApplyResourceChange "$work_root/create.log"
}

test_the_application_writes_and_reads() {
  expect as_app 10.10.10.11 5433 "CREATE TABLE note (body text)"
  expect as_app 10.10.10.12 5433 "INSERT INTO note VALUES ('written through the primary service')"
  read_by_a_replica() { [[ $(as_app 10.10.10.11 5434 "SELECT body, pg_is_in_recovery() FROM note") == "written through the primary service|t" ]]; }
  wait_until 20 read_by_a_replica
}

test_the_offline_service_reaches_the_offline_member() {
  offline_answers() { [[ $(as_app 10.10.10.11 5438 "SELECT host(inet_server_addr())") == 10.10.10.13 ]]; }
  wait_until 20 offline_answers
}

test_replicas_stream_over_tls() {
  wait_until 20 cluster_is_whole
  expect_equal "$(sql "$(leader)" "SELECT count(*), bool_and(s.ssl) FROM pg_stat_replication r JOIN pg_stat_ssl s USING (pid)")" "2|t"
}

test_postgresql_speaks_tls_on_its_port() {
  sslmode=require
  expect_equal "$(as_app 10.10.10.11 5432 "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")" t
}

test_etcd_refuses_plaintext_and_strangers() {
  local address port
  for address in "${addresses[@]}"; do
    for port in 2379 2380; do
      run lab run -- curl -sS --max-time 5 "http://$address:$port/version"
      ((status != 0)) || failure "etcd answers plaintext on $address:$port"
      run lab run -- curl -sSk --max-time 5 "https://$address:$port/version"
      ((status != 0)) || failure "etcd answers without a client certificate on $address:$port"
      # It does speak TLS there, and asks who we are.
      run lab run -- timeout 5 openssl s_client -connect "$address:$port" </dev/null
      expect_output "BEGIN CERTIFICATE"
      expect_output "Acceptable client certificate CA names"
    done
  done
}

test_the_hba_files_have_no_errors() {
  local node
  for node in "${nodes[@]}"; do
    expect_equal "$(sql "$node" "SELECT count(*) FILTER (WHERE error IS NOT NULL), count(*) > 3 FROM pg_hba_file_rules")" "0|t"
  done
}

test_a_second_apply_does_nothing() {
  work_in 02-ha-cluster
  logged tf plan -detailed-exitcode
  expect_status 0
  expect_counted requests 2
  expect_counted patroni_gets 2
  # Database postgres for all shared catalogs, and each that declares something inside: app, and template1.
  expect_counted connections 3
  expect audit_nodes "$work_root/before"
  TF_LOG_CORE=TRACE TF_LOG_PATH=$work_root/second.log tf apply
  expect_status 0
  expect test -s "$work_root/second.log"
  run grep ApplyResourceChange "$work_root/second.log"
  expect_status 1
  expect audit_nodes "$work_root/after"
  expect "$suite_dir/lab/audit" diff "$work_root/before" "$work_root/after"
}

test_one_hba_rule_is_one_file_and_one_reload() {
  work_in 02-ha-cluster
  cat >rule_override.tf <<'END'
resource "pigsty_pg_cluster" "test" {
  parameters = { log_statement = "mod" }
  hba_rules  = [{ title = "reports", user = "dbrole_readonly", db = "all", addr = "10.20.0.0/16", auth = "ssl" }]
}
END
  rm statements_override.tf
  logged tf plan -detailed-exitcode -out=plan
  expect_status 2
  expect_counted requests 2
  planned pigsty_pg_cluster.test >"$out"
  expect_equal "$(jq -r '[.before.managed as $b | .after.managed | to_entries[] | select($b[.key] != .value) | .key] | join(", ")' "$out")" \
    "pg-test-1 /pg/conf/pg_hba.conf, pg-test-2 /pg/conf/pg_hba.conf, pg-test-3 /pg/conf/pg_hba.conf"
  expect_equal "$(jq -r '.after.last_change | join("; ")' "$out")" \
    "reload postgresql on pg-test-1, pg-test-2, pg-test-3"
  expect_equal "$(jq -r '.actions | join(" ")' "$out")" update
  expect audit_nodes "$work_root/before"
  logged tf apply plan
  expect_status 0
  expect_counted requests 3
  expect audit_nodes "$work_root/after"
  run "$suite_dir/lab/audit" diff "$work_root/before" "$work_root/after"
  # Besides claim and journal: the file, and PostgreSQL's load time.
  expect_equal "$(grep -vE 'audit: |/var/lib/pigsty/(claims|journal)|/(pg/conf|var/lib/pigsty): ' "$out" | sed -E 's/(pg_hba.conf|conf-load-time).*/\1/; s/ [^ ]*data://; s/postgresql 5432/postgresql/' | paste -sd,)" \
    "pg-test-1 file /pg/conf/pg_hba.conf,pg-test-1 postgresql conf-load-time,pg-test-2 file /pg/conf/pg_hba.conf,pg-test-2 postgresql conf-load-time,pg-test-3 file /pg/conf/pg_hba.conf,pg-test-3 postgresql conf-load-time"
  plan_is_empty
}

test_a_power_cut_of_all_nodes_brings_the_same_cluster_back() {
  work_in 02-ha-cluster
  local node
  for node in "${nodes[@]}"; do expect lab kill "$node"; done
  # All at once, as after a power cut: a node's etcd is up once a majority is.
  expect lab up --prepared pg-test-1=10.10.10.11 pg-test-2=10.10.10.12 pg-test-3=10.10.10.13
  wait_until 90 cluster_is_whole
  still_there() { [[ $(as_app 10.10.10.11 5433 "SELECT count(*) FROM note") == 1 ]]; }
  wait_until 30 still_there
  plan_is_empty
}

test_destroy_is_refused_under_protection() {
  work_in 02-ha-cluster
  TF_VAR_deletion_protection=true tf apply
  expect_status 0
  tf destroy
  ((status != 0)) || failure "destroy went through although deletion_protection is set"
  expect_output deletion_protection
  expect cluster_is_whole
}

test_destroy_leaves_nothing_of_ours() {
  work_in 02-ha-cluster
  tf apply
  expect_status 0
  local node
  for node in "${nodes[@]}"; do
    expect on "$node" sh -c 'printf "# canary\nlisten canary\n    mode tcp\n    bind 127.0.0.1:5999\n    server none 127.0.0.1:5998\n" >/etc/haproxy/conf.d/canary.cfg &&
      systemctl start canary.service'
  done
  work_in neighbour
  tf init
  expect_status 0
  tf apply
  expect_status 0
  work_in 02-ha-cluster
  tf destroy
  expect_status 0
  for node in "${nodes[@]}"; do
    run on "$node" pgrep -a 'patroni|postgres|etcd|pgbouncer'
    expect_status 1
    run on "$node" sh -c 'systemctl list-unit-files --state=enabled | grep -E "patroni|postgres|etcd|pgbouncer"'
    expect_status 1
    run on "$node" sh -c 'ls -d /pg /data/postgres /data/etcd /etc/patroni/patroni.yml /var/lib/pigsty/claims/* /var/lib/pigsty/secrets/* 2>/dev/null | grep -v neighbour'
    expect_equal "$(cat "$out")" ""
    expect on "$node" sh -c 'id canary && grep -q canary /etc/canary.conf && grep -q "# canary" /etc/hosts &&
      systemctl is-active canary.service && grep -q canary /etc/haproxy/conf.d/canary.cfg'
  done
  work_in neighbour
  plan_is_empty
  tf destroy
  expect_status 0
}

run_tests
