#!/usr/bin/env bash
# A service of HAProxy through its life: made on bare and prepared machines, changed, changed by hand, imported, refused, beside
# another one and beside a PostgreSQL cluster's, and destroyed.
# with: tofu
# takes: 260
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/changes.sh"

# Two bare machines, and one that has the packages of a PostgreSQL cluster.
lab down >/dev/null 2>&1
{ lab up --system "$system" --bare pg-test-2=10.10.10.12 pg-test-3=10.10.10.13 &&
  lab up --system "$system" --prepared pg-test-1=10.10.10.11; } >"$out" 2>&1 || failure "the lab did not start"

# answers ADDRESS PORT: which backend served.
answers() { lab run -- curl -sS --max-time 5 "http://$1:$2/"; }
serves() { [[ $(answers "$1" "$2") == web-[123] ]]; }
is_served_by() { [[ $(answers "$1" "$2") == "$3" ]]; }
# table NODE: HAProxy's own table, over its socket.
table() {
  on "$1" perl -MIO::Socket::UNIX -e '
    my $s = IO::Socket::UNIX->new(Peer => "/run/haproxy.sock") or die; print $s "show stat\n"; print <$s>'
}
# server_is NODE SERVICE SERVER STATE: as the checks have found it.
server_is() { table "$1" | awk -F, -v p="$2" -v s="$3" -v w="$4" '$1 == p && $2 == s && $18 ~ "^" w { found = 1 } END { exit !found }'; }
# on_node NODE ADDRESS PORT: which backend served, asked on the node itself.
on_node() { on "$1" bash -c "exec 3<>/dev/tcp/$2/$3; printf 'GET / HTTP/1.0\r\n\r\n' >&3; tail -n 1 <&3"; }
# line NODE FILE TEXT: the file has this line.
line() { on "$1" grep -qxF -- "$3" "/etc/haproxy/conf.d/$2.cfg"; }

# Whoever asks gets the backend's name; on 8443 by TLS with a certificate of the authority.
start_backends() {
  local i
  for i in 1 2 3; do
    expect on "pg-test-$i" systemd-run --unit=backend --quiet perl -MIO::Socket::INET -e "
      my \$s = IO::Socket::INET->new(LocalAddr => '0.0.0.0', LocalPort => 8001, Listen => 20, ReuseAddr => 1) or die;
      while (my \$c = \$s->accept) { while (<\$c>) { last if /^\\r?\$/ } print \$c \"HTTP/1.0 200 OK\\r\\nContent-Length: 5\\r\\n\\r\\nweb-$i\"; close \$c }"
  done
}
start_checked_ports() {
  local i
  for i in 1 2 3; do
    expect on pg-test-1 sh -c "cd /root && openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout web.key -subj /CN=web-$i -out web.csr 2>/dev/null &&
      printf 'subjectAltName=IP:10.10.10.1$i\n' >web.ext &&
      openssl x509 -req -in web.csr -CA /var/lib/pigsty/ca/pigsty-ca/ca.crt -CAkey /var/lib/pigsty/ca/pigsty-ca/ca.key -days 2 -extfile web.ext -out web.crt 2>/dev/null"
    on pg-test-1 cat /root/web.crt /root/web.key | on "pg-test-$i" sh -c 'cat >/root/web.pem'
    expect on "pg-test-$i" systemd-run --unit=checked --quiet openssl s_server -quiet -www -accept 8443 -cert /root/web.pem -key /root/web.pem
  done
}

# changed <BODY: the service with these attributes more, in place, and empty afterwards.
changed() {
  { echo 'resource "pigsty_haproxy_service" "web" {'; cat; echo '}'; } >change_override.tf
  applied_in_place
  expect_equal "$(jq -r '[.resource_changes[] | select(.change.actions != ["no-op"]) | "\(.address) \(.change.actions | join(","))"] | join(" ")' "$work_root/plan.json")" \
    "pigsty_haproxy_service.web update"
}
brought_back() { brought_back_in haproxy; }
# refused PATH TEXT <BODY: at plan.
refused() {
  { echo 'resource "pigsty_haproxy_service" "web" {'; cat; echo '}'; } >change_override.tf
  tf plan
  ((status == 1)) || failure "not refused: $(cat change_override.tf)"
  rm change_override.tf
  expect_output "$1"
  expect_output "$2"
}

test_it_is_made_on_bare_machines() {
  work_in haproxy
  local node
  for node in "${nodes[@]}"; do
    expect on "$node" sh -c 'echo canary >/etc/canary.conf &&
      printf "[Service]\nExecStart=/bin/sleep infinity\n" >/etc/systemd/system/canary.service && systemctl start canary.service'
  done
  start_backends
  tf init
  expect_status 0
  tf apply -target=pigsty_ca.this
  expect_status 0
  start_checked_ports
  tf apply
  expect_status 0
  plan_is_empty
  local i
  for i in 1 2 3; do
    wait_until 20 serves "10.10.10.1$i" 9002
    expect on "pg-test-$i" systemctl is-enabled haproxy.service
  done
  wait_until 20 server_is pg-test-3 web web-1 UP
  wait_until 20 is_served_by 10.10.10.11 9003 web-2
}

test_a_second_apply_writes_nothing() {
  work_in haproxy
  an_apply_writes_nothing
}

# Which server is alive the checks say, and no plan.
test_a_server_that_is_down_is_no_drift() {
  work_in haproxy
  expect on pg-test-1 systemctl stop checked
  wait_until 30 server_is pg-test-2 web web-1 DOWN
  plan_is_empty
  serves 10.10.10.12 9002 || failure "the others do not serve"
}

test_every_attribute_is_changed_in_place() {
  work_in haproxy
  local began node
  began=$(on pg-test-2 systemctl show -p ExecMainStartTimestampMonotonic --value haproxy)
  changed <<'END'
  listen         = "127.0.0.1"
  port           = 9012
  mode           = "http"
  balance        = "leastconn"
  maxconn        = 77
  options        = ["option httpchk", "http-request set-header X-Way \"a # b\"", "retries 2"]
  server_options = "inter 5s"
  servers        = [
    { name = "one", ip = "10.10.10.11", port = 8001, backup = true },
    { name = "two", ip = "10.10.10.12", port = 8001, weight = 7, options = "check" },
  ]
END
  expect_equal "$(jq -r '.resource_changes[] | select(.address == "pigsty_haproxy_service.web") | .change.after.last_change | join("; ")' "$work_root/plan.json")" \
    "reload haproxy on web-1, web-2, web-3"
  for node in "${nodes[@]}"; do
    expect line "$node" web "    bind 127.0.0.1:9012"
    expect line "$node" web "    mode http"
    expect line "$node" web "    balance leastconn"
    expect line "$node" web "    maxconn 77"
    expect line "$node" web '    http-request set-header X-Way "a # b"'
    expect line "$node" web "    default-server inter 5s"
    expect line "$node" web "    server one 10.10.10.11:8001 weight 100 backup"
    expect line "$node" web "    server two 10.10.10.12:8001 weight 7 check"
    expect_equal "$(on_node "$node" 127.0.0.1 9012)" web-2
  done
  brought_back
  for node in 10.10.10.11 10.10.10.12 10.10.10.13; do wait_until 20 serves "$node" 9002; done
  expect_equal "$(on pg-test-2 systemctl show -p ExecMainStartTimestampMonotonic --value haproxy)" "$began"
}

test_the_authority_is_there_as_long_as_one_service_wants_it() {
  work_in haproxy
  changed <<<'  ca = null
  servers = [{ name = "web-1", ip = "10.10.10.11", port = 8001 }]'
  expect on pg-test-1 test -e /etc/pki/ca.crt
  run on pg-test-2 ls -d /etc/pki
  expect_output "No such file"
  brought_back
  expect on pg-test-2 openssl x509 -noout -in /etc/pki/ca.crt
}

test_every_change_by_hand_is_seen_and_repaired() {
  work_in haproxy
  expect on pg-test-1 sh -c 'echo "# by hand" >>/etc/haproxy/conf.d/web.cfg; echo other >/etc/pki/ca.crt'
  expect on pg-test-2 sh -c 'systemctl stop haproxy; rm /etc/haproxy/conf.d/web.cfg; sed -i s/24h/23h/ /etc/haproxy/haproxy.cfg'
  expect on pg-test-3 sh -c 'systemctl stop haproxy; systemctl mask haproxy; rm /etc/pki/ca.crt'
  tf plan -detailed-exitcode -out=plan
  expect_status 2
  local sentence
  for sentence in 'web-1 /etc/haproxy/conf.d/web.cfg: content differs' 'web-1 /etc/pki/ca.crt: is of another authority' \
    'web-2 /etc/haproxy/conf.d/web.cfg: missing' 'web-2 /etc/haproxy/haproxy.cfg: content differs' \
    'web-2 service haproxy.service: inactive' 'web-3 service haproxy.service: masked' 'web-3 /etc/pki/ca.crt: not there'; do
    expect_output "$sentence"
  done
  tf apply plan
  expect_status 0
  plan_is_empty
  for node in 10.10.10.11 10.10.10.12 10.10.10.13; do wait_until 20 serves "$node" 9002; done
}

test_a_port_that_somebody_else_has_leaves_the_old_file() {
  work_in haproxy
  expect on pg-test-2 systemd-run --unit=holder --quiet perl -MIO::Socket::INET -e \
    'my $s = IO::Socket::INET->new(LocalAddr => "0.0.0.0", LocalPort => 9020, Listen => 5) or die; sleep 3600'
  printf 'resource "pigsty_haproxy_service" "web" {\n  port = 9020\n}\n' >change_override.tf
  tf apply
  expect_status 1
  expect_output "expected HAProxy to listen on port 9020 after its reload"
  expect line pg-test-2 web "    bind *:9002"
  wait_until 20 serves 10.10.10.12 9002
  expect on pg-test-2 systemctl stop holder
  tf apply
  expect_status 0
  plan_is_empty
  wait_until 20 serves 10.10.10.12 9020
  brought_back
}

# HAProxy's own check is content with each of the first lines.
test_lines_that_leave_their_section_are_refused() {
  work_in haproxy
  refused 'options[0]' 'begins with "listen"' <<<'  options = ["  listen x"]'
  refused 'options[0]' 'begins with "userlist"' <<<'  options = ["userlist u"]'
  refused 'options[1]' 'begins with "global"' <<<'  options = ["option httpchk", " global"]'
  refused 'options[0]' 'begins with a word that holds a "' <<<'  options = ["\"lis\"ten y"]'
  refused 'options[0]' 'begins with a word that holds a $' <<<'  options = ["$${X} y"]'
  refused 'options[0]' 'begins with a word that holds a \' <<<'  options = ["l\\isten y"]'
  refused 'options[0]' 'control character' <<<'  options = ["option httpchk\nlisten y"]'
  refused 'options[0]' 'control character' <<<'  options = ["option httpchk\rlisten y"]'
  refused 'options[0]' 'is said by `listen` and `port`' <<<'  options = ["bind *:1"]'
  refused 'options[0]' 'begins with "external-check"' <<<'  options = ["external-check command /bin/sh"]'
  refused 'server_options' 'control character' <<<'  server_options = "inter 3s\nlisten y"'
  refused 'servers[0].options' 'holds a #' <<<'  servers = [{ name = "a", ip = "10.10.10.11", port = 1, options = "check # port" }]'
  refused 'servers[0].options' 'begins with "server"' <<<'  servers = [{ name = "a", ip = "10.10.10.11", port = 1, options = "server b" }]'
}

test_mistakes_are_refused() {
  work_in haproxy
  refused 'servers' 'attribute "ip" is required' <<<'  servers = [{ name = "a", port = 1 }]'
  refused 'servers[0].ip' 'IP' <<<'  servers = [{ name = "a", ip = "", port = 1 }]'
  refused 'servers[1].name' 'servers[0]' <<<'  servers = [{ name = "a", ip = "10.10.10.11", port = 1 }, { name = "a", ip = "10.10.10.12", port = 1 }]'
  refused 'servers[0].name' 'letters' <<<'  servers = [{ name = "a b", ip = "10.10.10.11", port = 1 }]'
  refused 'servers' 'empty' <<<'  servers = []'
  refused 'port' "HAProxy's statistics" <<<'  port = 9101'
  refused 'name' 'stats' <<<'  name = "stats"'
  refused 'balance' 'roundrobin' <<<'  balance = "roundrobin\nlisten y"'
  refused 'listen' 'IP address' <<<'  listen = "*:80 ssl"'
  refused 'mode' 'http' <<<'  mode = "udp"'
  refused 'nodes["2"].address' '10.10.10.11' <<<'  nodes = { 1 = { address = "10.10.10.11" }, 2 = { address = "10.10.10.11" } }'
  plan_is_empty
}

test_what_another_service_of_the_node_has_is_refused() {
  work_in haproxy
  twin() { printf 'resource "pigsty_haproxy_service" "twin" {\n  nodes = { 1 = { address = "10.10.10.12" } }\n  servers = [{ name = "a", ip = "10.10.10.11", port = 8001 }]\n%s\n}\n' "$1" >twin.tf; }
  twin $'  name = "twin"\n  port = 9002'
  tf apply
  expect_status 1
  expect_output 'port 9002 belongs to haproxy_service "web"'
  # Made by one apply, side by side: which one comes second, and whether it sees the other's claim or its file, is not said.
  twin $'  name = "twin"\n  port = 9033'
  sed 's/twin/other/' twin.tf >other.tf
  tf apply
  expect_status 1
  grep -qE 'found port 9033 in|port 9033 belongs to haproxy_service' <(sed 's/[│╷╵]/ /g' "$out" | tr -s ' \n' ' ') || failure "not refused for its port"
  rm other.tf twin.tf
  run lab run -- "$binary" release twin 10.10.10.12
  run lab run -- "$binary" release other 10.10.10.12
  tf apply
  expect_status 0
  plan_is_empty
  printf 'resource "pigsty_ca" "other" {\n  name = "other"\n  nodes = { 1 = { address = "10.10.10.13" } }\n  deletion_protection = false\n}\n' >other.tf
  twin $'  name = "twin"\n  port = 9044\n  ca = pigsty_ca.other.ref'
  tf apply
  expect_status 1
  expect_output 'expected the certificate of the authority other at /etc/pki/ca.crt or nothing, found that of another authority'
  twin $'  name = "twin"\n  port = 9044'
  tf apply
  expect_status 0
  twin $'  name = "twin"\n  port = 9044\n  ca = pigsty_ca.other.ref'
  tf apply
  expect_status 1
  expect_output '/etc/pki/ca.crt is the certificate of another authority, which haproxy_service "web" has there'
  rm other.tf
  rm twin.tf
  tf apply
  expect_status 0
  plan_is_empty
  expect_equal "$(on pg-test-2 ls /var/lib/pigsty/claims)" haproxy_service-web.json
}

test_imports_plan_nothing() {
  work_in haproxy
  run lab run -- "$cli" state rm pigsty_haproxy_service.web pigsty_haproxy_service.plain
  expect_status 0
  cat >imports.tf <<'END'
import {
  to       = pigsty_haproxy_service.web
  identity = { name = "web", address = "10.10.10.12" }
}
END
  tf import pigsty_haproxy_service.plain plain@10.10.10.11
  expect_status 0
  tf apply
  expect_status 0
  expect_output '1 imported, 0 added, 0 changed, 0 destroyed'
  rm imports.tf
  plan_is_empty
}

nothing_of_ours() {
  run on "$1" sh -c 'ls -d /etc/haproxy/conf.d /etc/systemd/system/haproxy.service.d /etc/pki /var/lib/pigsty/claims/* 2>/dev/null'
  expect_equal "$(cat "$out")" ""
  run on "$1" grep -rl "Written by terraform-provider-pigsty" /etc
  expect_equal "$(cat "$out")" ""
  run on "$1" systemctl is-active haproxy
  expect_output inactive
  run on "$1" systemctl is-enabled haproxy
  expect_output disabled
}

test_destroy_leaves_nothing_of_ours() {
  work_in haproxy
  tf destroy -target=pigsty_haproxy_service.web
  expect_status 0
  nothing_of_ours pg-test-2
  expect is_served_by 10.10.10.11 9003 web-2
  expect on pg-test-1 test -e /etc/pki/ca.crt
  tf destroy
  expect_status 0
  local node
  for node in "${nodes[@]}"; do
    nothing_of_ours "$node"
    expect on "$node" sh -c 'grep -q canary /etc/canary.conf && systemctl is-active canary.service'
  done
}

test_an_authority_that_others_put_there() {
  work_in haproxy-and-postgresql
  tf init
  expect_status 0
  expect on pg-test-1 sh -c 'mkdir /etc/pki && echo theirs >/etc/pki/ca.crt'
  tf apply -target=pigsty_haproxy_service.web
  expect_status 1
  expect_output "expected the certificate of the authority pigsty-ca at /etc/pki/ca.crt or nothing, found something else"
  expect_equal "$(on pg-test-1 cat /etc/pki/ca.crt)" theirs
  expect on pg-test-1 cp /var/lib/pigsty/ca/pigsty-ca/ca.crt /etc/pki/ca.crt
  tf apply -target=pigsty_haproxy_service.web
  expect_status 0
  tf destroy -target=pigsty_haproxy_service.web
  expect_status 0
  expect on pg-test-1 cmp /var/lib/pigsty/ca/pigsty-ca/ca.crt /etc/pki/ca.crt
  expect on pg-test-1 rm -r /etc/pki
}

# The service first, then the cluster; then the other way round.
test_beside_a_postgresql_cluster() {
  work_in haproxy-and-postgresql
  tf apply -target=pigsty_haproxy_service.web
  expect_status 0
  tf apply
  expect_status 0
  plan_is_empty
  wait_until 20 is_served_by 10.10.10.11 9002 web-2
  expect on pg-test-1 pg_isready -h 10.10.10.11 -p 5436
  tf destroy -target=pigsty_haproxy_service.web
  expect_status 0
  run on pg-test-1 ls /etc/pki /etc/haproxy/conf.d/web.cfg
  expect_status 2
  expect on pg-test-1 systemctl is-active haproxy
  expect on pg-test-1 pg_isready -h 10.10.10.11 -p 5436
  tf apply
  expect_status 0
  plan_is_empty
  wait_until 20 is_served_by 10.10.10.11 9002 web-2
  tf destroy -target=pigsty_pg_cluster.test
  expect_status 0
  expect on pg-test-1 systemctl is-active haproxy
  expect on pg-test-1 systemctl is-enabled haproxy
  expect_equal "$(on pg-test-1 ls /etc/haproxy/conf.d)" web.cfg
  expect is_served_by 10.10.10.11 9002 web-2
  tf plan -detailed-exitcode -target=pigsty_haproxy_service.web
  expect_status 0
  tf destroy
  expect_status 0
  nothing_of_ours pg-test-1
}

run_tests
