#!/usr/bin/env bash
# A create that fails leaves no state, says what was missing where, and goes on from there once the cause is gone.
# with: tofu
# takes: 50
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"

nodes=(pg-test-1)
one_node prepared

# fails_with TEXT…: the apply fails on pg-test-1 with all of this, and nothing is planned to be destroyed afterwards.
fails_with() {
  tf apply
  ((status == 1)) || failure "the apply went through"
  local text
  for text in 10.10.10.11 "$@"; do expect_output "$text"; done
  run lab run -- "$cli" state list
  expect_no_output pigsty_pg_cluster.test
  tf plan -detailed-exitcode
  expect_status 2
  expect_output "0 to destroy"
}

test_a_package_that_is_not_to_be_had() {
  work_in one-node
  expect on pg-test-1 sh -c 'DEBIAN_FRONTEND=noninteractive apt-get purge -qq -y patroni &&
    printf "Package: patroni\nPin: version *\nPin-Priority: -1\n" >/etc/apt/preferences.d/withheld'
  tf init
  expect_status 0
  fails_with patroni
  expect on pg-test-1 rm /etc/apt/preferences.d/withheld
}

parameters() { printf 'resource "pigsty_pg_cluster" "test" {\n  parameters = { log_statement = "all", %s }\n}\n' "$1" >parameters_override.tf; }

stored_work_mem() {
  # shellcheck disable=SC2016
  on pg-test-1 sh -c 'export ETCDCTL_API=3 ETCDCTL_CACERT=/etc/etcd/ca.crt ETCDCTL_CERT=/etc/etcd/client.crt ETCDCTL_KEY=/etc/etcd/client.key
    export ETCDCTL_ENDPOINTS=https://127.0.0.1:2379 ETCDCTL_USER=root ETCDCTL_PASSWORD="$(tail -n +2 /var/lib/pigsty/secrets/etcd-etcd/root)"
    exec etcdctl get --print-value-only /pg/pg-test/config' | jq -r .postgresql.parameters.work_mem
}

test_a_port_that_somebody_holds() {
  work_in one-node
  parameters 'work_mem = "8MB"'
  expect on pg-test-1 systemd-run --unit=holder --quiet perl -MIO::Socket::INET -e \
    'my $s = IO::Socket::INET->new(LocalAddr => "0.0.0.0", LocalPort => 5432, Listen => 5) or die; sleep 3600'
  fails_with 5432
  # It had come so far that its configuration stands in etcd.
  expect_equal "$(stored_work_mem)" 8MB
  expect on pg-test-1 systemctl stop holder
}

test_a_setting_that_the_machine_has_no_room_for() {
  work_in one-node
  parameters 'shared_buffers = "999GB"'
  fails_with shared_buffers
}

test_a_disk_that_is_full() {
  work_in one-node
  parameters 'work_mem = "12MB"'
  expect on pg-test-1 sh -c 'mkdir -p /data/postgres && mount -t tmpfs -o size=16k tmpfs /data/postgres'
  fails_with "No space left"
  expect on pg-test-1 umount -l /data/postgres
}

# What a create wrote before it failed is not what it ends with.
test_without_its_cause_the_create_completes_as_it_is_configured_now() {
  work_in one-node
  parameters 'work_mem = "16MB"'
  tf apply
  expect_status 0
  expect_output "0 destroyed"
  expect_equal "$(sql pg-test-1 "SHOW work_mem")" 16MB
  plan_is_empty
}

run_tests
