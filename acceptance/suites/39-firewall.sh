#!/usr/bin/env bash
# `firewall` of pigsty_node: a table of ours beside those of others, after a boot as before; rules that would lock us out are taken
# back, by us or, where we are gone, by the machine itself.
# with: tofu
# takes: 90
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/changes.sh"
. "$(dirname "$0")/../lib/machine.sh"

nodes=(pg-test-1)
one_node bare

# tables: of nftables on the node.
tables() { on pg-test-1 sh -c 'nft list tables 2>/dev/null | sort | tr "\n" " "'; }
# opens PORT: a connection from this side to that port of the node.
opens() { lab run -- timeout 2 bash -c "exec 3<>/dev/tcp/10.10.10.11/$1" 2>/dev/null; }

test_bad_input_is_refused_at_plan() {
  work_in node-in-full
  tf init
  expect_status 0
  refused firewall.trusted '10.0.0.1/8' <<<'firewall = { trusted = ["10.0.0.1/8"] }'
  refused firewall.ports 70000 <<<'firewall = { ports = [70000] }'
  refused firewall trusted <<<'firewall = {}'
}

test_what_is_not_named_is_closed() {
  on pg-test-1 systemd-run --quiet --unit=listener perl -MIO::Socket::INET -e 'my $s = IO::Socket::INET->new(LocalPort => 8099, Listen => 5, ReuseAddr => 1) or die; while (my $c = $s->accept) { close $c }'
  wait_until 5 opens 8099
  applied <<<'firewall = { ports = [22] }'
  opens 22 || failure "SSH is closed"
  ! opens 8099 || failure "8099 is open"
}

test_rules_of_others_stay_and_go_by_themselves() {
  # Others' rules, which a boot flushes first.
  expect on pg-test-1 sh -c 'printf "#!/usr/sbin/nft -f\nflush ruleset\ntable inet theirs {\n}\n" >/etc/nftables.conf; systemctl enable --quiet nftables.service; systemctl restart nftables.service'
  expect_equal "$(tables)" "table inet pigsty table inet theirs "
  expect on pg-test-1 systemctl reload nftables.service
  expect_equal "$(tables)" "table inet pigsty table inet theirs "
}

test_changed_and_repaired() {
  applied <<<'firewall = { trusted = ["10.10.10.0/24"], ports = [22] }'
  opens 8099 || failure "8099 is closed to a trusted network"
  repaired 'its rules are not loaded' 'nft delete table inet pigsty'
  repaired 'the rules that are loaded differ' 'nft insert rule inet pigsty input tcp dport 99 accept'
}

test_rules_that_would_lock_us_out_are_taken_back() {
  fails 'a second login did not come through' 'were taken back' <<<'firewall = { trusted = ["192.168.0.0/16"] }'
  opens 22 || failure "locked out"
  applied <<<'firewall = { ports = [22] }'
  expect_equal "$(tables)" "table inet pigsty table inet theirs "
}

test_so_they_are_where_nobody_is_left_to_do_it() {
  wanted <<<'firewall = { trusted = ["192.168.0.0/16"] }'
  rm -f cli.pid
  # shellcheck disable=SC2016
  lab run -- sh -c 'echo $$ >cli.pid; exec "$0" apply -auto-approve -input=false -no-color' "$cli" >apply.log 2>&1 &
  wait_until 20 on pg-test-1 sh -c 'nft list table inet pigsty | grep -q 192.168'
  kill -KILL $(pgrep -P "$(<cli.pid)") "$(<cli.pid)"
  wait || true
  wait_until 45 opens 22
  expect_equal "$(tables)" "table inet pigsty table inet theirs "
  rm -f .terraform.tfstate.lock.info
  applied <<<'firewall = { ports = [22] }'
}

test_it_is_there_again_after_a_boot() {
  work_in node-in-full
  expect lab kill pg-test-1
  expect lab start pg-test-1
  wait_until 20 opens 22
  expect_equal "$(tables)" "table inet pigsty table inet theirs "
  plan_is_empty
}

test_removed_it_leaves_what_is_others() {
  applied <<<''
  expect_equal "$(tables)" "table inet theirs "
  expect_equal "$(on pg-test-1 sh -c 'ls /etc | grep pigsty-fire; systemctl is-enabled pigsty-firewall.service 2>&1 | grep enabled')" ""
}

run_tests
