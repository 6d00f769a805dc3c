#!/usr/bin/env bash
# What somebody changed by hand on a node, in the dynamic configuration or in SQL is seen by the next plan and repaired
# by the next apply; what was imported is known as it was. One node that has one of everything.
# with: tofu
# also on: bookworm
# takes: 125
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"

nodes=(pg-test-1)
one_node prepared

test_the_cluster_is_there() {
  work_in one-node
  tf init
  expect_status 0
  tf apply
  expect_status 0
  plan_is_empty
}

# The data source asks the one member there is, with the same two requests as a refresh.
test_the_data_source_tells_what_etcd_does() {
  work_in one-node
  cat >etcd-data.tf <<'END'
data "pigsty_etcd_cluster" "this" {
  name  = "etcd"
  nodes = [{ address = "10.10.10.11" }]
}
output "etcd" {
  value = data.pigsty_etcd_cluster.this
}
END
  logged tf apply
  expect_status 0
  expect_counted requests 2
  lab run -- "$cli" output -json etcd >"$out"
  expect_equal "$(jq -r '[.leader, .healthy, .quorum, (.alarms | length), .members["1"].name, .members["1"].healthy, .members["1"].leads, .access.endpoints[0]] | join(" ")' "$out")" \
    "etcd-1 true true 0 etcd-1 true true https://10.10.10.11:2379"
  expect_equal "$(jq -r .version "$out")" "$(on pg-test-1 etcd --version | sed -n 's/^etcd Version: //p')"
  expect_equal "$(jq -r '.database_size == .members["1"].database_size and .database_size >= 16384 and .revision > 1' "$out")" true
  rm etcd-data.tf
  tf apply
  expect_status 0
  plan_is_empty
}

# by_hand COMMAND and what the plan has to name: one a line, separated by " => ".
changes_by_hand() {
  cat <<'END'
echo "# by hand" >>/pg/conf/pg_hba.conf => pg-test-1 /pg/conf/pg_hba.conf
chmod 0644 /etc/pgbouncer/pgbouncer.ini => pg-test-1 /etc/pgbouncer/pgbouncer.ini
rm /etc/haproxy/conf.d/pg-test-primary.cfg => pg-test-1 /etc/haproxy/conf.d/pg-test-primary.cfg
systemctl stop haproxy => pg-test-1 service haproxy.service: inactive
systemctl disable pgbouncer => pg-test-1 service pgbouncer.service: disabled
sed -i s/elsewhere/nowhere/ /etc/hosts => pg-test-1 /etc/hosts
hostname other => pg-test-1 host name
sysctl -qw net.core.somaxconn=128 => net.core.somaxconn is 128
echo "* * * * * root false" >>/etc/cron.d/CRON => /etc/cron.d/
sudo -u postgres patronictl -c /etc/patroni/patroni.yml edit-config --force -p log_statement=none => pg-test dcs: postgresql.parameters.log_statement is none
sudo -u postgres psql -qc "ALTER SYSTEM SET work_mem = '1MB'" => pg-test-1 postgresql.auto.conf: work_mem is 1MB
sudo -u postgres psql -qc "ALTER ROLE dbrole_readonly LOGIN" => dbrole_readonly
sudo -u postgres psql -qc "ALTER ROLE app CREATEDB" => createdb
sudo -u postgres psql -qc "ALTER ROLE app PASSWORD 'by hand'" => password
sudo -u postgres psql -qc "REVOKE dbrole_readwrite FROM app" => dbrole_readwrite
sudo -u postgres psql -qc "ALTER DATABASE app OWNER TO postgres" => owner
sudo -u postgres psql -qd app -c "DROP EXTENSION pg_trgm" => pg_trgm
chown root:root /pg/conf/pg-test-1.yml => pg-test-1 /pg/conf/pg-test-1.yml
END
}

test_every_change_by_hand_is_seen_and_repaired() {
  work_in one-node
  local line cron
  cron=$(on pg-test-1 sh -c 'ls /etc/cron.d | grep pigsty | head -n 1')
  while IFS= read -r line <&3; do
    expect on pg-test-1 sh -c "$(sed "s/CRON/$cron/" <<<"${line% => *}")"
  done 3< <(changes_by_hand)
  tf plan -detailed-exitcode -out=plan
  expect_status 2
  # Nodes tell theirs in `drift`; what is an attribute of a role or a database is a changed attribute.
  lab run -- "$cli" show -no-color plan >"$out"
  while IFS= read -r line <&3; do
    expect_output "${line##* => }"
  done 3< <(changes_by_hand)
  tf apply plan
  expect_status 0
  plan_is_empty
}

test_what_is_ignored_is_left_alone() {
  work_in one-node
  printf 'resource "pigsty_pg_cluster" "test" {\n  drift_ignore = ["pg-test-1 /etc/haproxy/*"]\n}\n' >ignore_override.tf
  tf apply
  expect_status 0
  expect on pg-test-1 sh -c 'echo "# by hand" >>/etc/haproxy/conf.d/pg-test-primary.cfg'
  plan_is_empty
  rm ignore_override.tf
  tf apply
  expect_status 0
  run on pg-test-1 grep -q "by hand" /etc/haproxy/conf.d/pg-test-primary.cfg
  expect_status 1
}

test_what_is_decided_at_creation_stays() {
  work_in one-node
  local attribute
  for attribute in 'encoding = "LATIN1"' 'locale = "C.UTF-8"' 'checksum = false' 'data_dir = "/data/other"' 'version = 16'; do
    printf 'resource "pigsty_pg_cluster" "test" {\n  %s\n}\n' "$attribute" >fixed_override.tf
    tf plan
    ((status == 1)) || failure "not refused: $attribute"
    expect_output "${attribute%% =*}"
  done
  rm fixed_override.tf
}

test_what_alter_system_left_is_taken_back() {
  work_in one-node
  # Nobody asked us about this one.
  expect sql pg-test-1 "ALTER SYSTEM SET statement_timeout = '1h'"
  plan_is_empty
  printf 'resource "pigsty_pg_cluster" "test" {\n  restart = "rolling"\n}\n' >rolling_override.tf
  tf apply
  expect_status 0
  expect sql pg-test-1 "ALTER SYSTEM SET shared_buffers = '24MB'"
  expect on pg-test-1 sudo -u postgres patronictl -c /etc/patroni/patroni.yml restart --force pg-test pg-test-1
  wait_until 60 cluster_is_whole
  expect_equal "$(sql pg-test-1 'SHOW shared_buffers')" 24MB
  tf plan -detailed-exitcode -out=plan
  expect_status 2
  expect_output 'pg-test-1 postgresql.auto.conf: shared_buffers is 24MB'
  expect_output 'restart postgresql on pg-test-1 if started with it: ALTER SYSTEM RESET shared_buffers'
  tf apply plan
  expect_status 0
  plan_is_empty
  expect_equal "$(sql pg-test-1 'SHOW shared_buffers')" 512MB
  expect_equal "$(sql pg-test-1 'SHOW statement_timeout')" 1h
  rm rolling_override.tf
  tf apply
  expect_status 0
}

test_another_value_than_the_plan_saw_stops_it() {
  work_in one-node
  expect sql pg-test-1 "ALTER SYSTEM SET work_mem = '1MB'"
  tf plan -out=plan
  expect_status 0
  expect sql pg-test-1 "ALTER SYSTEM SET work_mem = '2MB'"
  tf apply plan
  expect_status 1
  expect_output 'postgresql.auto.conf: work_mem is 2MB, changed since this plan was made: plan again'
  printf 'resource "pigsty_pg_cluster" "test" {\n  drift_ignore = ["pg-test-1 postgresql.auto.conf"]\n}\n' >ignore_override.tf
  tf apply
  expect_status 0
  plan_is_empty
  expect_equal "$(on pg-test-1 grep -c work_mem /pg/data/postgresql.auto.conf)" 1
  rm ignore_override.tf
  tf plan -out=plan
  expect_output 'reload postgresql on pg-test-1: ALTER SYSTEM RESET work_mem'
  tf apply plan
  expect_status 0
  plan_is_empty
  expect_equal "$(on pg-test-1 grep -c work_mem /pg/data/postgresql.auto.conf)" 0
}

test_imports_plan_nothing() {
  work_in one-node
  local address
  for address in pigsty_pg_database.app pigsty_pg_user.app pigsty_pg_cluster.test pigsty_etcd_cluster.this pigsty_ca.this pigsty_node.one; do
    run lab run -- "$cli" state rm "$address"
    expect_status 0
  done
  local -A ids=(
    [pigsty_node.one]=10.10.10.11
    [pigsty_ca.this]=pigsty-ca@10.10.10.11
    [pigsty_etcd_cluster.this]=etcd@10.10.10.11
    [pigsty_pg_cluster.test]=pg-test@10.10.10.11
    [pigsty_pg_user.app]=pg-test/app@10.10.10.11
    [pigsty_pg_database.app]=pg-test/app@10.10.10.11
  )
  for address in pigsty_node.one pigsty_ca.this pigsty_etcd_cluster.this pigsty_pg_cluster.test pigsty_pg_user.app pigsty_pg_database.app; do
    tf import "$address" "${ids[$address]}"
    expect_status 0
  done
  plan_is_empty
}

# What configures a resource and is nothing on a node: all of it other than in the test before.
kept_in_claims() {
  cat <<'END'
resource "pigsty_node" "one" {
  drift_ignore = ["10.10.10.11 host name"]
}
resource "pigsty_etcd_cluster" "this" {
  timeouts = { create = "50m", read = "3m" }
}
resource "pigsty_pg_cluster" "test" {
  restart      = "rolling"
  drift_policy = "report"
}
resource "pigsty_pg_user" "app" {
  drift_policy = "report"
  timeouts     = { update = "7m" }
}
resource "pigsty_pg_database" "app" {
  force_disconnect = true
  drift_ignore     = ["privileges"]
}
END
}

identity_imports() {
  local id='name = "app", cluster = "pg-test", address = "10.10.10.11"'
  cat <<END
import {
  to       = pigsty_node.one
  identity = { address = "10.10.10.11" }
}
import {
  to       = pigsty_ca.this
  identity = { name = "pigsty-ca", address = "10.10.10.11" }
}
import {
  to       = pigsty_etcd_cluster.this
  identity = { name = "etcd", address = "10.10.10.11" }
}
import {
  to       = pigsty_pg_cluster.test
  identity = { name = "pg-test", address = "10.10.10.11" }
}
import {
  to       = pigsty_pg_user.app
  identity = { $id }
}
import {
  to       = pigsty_pg_database.app
  identity = { $id }
}
END
}

test_imports_by_identity_plan_nothing_with_either_cli() {
  export TF_VAR_deletion_protection=true
  work_in one-node
  kept_in_claims >kept_override.tf
  tf apply
  expect_status 0
  plan_is_empty
  for cli in tofu terraform; do
    mkdir "$work_root/by-identity-$cli"
    cp "$work"/*.tf "$work_root/by-identity-$cli"
    cd "$work_root/by-identity-$cli" || exit 1
    identity_imports >imports.tf
    tf init
    expect_status 0
    tf apply
    expect_status 0
    expect_output 'Resources: 6 imported, 0 added, 0 changed, 0 destroyed.'
    plan_is_empty
  done
}

run_tests
