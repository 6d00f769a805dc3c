#!/usr/bin/env bash
# Members that are up and do not serve, and machines that do not answer: the plan says which, the apply waits until they
# serve again or says why they do not, and nobody else's plan stops.
# with: tofu
# takes: 380
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"

fresh_nodes prepared

# A member that does not lead, asked of Patroni on a node that answers.
standby() { on pg-test-1 sudo -u postgres patronictl -c /etc/patroni/patroni.yml list -f json | jq -r '[.[] | select(.Role != "Leader") | .Member] | last'; }

test_the_cluster_is_there() {
  work_in 02-ha-cluster
  tf init
  expect_status 0
  tf apply
  expect_status 0
  plan_is_empty
}

test_a_replica_whose_data_are_gone_copies_the_leader_again() {
  work_in 02-ha-cluster
  local member
  member=$(standby)
  expect on "$member" sh -c 'systemctl kill -s KILL --kill-whom=all patroni; rm -rf "$(readlink -f /pg/data)"'
  tf plan -detailed-exitcode -out=plan
  expect_status 2
  expect_output "$member /pg/data: no PostgreSQL data there"
  expect_output "$member postgresql: does not stream from the leader"
  tf apply plan
  expect_status 0
  expect cluster_is_whole
  plan_is_empty
}

test_a_member_whose_postgresql_cannot_start_is_named_and_so_is_the_cause() {
  work_in 02-ha-cluster
  local member
  member=$(standby)
  # Patroni goes on, and somebody else has the port.
  expect on "$member" sh -c 'systemctl kill -s STOP --kill-whom=main patroni
    kill -INT $(head -n 1 /pg/data/postmaster.pid); while [ -e /pg/data/postmaster.pid ]; do sleep 0.2; done
    systemd-run --unit=holder --quiet perl -MIO::Socket::INET -e \
      "my \$s = IO::Socket::INET->new(LocalAddr => \"0.0.0.0\", LocalPort => 5432, Listen => 5) or die; sleep 3600"
    systemctl kill -s CONT --kill-whom=main patroni'
  tf plan -detailed-exitcode -out=plan
  expect_status 2
  expect_output "$member postgresql: does not stream from the leader"
  tf apply plan
  expect_status 1
  expect_output "expected that $member streams"
  expect_output "Address already in use"
  expect on "$member" systemctl stop holder
  tf apply
  expect_status 0
  expect cluster_is_whole
  plan_is_empty
}

test_a_server_that_listens_no_more_is_restarted() {
  work_in 02-ha-cluster
  # What it reads is as it should be, and what it does is not.
  expect on pg-test-2 sh -c 'cd /etc/haproxy/conf.d && cp -p pg-test-primary.cfg /root/kept && sed -i s/:5433/:5999/ pg-test-primary.cfg &&
    systemctl restart haproxy && mv /root/kept pg-test-primary.cfg'
  tf plan -detailed-exitcode -out=plan
  expect_status 2
  expect_output "pg-test-2 ports of haproxy.service: nobody listens on 5433, to be restarted"
  tf apply plan
  expect_status 0
  plan_is_empty
  expect as_app 10.10.10.12 5433 "SELECT 1"
}

test_a_masked_unit_is_unmasked() {
  work_in 02-ha-cluster
  expect on pg-test-2 sh -c 'systemctl stop pgbouncer; systemctl mask pgbouncer'
  tf plan -detailed-exitcode -out=plan
  expect_status 2
  expect_output "pg-test-2 service pgbouncer.service: masked"
  tf apply plan
  expect_status 0
  plan_is_empty
}

run_tests
