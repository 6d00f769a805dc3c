#!/usr/bin/env bash
# An address that one of two machines has (pigsty_vip): made on bare machines, the holder powered off under a client that connects
# twenty times a second, what it checks killed, split in two, changed, changed by hand, imported, destroyed.
# with: tofu
# takes: 130
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/changes.sh"

nodes=(web-1 web-2)
start_lab bare web-1=10.10.10.11 web-2=10.10.10.12
address=10.10.10.3

has_it() { [[ -n $(on "$1" ip -o -4 addr show to "${2:-$address}/32" 2>/dev/null) ]]; }
holders() { local node; for node in "${nodes[@]}"; do if has_it "$node" "${1:-$address}"; then echo "$node"; fi; done | paste -sd' '; }
held_by() { [[ $(holders "${2:-$address}") == "$1" ]]; }
other_than() { [[ $1 == web-1 ]] && echo web-2 || echo web-1; }
one() { [[ $(holders | wc -w) == 1 ]]; }
changed() { changed_in vip; }
# web LINES: an override of the address.
web() { printf 'resource "pigsty_vip" "web" {\n%s\n}\n' "$1"; }

# Whoever connects is told which machine it came to.
start_server() {
  expect on "$1" systemd-run --unit=web-server --quiet --property=Restart=always perl -MIO::Socket::INET -e "
    my \$s = IO::Socket::INET->new(LocalAddr => '0.0.0.0', LocalPort => 8001, Listen => 50, ReuseAddr => 1) or die;
    while (my \$c = \$s->accept) { print \$c \"$1\\n\"; close \$c }"
}
# client FILE: connects every 50 ms and notes when it was answered, by whom; until it is ended.
client() {
  exec timeout 60 "$suite_dir/lab/lab" run -- perl -MIO::Socket::INET -MTime::HiRes=time,sleep -e '
    open my $out, ">>", $ARGV[0] or die; $out->autoflush(1);
    while (1) {
      my $s = IO::Socket::INET->new(PeerAddr => "10.10.10.3", PeerPort => 8001, Timeout => 0.3);
      my $line = $s ? <$s> : undef;
      printf {$out} "%.3f %s", time, $line if defined $line;
      sleep 0.05;
    }' "$1"
}
gap() { awk 'NR > 1 && $1 - last > gap { gap = $1 - last } { last = $1 } END { printf "%.2f", gap }' "$1"; }
answers() { (($(wc -l <"$1") > $2)); }

test_it_is_made_on_bare_machines() {
  local node
  work_in vip
  for node in "${nodes[@]}"; do start_server "$node"; done
  tf init
  expect_status 0
  tf plan -out=plan
  expect_status 0
  tf apply plan
  expect_status 0
  plan_is_empty
  # Which of them came first is nobody's wish: they start side by side, and nobody preempts.
  expect one
  expect_equal "$(lab run -- "$cli" state show -no-color pigsty_vip.web | sed -n 's/^ *interface *= *//p')" '"host0"'
  for node in "${nodes[@]}"; do
    expect_equal "$(on "$node" stat -c '%U %a' /etc/keepalived/conf.d/web.conf)" "root 600"
    expect on "$node" systemctl is-enabled keepalived.service
    expect_equal "$(on "$node" sed 1d /var/lib/pigsty/secrets/vip-web/vrrp | tr -d '\n' | wc -c)" 8
  done
  expect_equal "$(grep -cF "$(on web-1 sed 1d /var/lib/pigsty/secrets/vip-web/vrrp)" terraform.tfstate)" 0
  an_apply_writes_nothing
}

test_a_client_comes_back_within_four_seconds_after_a_power_cut() {
  local writing log=$work_root/answers before found down other
  work_in vip
  down=$(holders) other=$(other_than "$(holders)")
  client "$log" &
  writing=$!
  wait_until 20 answers "$log" 40
  expect lab kill "$down"
  before=$(wc -l <"$log")
  wait_until 20 answers "$log" $((before + 40))
  kill "$writing"
  wait "$writing" 2>/dev/null
  found=$(gap "$log")
  printf '  a client that connects every 50 ms was without an answer for %s s\n' "$found"
  awk -v gap="$found" 'BEGIN { exit !(gap <= 4) }' || failure "no answer for $found s"
  # Who has it is a fact: the plan of the machine that lives is empty, and the one that comes back does not take it.
  expect lab start "$down"
  start_server "$down"
  sleep 6
  expect_equal "$(holders)" "$other"
  plan_is_empty
}

test_what_it_checks_dies_and_lives_again() {
  local holder
  changed < <(web '  check = { port = 8001 }')
  holder=$(holders)
  expect on "$holder" systemctl stop web-server
  wait_until 12 held_by "$(other_than "$holder")"
  start_server "$holder"
  sleep 5
  expect_equal "$(holders)" "$(other_than "$holder")"
  # Nobody lives: nobody has it, and a change says so instead of waiting for ever.
  changed < <(web '  check = { unit = "nothing-of-that-name.service" }')
  expect_equal "$(holders)" ""
  changed < <(web '  check = { unit = "ssh.service" }')
  wait_until 12 one
  brought_back_in vip
}

test_two_that_do_not_hear_each_other_both_have_it_and_one_gives_it_up() {
  local node
  work_in vip
  both() { [[ $(holders) == "web-1 web-2" ]]; }
  for node in "${nodes[@]}"; do
    expect on "$node" sh -c 'command -v iptables >/dev/null || { apt-get -qq update && apt-get -qq -y install iptables >/dev/null; }
      iptables -I INPUT -p vrrp -j DROP'
  done
  wait_until 12 both
  plan_is_empty
  for node in "${nodes[@]}"; do expect on "$node" iptables -D INPUT -p vrrp -j DROP; done
  wait_until 12 one
  plan_is_empty
}

test_every_attribute_is_changed_in_place() {
  changed < <(web '  router_id = 77
  preempt   = true
  interface = "host0"
  members = {
    1 = { address = "10.10.10.11", priority = 100 }
    2 = { address = "10.10.10.12", priority = 200, interface = "host0" }
  }')
  expect on web-2 grep -q 'virtual_router_id 77' /etc/keepalived/conf.d/web.conf
  expect on web-1 grep -q 'priority 100' /etc/keepalived/conf.d/web.conf
  run on web-1 grep -q nopreempt /etc/keepalived/conf.d/web.conf
  expect_status 1
  # The higher one takes it.
  wait_until 12 held_by web-2
  brought_back_in vip
}

test_what_somebody_changed_is_seen_and_repaired() {
  work_in vip
  expect on web-1 sed -i 's/virtual_router_id 3/virtual_router_id 4/' /etc/keepalived/conf.d/web.conf
  expect on web-2 systemctl disable --now keepalived.service
  tf plan -detailed-exitcode -out=plan
  expect_status 2
  lab run -- "$cli" show -no-color plan >"$out"
  expect_output "web-1 /etc/keepalived/conf.d/web.conf"
  expect_output "web-2 service keepalived.service: disabled, expected enabled, inactive, expected active"
  tf apply plan
  expect_status 0
  plan_is_empty
  wait_until 12 one
}

test_a_second_address_shares_what_is_common() {
  work_in vip
  cat >second.tf <<'END'
resource "pigsty_vip" "second" {
  name    = "second"
  address = "10.10.10.4/24"
  members = {
    1 = { address = "10.10.10.11", priority = 100 }
    2 = { address = "10.10.10.12", priority = 200 }
  }
}
END
  tf apply
  expect_status 0
  plan_is_empty
  wait_until 12 held_by web-2 10.10.10.4
  rm second.tf
  tf apply
  expect_status 0
  expect_equal "$(holders 10.10.10.4)" ""
  [[ $(holders | wc -w) == 1 ]] || failure "the first one is on: $(holders)"
  plan_is_empty
}

test_imports_plan_nothing() {
  work_in vip
  run lab run -- "$cli" state rm pigsty_vip.web
  expect_status 0
  tf import pigsty_vip.web web@10.10.10.12
  expect_status 0
  plan_is_empty
}

test_what_cannot_be_is_refused() {
  work_in vip
  web '  address = "10.10.10.3"' | refused_at_plan address 'with the prefix of its network'
  web '  address = "10.10.10.12/24"' | refused_at_plan address 'members["2"]'
  web '  members = { 1 = { address = "10.10.10.11" } }' | refused_at_plan members 'found one'
  web '  check = { unit = "x.service", port = 80 }' | refused_at_plan check 'found both'
  web '  check = { unit = "x; reboot" }' | refused_at_plan check.unit 'haproxy.service'
  web '  router_id = 300' | refused_at_plan router_id 255
  rm case_override.tf
  cat >other.tf <<'END'
resource "pigsty_vip" "other" {
  name      = "other"
  address   = "10.10.10.3/24"
  router_id = 9
  members   = { 1 = { address = "10.10.10.11" }, 2 = { address = "10.10.10.12" } }
}
END
  tf apply
  ((status != 0)) || failure "two resources have one address"
  expect_output 'address 10.10.10.3 belongs to vip "web"'
  rm other.tf
  plan_is_empty
}

test_destroy_leaves_nothing() {
  local node
  work_in vip
  tf destroy
  expect_status 0
  for node in "${nodes[@]}"; do
    run on "$node" sh -c 'ls -d /etc/keepalived/keepalived.conf /etc/keepalived/conf.d /etc/keepalived/port-answers /var/lib/pigsty/claims/* /var/lib/pigsty/secrets/* 2>/dev/null
      ip -o addr show to 10.10.10.3; systemctl is-active keepalived.service | grep -x active'
    expect_equal "$(<"$out")" ""
  done
}

run_tests
