#!/usr/bin/env bash
# Members that are up and do not serve, and machines that do not answer: the plan says which, the apply waits until they
# serve again or says why they do not, and nobody else's plan stops.
# with: tofu
# takes: 320
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

test_a_scheduled_switchover_outlives_a_rolling_restart() {
  work_in 02-ha-cluster
  local restarted
  scheduled() { on pg-test-1 sudo -u postgres patronictl -c /etc/patroni/patroni.yml list | grep -q "Switchover scheduled at: 2099-01-01T03:00:00"; }
  restarted=$(leader)
  expect on pg-test-1 sudo -u postgres patronictl -c /etc/patroni/patroni.yml switchover pg-test --leader "$restarted" \
    --scheduled 2099-01-01T03:00+00:00 --force
  expect scheduled
  cat >restart_override.tf <<'END'
resource "pigsty_pg_cluster" "test" {
  restart    = "rolling"
  parameters = { shared_buffers = "200MB" }
}
END
  tf apply
  expect_status 0
  expect_output "$restarted was restarted in place: the switchover scheduled for 2099-01-01T03:00:00+00:00 is kept"
  expect_equal "$(leader)" "$restarted"
  expect_equal "$(sql "$restarted" "SHOW shared_buffers")" 200MB
  expect scheduled
  expect on pg-test-1 sudo -u postgres patronictl -c /etc/patroni/patroni.yml flush pg-test switchover --force
  plan_is_empty
}

# The member that etcd's leader runs on.
etcd_leader() {
  local node
  for node in "${nodes[@]}"; do
    on "$node" env ETCDCTL_API=3 etcdctl --cacert=/etc/etcd/ca.crt --cert=/etc/etcd/client.crt --key=/etc/etcd/client.key \
      --endpoints=https://127.0.0.1:2379 endpoint status -w json | jq -e '.[0].Status | .leader == .header.member_id' >/dev/null &&
      echo "$node" && return
  done
  return 1
}

test_a_failover_is_no_drift_and_a_silent_machine_stops_nobody() {
  work_in 02-ha-cluster
  local down
  # Both elections begin at once: a read that etcd's interrupts is answered with an error. Number 3 may not lead PostgreSQL.
  if [[ $(etcd_leader) == pg-test-3 ]]; then
    expect on pg-test-3 systemctl restart etcd
    wait_until 30 etcd_leader
  fi
  down=$(etcd_leader)
  if [[ $(leader) != "$down" ]]; then
    expect on pg-test-1 sudo -u postgres patronictl -c /etc/patroni/patroni.yml switchover pg-test --leader "$(leader)" --candidate "$down" --force
    wait_until 60 cluster_is_whole
  fi
  expect lab kill "$down"
  # At once: nobody leads yet.
  tf plan -detailed-exitcode
  expect_status 0
  expect_output "does not answer"
  expect_output "as it was last seen"
  # A change of that machine alone fails for it alone.
  cat >hosts_override.tf <<'END'
resource "pigsty_node" "test" {
  hosts = { "10.10.10.99" = ["elsewhere"] }
}
END
  local number began=$SECONDS
  tf apply -target=pigsty_node.test
  expect_status 1
  # Why, the kernel says: "No route to host", or nothing for 10 s. Nobody waits for a machine that was there when it was planned.
  expect_output "none of the members of node \"10.10.10.1${down##*-}\" answers ($down)"
  ((SECONDS - began < 90)) || failure "the apply waited $((SECONDS - began)) s for a machine that is silent"
  for number in 1 2 3; do
    [[ pg-test-$number == "$down" ]] || expect on "pg-test-$number" grep -q elsewhere /etc/hosts
  done
  expect lab start "$down"
  wait_until 120 cluster_is_whole
  tf apply
  expect_status 0
  plan_is_empty
  expect on "$down" grep -q elsewhere /etc/hosts
}

run_tests
