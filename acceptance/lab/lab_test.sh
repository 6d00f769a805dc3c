#!/usr/bin/env bash
# The lab does what its command line says. Brings up nodes of its own, prepared and bare.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
lab=$here/lab
. "$here/lib/testing.sh"

# ssh_to USER ADDRESS COMMAND …: as the lab's users log in, with strict host keys. A machine that goes while somebody is logged
# in says nothing: without the questions whether it is alive, ssh would wait for ever.
ssh_to() {
  "$lab" run -- bash -c 'exec ssh -o BatchMode=yes -o ConnectTimeout=2 -o ServerAliveInterval=2 -o ServerAliveCountMax=2 \
    -o StrictHostKeyChecking=yes \
    -o UserKnownHostsFile="$PIGSTY_SSH_KNOWN_HOSTS_FILE" -i "$PIGSTY_SSH_PRIVATE_KEY_FILE" "$@"' ssh "$1@$2" "${@:3}"
}

# status_is NAME STATE LINK
status_is() {
  local status
  status=$("$lab" status)
  grep --quiet --perl-regexp "^$1\t.*\t$2\t$3\$" <<<"$status" || {
    printf 'expected %s to be %s and %s, found:\n%s\n' "$1" "$2" "$3" "$status"
    return 1
  }
}

# within SECONDS COMMAND …: until it succeeds.
within() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
  done
}

mistakes_are_refused_before_anything_is_made() {
  fails_with 'this version has the driver nspawn only' "$lab" up --driver vagrant one=10.10.10.11
  fails_with "no system named 'plan9'" "$lab" up --system plan9 one=10.10.10.11
  fails_with 'is not an address of the lab' "$lab" up one=10.10.10.1
  fails_with 'is not a host name' "$lab" up 'One_=10.10.10.11'
  fails_with 'is given to one and to two' "$lab" up one=10.10.10.11 two=10.10.10.11
  fails_with 'no lab is up' "$lab" run -- true
  fails_with "no node named 'one'" "$lab" kill one
  fails_with 'unknown command' "$lab" fly
}

prepared_nodes_come_up() {
  "$lab" up --prepared one=10.10.10.11 two=10.10.10.12
  status_is one up joined
  status_is two up joined
}

up_is_idempotent_and_adds_nodes() {
  local boot
  boot=$("$lab" exec one -- systemctl show --property=UserspaceTimestampMonotonic)
  "$lab" up one=10.10.10.11 two=10.10.10.12 a-node-with-a-long-name=10.10.10.14
  [[ $boot == "$("$lab" exec one -- systemctl show --property=UserspaceTimestampMonotonic)" ]]
  status_is a-node-with-a-long-name up joined
  fails_with 'exists and is prepared' "$lab" up --bare one=10.10.10.11
  fails_with 'exists with the address' "$lab" up one=10.10.10.19
  fails_with 'is taken by one' "$lab" up three=10.10.10.11
}

ups_side_by_side_wait_for_each_other() {
  "$lab" up four=10.10.10.21 &
  local first=$!
  "$lab" up five=10.10.10.22 four=10.10.10.21 &
  wait "$first"
  wait $!
  status_is four up joined
  status_is five up joined
}

prepared_means_installed_and_nothing_running() {
  local package
  for package in patroni postgresql-17 etcd-server pgbouncer haproxy; do
    [[ $("$lab" exec one -- dpkg-query --show --showformat='${Status}' "$package") == 'install ok installed' ]]
  done
  "$lab" exec one -- bash -c '! ps -eo comm | grep -E "postgres|patroni|etcd|haproxy|pgbouncer"'
  "$lab" exec one -- bash -c '! systemctl list-unit-files --state=enabled | grep -E "postgres|patroni|etcd|haproxy|pgbouncer"'
  "$lab" exec one -- bash -c '[[ -z $(ls -A /etc/postgresql) && ! -e /usr/sbin/policy-rc.d ]]'
}

nodes_have_identities_of_their_own() {
  local file
  for file in /etc/machine-id /etc/hostname /etc/ssh/ssh_host_ed25519_key.pub /etc/ssh/ssh_host_rsa_key.pub; do
    [[ $("$lab" exec one -- cat "$file") != "$("$lab" exec two -- cat "$file")" ]]
  done
  [[ $("$lab" exec one -- hostname) == one ]]
}

vagrant_root_and_ops_log_in() {
  [[ $(ssh_to vagrant 10.10.10.11 sudo -n id -un) == root ]]
  [[ $(ssh_to root 10.10.10.11 id -un) == root ]]
  [[ $(ssh_to ops 10.10.10.11 id -un) == ops ]]
  fails_with 'a password is required' ssh_to ops 10.10.10.11 sudo -n id -un
  [[ $(ssh_to ops 10.10.10.11 sudo -S -p "''" id -un <"${PIGSTY_LAB_DIR:-/var/tmp/pigsty-lab}/keys/ops.password") == root ]]
}

nodes_reach_each_other_and_nothing_else() {
  "$lab" exec one -- bash -c 'timeout 2 bash -c ": </dev/tcp/10.10.10.12/22"'
  "$lab" exec one -- bash -c '! ip route | grep default'
  "$lab" run -- bash -c '! ip route | grep default'
}

exec_and_run_pass_exit_codes_and_input_on() {
  local status=0
  "$lab" exec one -- bash -c 'exit 7' || status=$?
  ((status == 7))
  status=0
  "$lab" run -- bash -c 'exit 9' || status=$?
  ((status == 9))
  [[ $(echo text | "$lab" exec one -- cat) == text ]]
  [[ $(echo text | "$lab" run -- cat) == text ]]
}

both_clis_find_the_provider_and_write_a_lock_file() {
  printf '#!/bin/sh\nexit 1\n' >"$work/provider"
  chmod +x "$work/provider"
  local cli first
  for cli in tofu terraform; do
    mkdir -p "$work/$cli"
    printf 'terraform {\n  required_providers {\n    pigsty = {\n      source = "pigsty/pigsty"\n    }\n  }\n}\n' >"$work/$cli/main.tf"
    PIGSTY_PROVIDER_BINARY=$work/provider "$lab" run -- "$cli" -chdir="$work/$cli" init
    grep --quiet '"h1:' "$work/$cli/.terraform.lock.hcl"
  done
  first=$(grep version "$work/tofu/.terraform.lock.hcl")
  echo '# another build' >>"$work/provider"
  rm "$work/tofu/.terraform.lock.hcl"
  PIGSTY_PROVIDER_BINARY=$work/provider "$lab" run -- tofu -chdir="$work/tofu" init
  [[ $(grep version "$work/tofu/.terraform.lock.hcl") != "$first" ]]
  fails_with 'not an executable file' env PIGSTY_PROVIDER_BINARY=/nowhere "$lab" run -- true
}

a_cut_node_is_reached_by_nobody_until_it_joins() {
  local name address
  for name in two a-node-with-a-long-name; do
    address=$("$lab" status | awk -v name="$name" '$1 == name {print $2}')
    "$lab" cut "$name"
    status_is "$name" up cut
    fails_with 'timed out' ssh_to vagrant "$address" true
    "$lab" join "$name"
    within 10 ssh_to vagrant "$address" true
  done
}

a_cut_node_stays_cut_over_a_power_cut() {
  "$lab" cut two
  "$lab" kill two
  "$lab" start two
  fails_with 'timed out' ssh_to vagrant 10.10.10.12 true
  "$lab" join two
  within 10 ssh_to vagrant 10.10.10.12 true
}

a_killed_node_comes_back_with_its_disk_and_keys() {
  "$lab" exec two -- bash -c 'echo kept >/root/file'
  "$lab" kill two
  status_is two off joined
  fails_with 'lab start two' "$lab" exec two -- true
  "$lab" start two
  [[ $(ssh_to root 10.10.10.12 cat /root/file) == kept ]]
}

a_reboot_inside_a_node_works() {
  local before now
  before=$("$lab" exec two -- systemctl show --property=UserspaceTimestampMonotonic)
  "$lab" exec two -- systemctl reboot
  rebooted() {
    now=$("$lab" exec two -- systemctl show --property=UserspaceTimestampMonotonic 2>/dev/null) &&
      [[ $now != "$before" ]] && ssh_to root 10.10.10.12 true
  }
  within 30 rebooted
}

a_snapshot_brings_everything_back() {
  "$lab" exec two -- bash -c 'echo first >/root/file; ln -sfn a /root/link'
  "$lab" snapshot two first
  status_is two up joined
  "$lab" exec two -- bash -c 'echo second >/root/file; rm /root/link /etc/haproxy/haproxy.cfg; mv /usr/share/doc /usr/share/documents'
  "$lab" restore two first
  status_is two up joined
  [[ $("$lab" exec two -- cat /root/file) == first ]]
  [[ $("$lab" exec two -- readlink /root/link) == a ]]
  "$lab" exec two -- test -e /etc/haproxy/haproxy.cfg -a -d /usr/share/doc/sudo -a ! -e /usr/share/documents
  ssh_to vagrant 10.10.10.12 true
  fails_with "no snapshot 'second'" "$lab" restore two second
}

a_folder_of_the_layers_below_can_be_renamed() {
  "$lab" exec two -- mv /usr/share/doc /usr/share/documents
  "$lab" kill two
  "$lab" start two
  "$lab" exec two -- test -d /usr/share/documents/sudo
}

a_bare_node_installs_from_the_repository() {
  "$lab" up --bare bare=10.10.10.31
  fails "$lab" exec bare -- command -v haproxy
  "$lab" exec bare -- bash -c 'apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install --yes haproxy'
  "$lab" exec bare -- systemctl is-active haproxy.service
}

a_package_can_be_withheld_from_one_node() {
  "$lab" exec bare -- bash -c 'printf "Package: pgbouncer\nPin: version *\nPin-Priority: -1\n" >/etc/apt/preferences.d/withheld'
  fails_with 'no installation candidate' "$lab" exec bare -- apt-get install --yes pgbouncer
  "$lab" exec bare -- rm /etc/apt/preferences.d/withheld
  "$lab" exec bare -- apt-get install --simulate pgbouncer
}

# What another checkout's nodes stand on has other names, and is neither built nor removed by this one.
old_layers_go_unless_a_lab_stands_on_them() {
  local cache used unused
  cache=${PIGSTY_LAB_CACHE:-${PIGSTY_CACHE:-/var/tmp/pigsty-cache}/lab}
  used=$cache/layers/trixie-bare-of-another-checkout unused=$cache/layers/trixie-bare-of-nobody
  mkdir -p "$work/another/nodes/one" "$used" "$unused" "$cache/users"
  echo "$used/root" >"$work/another/nodes/one/lower"
  echo "$work/another/nodes" >"$cache/users/test"
  touch -d '3 days ago' "$used" "$unused"
  "$lab" build
  [[ -d $used && ! -e $unused ]]
  rm -r "$work/another"
  "$lab" build
  [[ ! -e $used && ! -e $cache/users/test ]]
}

two_labs_side_by_side_have_names_and_addresses_in_common() {
  "$lab" exec two -- bash -c 'echo ours >/root/file'
  (
    export PIGSTY_LAB_DIR=$work/lab
    trap '"$lab" down' EXIT
    "$lab" up two=10.10.10.12
    [[ ! -e $work/lab/layers ]]
    status_is two up joined
    fails ssh_to root 10.10.10.12 cat /root/file
    "$lab" exec two -- bash -c 'echo theirs >/root/file'
    [[ $(ssh_to root 10.10.10.12 cat /root/file) == theirs ]]
  )
  [[ $(ssh_to root 10.10.10.12 cat /root/file) == ours ]]
}

down_leaves_nothing() {
  local directory=${PIGSTY_LAB_DIR:-/var/tmp/pigsty-lab}
  local namespace
  namespace=$("$lab" run -- ip netns identify)
  "$lab" run -- sleep 600 &
  within 5 pgrep --full '^sleep 600$'
  "$lab" down
  [[ ! -e $directory/nodes && -z $("$lab" status) ]]
  fails grep "$directory/nodes" /proc/mounts
  fails pgrep --full "^bash .*/boot-node.sh $directory/"
  fails pgrep --full '^sleep 600$'
  fails test -e "/run/netns/$namespace"
}

mapfile -t tests < <(sed -nE 's/^([a-z_]+)\(\) \{$/\1/p' "${BASH_SOURCE[0]}" | grep -vxE 'ssh_to|status_is|within')
run_tests "${tests[@]}"
