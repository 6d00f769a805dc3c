#!/usr/bin/env bash
# Mistakes are refused before a node is touched, each with where it is, what was found and what to do.
# with: tofu
# takes: 40
# nodes: none
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/changes.sh"

# … and no node is asked.
refused() {
  refused_at_plan "$@"
  expect_no_output "10.10.10.11:22"
}

cluster() { printf 'resource "pigsty_pg_cluster" "test" {\n  %s\n}\n' "$1"; }
user() { printf 'resource "pigsty_pg_user" "app" {\n  %s\n}\n' "$1"; }
database() { printf 'resource "pigsty_pg_database" "app" {\n  %s\n}\n' "$1"; }
node() { printf 'resource "pigsty_node" "one" {\n  %s\n}\n' "$1"; }

# Nothing runs at these addresses; the lab only lends its network and the provider's mirror.
lab up --prepared pg-test-1=10.10.10.11 >/dev/null 2>&1
lab kill pg-test-1 >/dev/null 2>&1

test_the_good_configuration_is_planned() {
  work_in bad-input
  tf init
  expect_status 0
  tf plan
  expect_status 0
}

test_members() {
  work_in bad-input
  cluster 'instances = { 1 = { address = "10.10.10.11", role = "primary" }, 2 = { address = "10.10.10.12", role = "primary" } }' |
    refused 'instances["2"].role' 'found a second'
  cluster 'instances = { 1 = { address = "10.10.10.11" }, 2 = { address = "10.10.10.12" } }' |
    refused 'instances' 'role = "primary"'
  cluster 'instances = { 1 = { address = "10.10.10.11", role = "primary" }, 2 = { address = "10.10.10.11" } }' |
    refused 'instances["2"].address' '10.10.10.11'
  cluster 'instances = { 1 = { address = "fd00::11", role = "primary" } }' |
    refused 'instances["1"].address' 'IPv4'
  cluster 'instances = { 1 = { address = "10.10.10.11", role = "primary" }, two = { address = "10.10.10.12" } }' |
    refused 'instances["two"]' 'number'
  cluster 'instances = { 1 = { address = "10.10.10.11", role = "leader" } }' |
    refused 'instances["1"].role' 'leader'
  cluster 'instances = { 1 = { address = "10.10.10.11", role = "primary", parameters = { max_connections = "10" } } }' |
    refused 'instances["1"].parameters["max_connections"]' 'same on all members'
}

test_cluster_attributes() {
  work_in bad-input
  cluster 'template = "huge"' | refused template huge
  cluster 'locale = "not a locale"' | refused locale 'not a locale'
  cluster 'port = 22' | refused port SSH
  cluster 'services = { reports = { port = 5433 } }' | refused 'services["reports"].port' 5433
  cluster 'services = { reports = { port = 5440, options = "listen x" } }' | refused 'services["reports"].options' 'begins with "listen"'
  cluster 'services = { reports = { port = 5440, check = "/primary#x" } }' | refused 'services["reports"].check' "holds a '#'"
  cluster 'pgbouncer = { port = 5432 }' | refused pgbouncer.port 5432
  cluster 'parameters = { work_mem = "4MB\nfsync = off" }' | refused 'parameters["work_mem"]' 'control characters'
  cluster 'parameters = { port = "6000" }' | refused 'parameters["port"]' 'port'
}

test_parameters_that_would_not_hold() {
  work_in bad-input
  cluster 'parameters = { work_memm = "8MB" }' | refused 'parameters["work_memm"]' 'did you mean work_mem?'
  cluster 'parameters = { Work_Mem = "8MB", work_mem = "9MB" }' | refused 'parameters["work_mem"]' 'one setting'
  cluster 'parameters = { work_mem = "everything" }' | refused 'parameters["work_mem"]' 'kB, MB, GB or TB'
  cluster 'parameters = { work_mem = "4 monkeys" }' | refused 'parameters["work_mem"]' 'kB, MB, GB or TB'
  cluster 'parameters = { autovacuum = "maybe" }' | refused 'parameters["autovacuum"]' 'expected on or off'
  cluster 'parameters = { checkpoint_timeout = "9d" }' | refused 'parameters["checkpoint_timeout"]' '30s to 86400s'
  cluster 'parameters = { wal_compression = "gzip" }' | refused 'parameters["wal_compression"]' 'pglz, lz4, zstd'
  cluster 'instances = { 1 = { address = "10.10.10.11", role = "primary", parameters = { geqo = "perhaps" } } }' |
    refused 'instances["1"].parameters["geqo"]' 'expected on or off'
  cluster 'version = 17, parameters = { vacuum_defer_cleanup_age = "1" }' | tr , '\n' |
    refused 'parameters["vacuum_defer_cleanup_age"]' 'any more'
}

test_parameters_that_patroni_would_replace() {
  work_in bad-input
  cluster 'parameters = { max_wal_senders = "2" }' | refused 'parameters["max_wal_senders"]' 'expected 3 or more'
  cluster 'parameters = { max_worker_processes = "1" }' | refused 'parameters["max_worker_processes"]' 'expected 2 or more'
  cluster 'parameters = { wal_level = "minimal" }' | refused 'parameters["wal_level"]' 'replica or logical'
  cluster 'parameters = { wal_log_hints = "off" }' | refused 'parameters["wal_log_hints"]' 'expected on'
  cluster 'parameters = { max_prepared_transactions = "-1" }' | refused 'parameters["max_prepared_transactions"]' 'expected 0'
  cluster 'parameters = { max_locks_per_transaction = "16" }' | refused 'parameters["max_locks_per_transaction"]' 'expected 32 or more'
  cluster 'parameters = { max_replication_slots = "3" }' | refused 'parameters["max_replication_slots"]' 'expected 4 or more'
  cluster 'parameters = { wal_keep_size = "0" }' | refused 'parameters["wal_keep_size"]' 'expected 16MB or more'
  cluster 'parameters = { recovery_target_time = "now" }' | refused 'parameters["recovery_target_time"]' 'set by Patroni'
  cluster 'max_connections = 24' | refused max_connections '25'
}

test_hba_rules() {
  work_in bad-input
  cluster 'hba_rules = [{ user = "all", db = "all", addr = "10.0.0.0/99", auth = "pwd" }]' | refused 'hba_rules[0].addr' 10.0.0.0/99
  cluster 'hba_rules = [{ user = "all", db = "all", addr = "intra", auth = "magic" }]' | refused 'hba_rules[0].auth' magic
  cluster 'hba_rules = [{ user = "all", db = "all", addr = "intra", auth = "pwd", role = "primary" }]' | refused 'hba_rules[0].role' failover
  cluster 'hba_rules = [{ user = "all", db = "all", addr = "admin", auth = "pwd" }]' | refused 'hba_rules[0].addr' networks.admin
  cluster 'hba_rules = [{ title = "a\nlocal all all trust", user = "all", db = "all", addr = "intra", auth = "pwd" }]' | refused 'hba_rules[0].title' 'control characters'
}

test_users() {
  work_in bad-input
  user 'password = "SCRAM-SHA-256$4096:short"' | refused password 'wrong form'
  expect_no_output '4096:short'
  user 'name = "pg_monitor2"' | refused name 'reserved by PostgreSQL'
  user 'name = "postgres"' | refused name 'belongs to the cluster itself'
  user 'name = "replicator"' | refused name 'belongs to the cluster itself'
  user "name = \"$(printf 'x%.0s' {1..64})\"" | refused name '63 bytes'
  user 'valid_until = "next week"' | refused valid_until 'next week'
}

test_databases() {
  work_in bad-input
  database 'name = "template1"' | refused name 'belongs to the cluster itself'
  database 'name = "pgbouncer"' | refused name 'console'
  database 'locale = "not a locale"' | refused locale 'not a locale'
  database 'schemas = ["pg_mine"]' | refused 'schemas[0]' 'reserved by PostgreSQL'
}

test_nodes() {
  work_in bad-input
  node 'crontab = ["* * * * * root true\n* * * * * root reboot"]' | refused 'crontab[0]' 'control'
  node 'sysctl = { "net.core.somaxconn" = "1\nkernel.panic = 1" }' | refused 'sysctl["net.core.somaxconn"]' 'control'
  node 'hosts = { "10.10.10.300" = ["x"] }' | refused hosts 10.10.10.300
  node 'packages = ["htop; reboot"]' | refused packages 'htop; reboot'
  node 'packages = ["htop-"]' | refused packages 'which tells apt to remove it'
  node 'packages = ["htop+"]' | refused packages 'which tells apt to install it'
  node 'packages = ["lib.*"]' | refused packages 'patterns'
  node 'packages = ["htop/trixie"]' | refused packages 'htop/trixie'
  node "name = \"$(printf 'x%.0s' {1..64})\"" | refused name '63 bytes'
  node 'crontab = ["0 1 * * * root true", "61 * * * * root true"]' | refused 'crontab[1]' 'minute from 0 to 59'
  node 'crontab = ["@dayly root true"]' | refused 'crontab[0]' '@dayly'
  node 'crontab = ["0 1 * * * /pg/bin/backup"]' | refused 'crontab[0]' 'a user and a command'
  node 'sysctl = { "net.ipv4.ip_forward" = "1", "net.ipv4.conf.all.forwarding" = "0" }' | refused sysctl 'one value of one switch'
  node 'sysctl = { "vm.dirty_ratio" = "1", "vm.dirty_bytes" = "2" }' | refused sysctl 'found both'
  node 'sysctl = { "net/core/somaxconn" = "1", "net.core.somaxconn" = "1" }' | refused sysctl 'which are the same'
  node 'repositories = { a = { uris = ["http://x/y"], suites = ["s"] }, b = { uris = ["http://x/y/"], suites = ["s"] } }' |
    refused 'repositories["b"]' 'in "a" and "b"'
}

test_keys_and_certificates_are_told_apart_and_not_shown() {
  work_in bad-input
  expect openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 30 -subj /CN=ours
  expect openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -out server.pem -days 30 -subj /CN=db.example.com -addext basicConstraints=critical,CA:FALSE
  cat ca.key ca.pem >both.pem
  local secret
  secret=$(sed -n 2p ca.key)
  node 'trusted_certificates = { x = file("both.pem") }' | refused 'trusted_certificates["x"]' 'a private key in it (not shown)'
  expect_no_output "$secret"
  node 'trusted_certificates = { x = "/etc/ssl/ca.pem" }' | refused 'trusted_certificates["x"]' 'the path of a file'
  node 'trusted_certificates = { x = file("server.pem") }' | refused 'trusted_certificates["x"]' "which is no authority's"
  node 'repositories = { a = { uris = ["http://x/y"], suites = ["s"], signed_by = file("ca.key") } }' |
    refused 'repositories["a"].signed_by' 'a private key in it (not shown)'
  expect_no_output "$secret"
  node 'repositories = { a = { uris = ["http://x/y"], suites = ["s"], signed_by = "/usr/share/keyrings/x.gpg" } }' |
    refused 'repositories["a"].signed_by' 'the path of a file'
  printf 'provider "pigsty" {\n  ssh = { host_keys = { "10.10.10.11" = file("ca.key") } }\n}\n' | refused 'ssh.host_keys["10.10.10.11"]' 'a private key (not shown)'
  expect_no_output "$secret"
  printf 'provider "pigsty" {\n  ssh = { private_key_file = file("ca.key") }\n}\n' | refused ssh.private_key_file "a file's content (not shown)"
  expect_no_output "$secret"
}

run_tests
