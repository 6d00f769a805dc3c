#!/usr/bin/env bash
# `release` undoes a create that failed at any step, whatever there is of it, and the create after it works.
#
# Wants a build with fault points, which PIGSTY_FAULT_BINARY names (default: the debug build of this tree).
# RELEASE_PLACES   where in a step (default "after"; acceptance/drills/release.sh wants "written after")
# RELEASE_STEPS    how many steps of each table, spread over it (default 3; the drill wants all)
# with: tofu
# takes: 500
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"

nodes=(pg-test-1)
export PIGSTY_PROVIDER_BINARY=${PIGSTY_FAULT_BINARY:-$repository/build/debug/provider/terraform-provider-pigsty}
[[ -x $PIGSTY_PROVIDER_BINARY ]] || failure "$PIGSTY_PROVIDER_BINARY is not there: cmake --preset debug && cmake --build --preset debug --target terraform-provider-pigsty"
read -ra places <<<"${RELEASE_PLACES:-after}"
one_node prepared

# releases NAME: as an operator would, by hand.
releases() {
  expect lab run -- "$PIGSTY_PROVIDER_BINARY" release "$1" 10.10.10.11
  expect_output "undone on all its members"
}

# nothing_to_release NAME
nothing_to_release() {
  run lab run -- "$PIGSTY_PROVIDER_BINARY" release "$1" 10.10.10.11
  expect_status 1
  expect_output "found none"
}

# no_claim KIND-NAME
no_claim() { expect on pg-test-1 test ! -e "/var/lib/pigsty/claims/$1.json"; }

# undone_after_each_step RESOURCE NAME KIND-NAME MEMBER [CHECK]: its create fails after each step of its table; release; at the
# end it is created.
undone_after_each_step() {
  local resource=$1 name=$2 claim=$3 member=$4 check=${5:-true} point place any=0 i
  local -a all points=()
  mapfile -t all < <("$PIGSTY_PROVIDER_BINARY" fault-points "${resource%%.*}")
  for point in "${all[@]}"; do [[ " ${places[*]} " != *" ${point##*:} "* ]] || points+=("$point"); done
  ((${#points[@]} > 0)) || failure "no fault points of $resource"
  local steps=${RELEASE_STEPS:-3}
  [[ $steps != all && $steps -lt ${#points[@]} ]] || steps=${#points[@]}
  for ((i = 1; i <= steps; i++)); do
    # The last is always among them.
    point=${points[i * ${#points[@]} / steps - 1]}
    place=${point##*:}
    PIGSTY_FAULT="${point%:*}:$member:$place:error" tf apply -target="$resource"
    if ((status == 0)); then
      # No member of a cluster of one takes that step.
      expect_no_output "a fault was asked for"
      tf destroy -target="$resource"
      expect_status 0
      continue
    fi
    expect_output "a fault was asked for: ${point%:*}:$member:$place"
    if on pg-test-1 test -e "/var/lib/pigsty/claims/$claim.json"; then
      releases "$name"
      no_claim "$claim"
      any=$((any + 1))
    else
      # The claim comes with the first write: steps that found all as it should be have left nothing to undo.
      nothing_to_release "$name"
    fi
    "$check" "$point"
  done
  ((any > 0)) || failure "no create of $resource failed"
  printf '    %s: undone after %d failures\n' "$resource" "$any"
  tf apply -target="$resource"
  expect_status 0
  expect_output "0 destroyed"
}

test_a_node() {
  work_in one-node
  tf init
  expect_status 0
  undone_after_each_step pigsty_node.one 10.10.10.11 node-10.10.10.11 pg-test-1
}

test_an_authority() {
  work_in one-node
  undone_after_each_step pigsty_ca.this pigsty-ca ca-pigsty-ca pigsty-ca-1
}

no_etcd() {
  run on pg-test-1 sh -c 'pgrep -x etcd; ls -d /data/etcd/member /var/lib/pigsty/secrets/etcd-etcd 2>/dev/null'
  [[ ! -s $out ]] || failure "left after $1"
}
test_an_etcd_cluster() {
  work_in one-node
  undone_after_each_step pigsty_etcd_cluster.this etcd etcd_cluster-etcd etcd-1 no_etcd
}

no_postgresql() {
  run on pg-test-1 sh -c 'pgrep -a "patroni|postgres|pgbouncer"; ls -d /pg /data/postgres /var/lib/pigsty/secrets/pg-pg-test 2>/dev/null'
  [[ ! -s $out ]] || failure "left after $1"
  run on pg-test-1 sh -c 'ETCDCTL_API=3 etcdctl --cacert=/etc/etcd/ca.crt --cert=/etc/etcd/client.crt --key=/etc/etcd/client.key \
    --endpoints=https://127.0.0.1:2379 --user="root:$(tail -n 1 /var/lib/pigsty/secrets/etcd-etcd/root)" get --prefix --keys-only /pg/'
  expect_status 0
  [[ ! -s $out ]] || failure "left in etcd after $1"
}
test_a_postgresql_cluster() {
  work_in one-node
  undone_after_each_step pigsty_pg_cluster.test pg-test pg_cluster-pg-test pg-test-1 no_postgresql
  tf destroy -target=pigsty_pg_cluster.test
  expect_status 0
}

test_half_of_a_data_folder_and_a_server_without_patroni() {
  work_in one-node
  PIGSTY_FAULT="default objects:pg-test-1:before:kill" tf apply -target=pigsty_pg_cluster.test
  expect_status 1
  # As a failed start leaves it, and as a Patroni that was killed leaves its server.
  expect on pg-test-1 sh -c 'systemctl kill -s KILL --kill-whom=main patroni.service
    rm -f /etc/systemd/system/patroni.service /usr/lib/systemd/system/patroni.service && systemctl daemon-reload
    mkdir -p /pg/data.failed/base && echo x >/pg/data.failed/PG_VERSION && pgrep postgres'
  releases pg-test
  no_claim pg_cluster-pg-test
  no_postgresql "a server without Patroni"
  expect on pg-test-1 sh -c 'DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --reinstall patroni && systemctl stop patroni.service'
}

test_a_package_that_is_not_to_be_had() {
  work_in one-node
  expect on pg-test-1 sh -c 'DEBIAN_FRONTEND=noninteractive apt-get purge -qq -y patroni &&
    printf "Package: patroni\nPin: version *\nPin-Priority: -1\n" >/etc/apt/preferences.d/withheld'
  tf apply -target=pigsty_pg_cluster.test
  expect_status 1
  releases pg-test
  no_claim pg_cluster-pg-test
  no_postgresql "a package that is not to be had"
  expect on pg-test-1 rm /etc/apt/preferences.d/withheld
}

test_a_finished_one_is_never_touched() {
  work_in one-node
  tf apply
  expect_status 0
  nothing_to_release pg-test
  plan_is_empty
}

test_all_of_it_is_created_afterwards() {
  work_in one-node
  tf destroy
  expect_status 0
  tf apply
  expect_status 0
  plan_is_empty
}

run_tests
