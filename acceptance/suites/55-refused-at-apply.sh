#!/usr/bin/env bash
# What only the node can tell is refused at apply: with the host, the cause and what to do, without state, and without a
# change to anything that is not ours.
# with: tofu
# takes: 90
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"

nodes=(pg-test-1)
one_node prepared
keys=${PIGSTY_LAB_DIR:-/var/tmp/pigsty-lab}/keys

# errors: what the last command said was wrong; a plan printed before it names addresses and values too.
errors() { sed -n '/Error: /,$p' "$out" | sed 's/[│╷╵]/ /g' | tr -s ' \n' ' '; }

# refused RESOURCE TEXT…: the apply fails at once with an error that holds all of this; the resource is not in the state,
# and the next plan creates it.
refused() {
  local resource=$1 began=$SECONDS text
  shift
  tf apply
  ((status == 1)) || failure "the apply went through"
  ((SECONDS - began < ${within:-60})) || failure "refused after $((SECONDS - began)) s only"
  for text in "${TF_VAR_address:-10.10.10.11}" "What to do:" "$@"; do
    errors | grep -qF -- "$text" || failure "expected in the error: $text"
  done
  expect_untouched "$resource"
}

# expect_untouched RESOURCE: not in the state, and planned as new.
expect_untouched() {
  run lab run -- "$cli" state list
  expect_no_output "$1"
  tf plan -detailed-exitcode
  expect_status 2
  expect_output "# $1 will be created"
  expect_output "0 to change, 0 to destroy"
}

# cluster NAME MORE: one more PostgreSQL cluster on the node.
cluster() {
  printf 'resource "pigsty_pg_cluster" "%s" {\n  name = "pg-%s"\n  instances = { 1 = { address = var.address, role = "primary" } }
  ca = pigsty_ca.this.ref\n  dcs = pigsty_etcd_cluster.this.access\n  sizing = var.sizing\n  %s\n}\n' \
    "$1" "$1" "${2:-}"
}

# nothing_else_changed FILE: since that snapshot, but for our own record of what was tried.
nothing_else_changed() {
  audit_nodes "$work_root/now"
  run "$suite_dir/lab/audit" diff "$1" "$work_root/now"
  ((status < 2)) || failure "the snapshots cannot be compared"
  sed -i -n '/^pg-test-1 /{\|/var/lib/pigsty/journal|!p}' "$out"
  [[ ! -s $out ]] || failure "something changed on the node"
}

test_a_wrong_host_key() {
  work_in refused
  tf init
  expect_status 0
  TF_VAR_host_keys="{ \"10.10.10.11\" = \"$(cut -d' ' -f1,2 "$keys/id_ed25519.pub")\" }" \
    refused pigsty_ca.this "the host key changed: expected ssh-ed25519 SHA256:" "(host_keys), found ssh-ed25519 SHA256:" "the entry in host_keys"
  printf '10.10.10.11 %s\n' "$(cut -d' ' -f1,2 "$keys/id_ed25519.pub")" >"$work_root/known_hosts"
  TF_VAR_known_hosts_file=$work_root/known_hosts \
    refused pigsty_ca.this "the host key changed: expected ssh-ed25519 SHA256:" "$work_root/known_hosts" "ssh-keygen -R"
  : >"$work_root/known_hosts"
  TF_VAR_known_hosts_file=$work_root/known_hosts \
    refused pigsty_ca.this "the host key is not known" "$work_root/known_hosts" "host_key_policy"
}

test_a_wrong_login_key() {
  work_in refused
  expect ssh-keygen -q -t ed25519 -N '' -f "$work_root/id"
  TF_VAR_private_key_file=$work_root/id refused pigsty_ca.this "login as vagrant was refused" "$work_root/id" authorized_keys
}

test_users_who_cannot_become_root() {
  work_in refused
  expect on pg-test-1 sh -c 'useradd --create-home plain && install -D -m 0600 -o plain -g plain \
    ~vagrant/.ssh/authorized_keys ~plain/.ssh/authorized_keys'
  TF_VAR_user=plain refused pigsty_ca.this "sudo" "the login user \"plain\""
  TF_VAR_user=ops refused pigsty_ca.this "sudo asks for a password, and none is configured" "become.password"
}

test_a_machine_that_does_not_answer() {
  work_in refused
  TF_VAR_address=10.10.10.99 TF_VAR_connect_timeout=4s refused pigsty_ca.this "no SSH session within 4 s (connect_timeout)"
}

test_a_system_that_is_not_supported() {
  work_in refused
  expect on pg-test-1 sh -c 'sed "s/^ID=.*/ID=fedora/; s/^VERSION_ID=.*/VERSION_ID=43/" /etc/os-release >/run/os-release &&
    mount --bind /run/os-release /etc/os-release'
  refused pigsty_ca.this "found fedora 43" "Debian 12 or 13"
  expect on pg-test-1 umount /etc/os-release
}

test_an_etcd_folder_that_holds_foreign_data() {
  work_in refused
  expect on pg-test-1 sh -c 'mkdir -p /data/etcd/member && echo keep >/data/etcd/member/keepsake'
  refused pigsty_etcd_cluster.this "expected /data/etcd to be empty or not there, found member in it" data_dir
  expect_equal "$(on pg-test-1 sh -c 'stat -c "%U %a" /data/etcd; cat /data/etcd/member/keepsake; systemctl is-active etcd')" $'root 755\nkeep\ninactive'
  expect on pg-test-1 rm -r /data/etcd
  # Not ours, and it would become that with our files and our restart.
  expect on pg-test-1 sh -c 'mkdir -p /etc/systemd/system/etcd.service.d && printf "[Service]\nType=simple\nExecStart=\nExecStart=sleep infinity\n" >/etc/systemd/system/etcd.service.d/theirs.conf &&
    systemctl daemon-reload && systemctl start etcd'
  refused pigsty_etcd_cluster.this "expected etcd.service not to run yet, found it active" "systemctl disable --now etcd.service"
  expect on pg-test-1 systemctl is-active etcd
  expect on pg-test-1 sh -c 'systemctl stop etcd && rm -r /etc/systemd/system/etcd.service.d && systemctl daemon-reload'
  tf apply
  expect_status 0
}

test_servers_that_others_run() {
  work_in refused
  cluster test >case.tf
  expect on pg-test-1 systemctl start pgbouncer
  refused pigsty_pg_cluster.test "expected pgbouncer.service not to run yet, found it active" "systemctl disable --now pgbouncer.service"
  expect on pg-test-1 systemctl is-active pgbouncer
  expect on pg-test-1 systemctl stop pgbouncer
  expect on pg-test-1 sh -c 'mkdir -p /data/old/data && ln -s /data/old /pg'
  refused pigsty_pg_cluster.test "expected /pg to be empty or not there, found data in it" "use another machine"
  expect_equal "$(on pg-test-1 readlink /pg)" /data/old
  expect on pg-test-1 rm -r /pg /data/old
  expect on pg-test-1 sh -c 'printf "[Service]\nExecStart=sleep infinity\n" >/run/systemd/system/patroni.service &&
    systemctl daemon-reload && systemctl start patroni'
  refused pigsty_pg_cluster.test "expected patroni.service not to run yet, found it active" "use another machine"
  expect on pg-test-1 systemctl is-active patroni
  expect on pg-test-1 sh -c 'systemctl stop patroni && rm /run/systemd/system/patroni.service && systemctl daemon-reload'
  audit_nodes "$work_root/before"
}

test_a_locale_that_the_node_lacks() {
  work_in refused
  cluster test 'locale = "xx_YY.UTF-8"' >case.tf
  refused pigsty_pg_cluster.test "expected the locale xx_YY.UTF-8 on the node, found C" locale-gen
}

test_data_folders_that_hold_foreign_data() {
  work_in refused
  cluster test >case.tf
  expect on pg-test-1 sh -c 'mkdir -p /data/postgres && echo keep >/data/postgres/keepsake'
  refused pigsty_pg_cluster.test "expected /data/postgres to be empty" "found it root:root 0755 with keepsake in it" data_dir
  expect_equal "$(on pg-test-1 sh -c 'find /data/postgres -printf "%p %u %m\n" | sort; cat /data/postgres/keepsake')" \
    $'/data/postgres root 755\n/data/postgres/keepsake root 644\nkeep'
  # A folder of postgres may hold more than us; the cluster's own must be new.
  expect on pg-test-1 sh -c 'mkdir -p -m 0700 /data/postgres/pg-test-17/data && mv /data/postgres/keepsake /data/postgres/pg-test-17/data/ &&
    chown -R postgres:postgres /data/postgres'
  refused pigsty_pg_cluster.test "expected /data/postgres/pg-test-17 to be empty or not there, found data in it" data_dir
  expect_equal "$(on pg-test-1 sh -c 'ls -A /data/postgres/pg-test-17; cat /data/postgres/pg-test-17/data/keepsake')" $'data\nkeep'
  expect on pg-test-1 rm -r /data/postgres
}

test_a_port_and_a_node_that_an_etcd_cluster_has() {
  work_in refused
  # The plan knows etcd's port for clients; the other one only the node's claims tell.
  cluster test 'port = 2380' >case.tf
  refused pigsty_pg_cluster.test 'port 2380 belongs to etcd_cluster "etcd" (id '
  sed 's/"this" {/"second" {/; s/"etcd"/"more"/' >case.tf < <(sed -n '/^resource "pigsty_etcd_cluster"/,/^}/p' main.tf)
  refused pigsty_etcd_cluster.second 'etcd member belongs to etcd_cluster "etcd" (id '
}

test_nothing_was_changed_by_what_was_refused() {
  nothing_else_changed "$work_root/before"
}

test_a_node_that_another_cluster_has() {
  work_in refused
  cluster test >case.tf
  tf apply
  expect_status 0
  audit_nodes "$work_root/before"
  cluster second 'port = 6000' >second.tf
  refused pigsty_pg_cluster.second 'postgresql instance belongs to pg_cluster "pg-test" (id '
  rm second.tf
  nothing_else_changed "$work_root/before"
  plan_is_empty
}

test_what_is_there_is_imported_and_never_adopted() {
  work_in refused
  run lab run -- "$cli" state rm pigsty_pg_cluster.test
  expect_status 0
  refused pigsty_pg_cluster.test 'pg_cluster "pg-test" exists already on this node (id ' "import id pg-test@10.10.10.11"
  nothing_else_changed "$work_root/before"
  tf import pigsty_pg_cluster.test pg-test@10.10.10.11
  expect_status 0
  plan_is_empty
}

run_tests
