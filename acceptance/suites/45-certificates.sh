#!/usr/bin/env bash
# Certificates: one that nears its end is renewed as a planned change while everything goes on serving; whatever else
# happens to one is seen and repaired. One node; clocks stay, certificates are made older.
# with: tofu
# takes: 200
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"

nodes=(pg-test-1)
one_node prepared

# age CERTIFICATE DAYS LEFT: signed again by the authority for the same key with the same text, as if that had been when a
# life of DAYS had LEFT days to go; and claimed so.
age() {
  expect on pg-test-1 sh -ec '
    cd /var/lib/pigsty/ca/pigsty-ca
    before=$(sha256sum <"$1" | cut -c 1-64)
    work=$(mktemp -d)
    openssl x509 -x509toreq -in "$1" -signkey "${1%.crt}.key" -copy_extensions copy -out "$work/request"
    openssl x509 -req -in "$work/request" -copy_extensions copy -CA ca.crt -CAkey ca.key -sha256 -out "$work/leaf" \
      -not_before "$(date -u -d "$(($3 - $2)) days" +%Y%m%d%H%M%SZ)" -not_after "$(date -u -d "$3 days" +%Y%m%d%H%M%SZ)"
    cat "$work/leaf" >"$1"
    sed -i "s/$before/$(sha256sum <"$1" | cut -c 1-64)/" /var/lib/pigsty/claims/*.json
    rm -r "$work"' age "$@"
}

serial() { on pg-test-1 openssl x509 -in "$1" -noout -serial; }
# Days from the first to the last of a certificate's life.
life() {
  on pg-test-1 sh -c 'end=$(date -d "$(openssl x509 -in "$1" -noout -enddate | cut -d= -f2)" +%s)
    begin=$(date -d "$(openssl x509 -in "$1" -noout -startdate | cut -d= -f2)" +%s)
    echo $(((end - begin) / 86400))' life "$1"
}
# served PORT [ARGUMENTS…]: the serial of the certificate that a new connection is shown.
served() {
  local port=$1
  shift
  on pg-test-1 sh -c 'openssl s_client -connect "$0" "$@" </dev/null 2>/dev/null | openssl x509 -noout -serial' "10.10.10.11:$port" "$@"
}
# serves PORT CERTIFICATE [ARGUMENTS…]
serves() {
  local port=$1 certificate=$2
  shift 2
  [[ $(served "$port" "$@") == "$(serial "$certificate")" ]]
}
everybody_serves_what_is_there() {
  wait_until 20 serves 5432 /pg/cert/server.crt -starttls postgres
  wait_until 20 serves 6432 /pg/cert/server.crt -starttls postgres
  wait_until 20 serves 8008 /pg/cert/server.crt
  wait_until 20 serves 2379 /etc/etcd/server.crt
  wait_until 20 serves 2380 /etc/etcd/server.crt
}
# Processes that end when something is restarted, and the moment the server began.
alive() {
  on pg-test-1 systemctl show -p MainPID etcd patroni pgbouncer
  sql pg-test-1 "SELECT pg_postmaster_start_time(), pg_is_in_recovery()"
}
change_of() { planned "$1" | jq -c "{drift: .before.drift, last_change: .after.last_change}"; }

test_the_cluster_is_there() {
  work_in one-node
  printf 'resource "pigsty_pg_cluster" "test" {\n  pgbouncer = { ssl_mode = "require" }\n}\n' >tls_override.tf
  tf init
  expect_status 0
  tf apply
  expect_status 0
  plan_is_empty
  everybody_serves_what_is_there
}

test_a_leaf_that_is_not_yet_due_is_left_alone() {
  work_in one-node
  age /pg/cert/server.crt 90 31
  plan_is_empty
}

test_near_their_end_certificates_are_renewed_as_planned() {
  work_in one-node
  age /pg/cert/server.crt 90 10
  age /pg/cert/etcd.crt 90 10
  age /etc/etcd/server.crt 7300 29
  expect on pg-test-1 systemctl reload patroni pgbouncer
  everybody_serves_what_is_there
  local of_pg of_etcd running
  of_pg=$(serial /pg/cert/server.crt)
  of_etcd=$(serial /etc/etcd/server.crt)
  running=$(alive)
  tf plan -detailed-exitcode -out=plan
  expect_status 2
  expect_equal "$(change_of pigsty_pg_cluster.test)" \
    '{"drift":["pg-test-1 /pg/cert/etcd.crt: due for renewal","pg-test-1 /pg/cert/server.crt: due for renewal"],"last_change":["reload patroni on pg-test-1","reload postgresql on pg-test-1","reload pgbouncer on pg-test-1"]}'
  # etcd reads its leaf with every handshake: nothing has to be told.
  expect_equal "$(change_of pigsty_etcd_cluster.this)" '{"drift":["etcd-1 /etc/etcd/server.crt: due for renewal"],"last_change":[]}'
  expect_equal "$(planned pigsty_ca.this | jq -c .actions)" '["no-op"]'

  # New connections all the while, through the primary service, pgbouncer and their certificates.
  (
    until [[ -e stop ]]; do sslmode=require as_app 10.10.10.11 5433 "SELECT 1" || echo failed; done >client 2>&1
  ) &
  tf apply plan
  touch stop
  wait $!
  expect_status 0
  expect_output "2 changed"
  sort -u client >"$out"
  expect_equal "$(cat "$out")" 1
  expect_equal "$(alive)" "$running"
  [[ $(serial /pg/cert/server.crt) != "$of_pg" && $(serial /etc/etcd/server.crt) != "$of_etcd" ]] || failure "nothing was renewed"
  everybody_serves_what_is_there
  expect_equal "$(life /pg/cert/server.crt) $(life /pg/cert/etcd.crt) $(life /etc/etcd/server.crt)" "7300 7300 7300"
  expect on pg-test-1 openssl verify -CAfile /pg/cert/ca.crt /pg/cert/server.crt /pg/cert/etcd.crt /etc/etcd/server.crt
  plan_is_empty
}

# by_hand COMMAND and what the plan has to name, separated by " => ". $CA is the authority's folder; `same` and `other` sign
# the certificate's own text again, by our authority with these arguments or by another one.
changes_by_hand() {
  cat <<'END'
same /pg/cert/server.crt -days 1 => pg-test-1 /pg/cert/server.crt: not known to be issued for this by this authority
other /pg/cert/etcd.crt -days 7300 => pg-test-1 /pg/cert/etcd.crt: signed by another authority
openssl ecparam -name prime256v1 -genkey -noout >/etc/etcd/client.key => etcd-1 /etc/etcd/client.crt: its key is another one
names /etc/etcd/server.crt -days 7300 => etcd-1 /etc/etcd/server.crt: names DNS:elsewhere DNS:etcd-1 IP:10.10.10.11 IP:127.0.0.1, expected DNS:etcd-1 DNS:localhost IP:10.10.10.11 IP:127.0.0.1
END
}
more_changes_by_hand() {
  cat <<'END'
rm /pg/cert/server.crt => pg-test-1 /pg/cert/server.crt: missing
rm /pg/cert/etcd.key => pg-test-1 /pg/cert/etcd.crt: its key is missing
echo nonsense >/etc/etcd/client.crt => etcd-1 /etc/etcd/client.crt: not a certificate
chmod 0644 /etc/etcd/server.key => etcd-1 /etc/etcd/server.crt: key mode 0644, expected 0600
END
}

by_hand() {
  on pg-test-1 sh -ec '
    CA=/var/lib/pigsty/ca/pigsty-ca
    again() {
      certificate=$1 authority=$2 change=$3
      shift 3
      openssl x509 -x509toreq -in "$certificate" -signkey "${certificate%.crt}.key" -out /tmp/request
      openssl x509 -in "$certificate" -noout -ext subjectAltName,extendedKeyUsage | sed -n "/Alternative/{n;s/IP Address/IP/g;s/^ */subjectAltName=/;$change;p}" >/tmp/extensions
      echo "extendedKeyUsage=$(openssl x509 -in "$certificate" -noout -ext extendedKeyUsage | grep -q Server && echo serverAuth,)clientAuth" >>/tmp/extensions
      openssl x509 -req -in /tmp/request -CA "$authority/ca.crt" -CAkey "$authority/ca.key" -extfile /tmp/extensions -out /tmp/leaf "$@"
      cat /tmp/leaf >"$certificate"
    }
    same() { certificate=$1; shift; again "$certificate" "$CA" "" "$@"; }
    names() { certificate=$1; shift; again "$certificate" "$CA" s/localhost/elsewhere/ "$@"; }
    other() {
      certificate=$1; shift
      mkdir -p /tmp/other
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /tmp/other/ca.key -subj /CN=pigsty-ca -out /tmp/other/ca.crt
      again "$certificate" /tmp/other "" "$@"
    }
    eval "$1"' by_hand "$1"
}

repairs() {
  work_in one-node
  local line running
  while IFS= read -r line <&3; do expect by_hand "${line% => *}"; done 3< <("$1")
  running=$(alive)
  tf plan -detailed-exitcode -out=plan
  expect_status 2
  lab run -- "$cli" show -no-color plan >"$out"
  while IFS= read -r line <&3; do expect_output "${line##* => }"; done 3< <("$1")
  tf apply plan
  expect_status 0
  plan_is_empty
  expect_equal "$(alive)" "$running"
  everybody_serves_what_is_there
}

test_certificates_changed_by_hand_are_repaired() { repairs changes_by_hand; }
test_certificates_that_are_gone_or_damaged_are_repaired() { repairs more_changes_by_hand; }

# Served, too: what hinders clients must not hinder the way out.
test_a_certificate_that_has_ended_is_renewed() {
  work_in one-node
  age /pg/cert/server.crt 90 -1
  age /etc/etcd/client.crt 90 -1
  expect on pg-test-1 systemctl reload patroni pgbouncer
  wait_until 20 serves 8008 /pg/cert/server.crt
  tf plan -detailed-exitcode -out=plan
  expect_status 2
  expect_equal "$(change_of pigsty_etcd_cluster.this)" '{"drift":["etcd-1 /etc/etcd/client.crt: expired"],"last_change":[]}'
  expect_equal "$(planned pigsty_pg_cluster.test | jq -c .before.drift)" '["pg-test-1 /pg/cert/server.crt: expired"]'
  tf apply plan
  expect_status 0
  plan_is_empty
  everybody_serves_what_is_there
}

# Between plan and apply somebody else renewed it: nothing is left to do, and nothing is done.
test_what_was_renewed_meanwhile_is_left_alone() {
  work_in one-node
  expect on pg-test-1 cp -a /etc/etcd/client.crt /etc/etcd/client.key /var/lib/pigsty/claims/etcd_cluster-etcd.json /root
  age /etc/etcd/client.crt 90 10
  tf plan -out=plan
  expect on pg-test-1 sh -c 'cd /root && mv client.crt client.key /etc/etcd && mv etcd_cluster-etcd.json /var/lib/pigsty/claims'
  local before
  before=$(serial /etc/etcd/client.crt)
  tf apply plan
  expect_status 0
  expect_equal "$(serial /etc/etcd/client.crt)" "$before"
  plan_is_empty
}

# What is not repaired must not stand in `last_change` of another change either.
test_where_drift_is_only_reported_nothing_is_renewed() {
  work_in one-node
  printf 'resource "pigsty_pg_cluster" "test" {\n  drift_policy = "report"\n}\n' >report_override.tf
  tf apply
  expect_status 0
  age /pg/cert/server.crt 90 10
  local before
  before=$(serial /pg/cert/server.crt)
  plan_is_empty
  printf 'resource "pigsty_pg_cluster" "test" {\n  drift_policy = "report"\n  hba_rules = [{ user = "dbrole_readonly", db = "all", addr = "10.20.0.0/16", auth = "ssl" }]\n}\n' >report_override.tf
  tf plan -out=plan
  expect_equal "$(change_of pigsty_pg_cluster.test)" '{"drift":["pg-test-1 /pg/cert/server.crt: due for renewal"],"last_change":["reload postgresql on pg-test-1"]}'
  tf apply plan
  expect_status 0
  expect_equal "$(serial /pg/cert/server.crt)" "$before"
  rm report_override.tf
  tf apply
  expect_status 0
  [[ $(serial /pg/cert/server.crt) != "$before" ]] || failure "it was not renewed"
  plan_is_empty
}

test_another_life_counts_for_what_is_signed_from_then_on() {
  work_in one-node
  printf 'resource "pigsty_ca" "this" {\n  leaf_validity_days = 45\n}\n' >life_override.tf
  local before
  before=$(serial /pg/cert/server.crt)
  tf plan -detailed-exitcode -out=plan
  expect_status 2
  expect_output "0 to add, 1 to change, 0 to destroy"
  tf apply plan
  expect_status 0
  plan_is_empty
  expect_equal "$(serial /pg/cert/server.crt)" "$before"
  age /pg/cert/server.crt 90 10
  tf apply
  expect_status 0
  expect_equal "$(life /pg/cert/server.crt)" 45
  plan_is_empty
}

run_tests
