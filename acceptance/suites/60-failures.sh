#!/usr/bin/env bash
# A create that fails leaves no state, says what was missing where, and goes on from there once the cause is gone.
# with: tofu
# takes: 40
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

test_a_port_that_somebody_holds() {
  work_in one-node
  expect on pg-test-1 systemd-run --unit=holder --quiet perl -MIO::Socket::INET -e \
    'my $s = IO::Socket::INET->new(LocalAddr => "0.0.0.0", LocalPort => 5432, Listen => 5) or die; sleep 3600'
  fails_with 5432
  expect on pg-test-1 systemctl stop holder
}

test_a_disk_that_is_full() {
  work_in one-node
  expect on pg-test-1 sh -c 'mkdir -p /data/postgres && mount -t tmpfs -o size=16k tmpfs /data/postgres'
  fails_with "No space left"
  expect on pg-test-1 umount -l /data/postgres
}

test_without_its_cause_the_create_completes() {
  work_in one-node
  tf apply
  expect_status 0
  expect_output "0 destroyed"
  plan_is_empty
}

run_tests
