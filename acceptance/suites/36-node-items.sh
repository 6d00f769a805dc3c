#!/usr/bin/env bash
# What pigsty_node manages in files and programs of others: their lines stay, their words are understood, and what they would
# ignore is refused.
# with: tofu
# takes: 60
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"

nodes=(pg-test-1)
one_node prepared

errors() { sed -n '/Error: /,$p' "$out" | sed 's/[│╷╵]/ /g' | tr -s ' \n' ' '; }

# wanted <BODY: what the node is to be.
wanted() {
  work_in node-items
  { echo 'resource "pigsty_node" "one" {'; cat; echo '}'; } >case_override.tf
}

applied() {
  wanted
  tf apply
  expect_status 0
  plan_is_empty
}

# refused TEXT… <BODY: at apply.
refused() {
  local text
  wanted
  tf apply
  ((status == 1)) || failure "the apply went through"
  for text in "$@"; do
    errors | grep -qF -- "$text" || failure "expected in the error: $text"
  done
}

hosts() { on pg-test-1 cat /etc/hosts; }

test_a_virtual_package_is_refused_before_anything_is_written() {
  wanted <<<'name = "never"
  packages = ["awk"]'
  tf init
  expect_status 0
  refused "found that awk is a virtual one, provided by: " "mawk" "name one of those" <<<'name = "never"
  packages = ["awk"]'
  expect_equal "$(on pg-test-1 hostname)" pg-test-1
  run on pg-test-1 ls /var/lib/pigsty/claims
  expect_no_output node-
}

test_a_corrected_name_goes_on_with_an_unfinished_create() {
  refused "no-such-package" <<<'packages = ["no-such-package"]'
  wanted <<<'name = "db-1"
  hosts = { "10.10.10.98" = ["other"] }'
  tf apply
  expect_status 0
  expect_output "continues an unfinished create"
  plan_is_empty
}

test_the_name_has_an_address_and_sudo_is_content() {
  expect_equal "$(on pg-test-1 hostname)" db-1
  expect_equal "$(on pg-test-1 getent hosts db-1 | tr -s ' ')" "127.0.1.1 db-1"
  expect_equal "$(on pg-test-1 su vagrant -c 'sudo -n true' 2>&1)" ""
  applied <<<'name = "db-2.example.com"
  hosts = { "10.10.10.98" = ["other"] }'
  expect_equal "$(on pg-test-1 getent hosts db-2.example.com | tr -s ' ')" "127.0.1.1 db-2.example.com db-2"
  expect_equal "$(on pg-test-1 su vagrant -c 'sudo -n true' 2>&1)" ""
  expect_equal "$(hosts | grep -c 127.0.1.1)" 1
}

# damaged WORDS SCRIPT: says what is wrong, mends it, and keeps every line of others.
damaged() {
  expect on pg-test-1 sh -c "$2"
  local before
  before=$(hosts | grep -cE 'theirs|below' || true)
  tf plan -detailed-exitcode
  expect_status 2
  expect_output "damaged: $1"
  tf apply
  expect_status 0
  plan_is_empty
  expect_equal "$(hosts | grep -cE 'theirs|below')" "$before"
  expect_equal "$(hosts | tr -d '\r' | grep -c '^10.10.10.98 other$')" 1
  expect_equal "$(hosts | grep -c '^# pigsty')" 2
}

test_damaged_marks_cost_nobody_a_line() {
  work_in node-items
  expect on pg-test-1 sh -c 'echo "10.10.10.97 theirs" >>/etc/hosts'
  damaged "the mark of its end is missing" 'sed -i "/^# pigsty end/d" /etc/hosts; echo "10.10.10.96 below" >>/etc/hosts'
  damaged "the mark of its beginning is missing" 'sed -i "/^# pigsty begin/d" /etc/hosts'
  damaged "its marks are in the wrong order" 'sed -i "s/^# pigsty begin/# pigsty xxx/; s/^# pigsty end/# pigsty begin/; s/^# pigsty xxx/# pigsty end/" /etc/hosts'
  damaged "its marks stand there more than once" 'grep -A2 "^# pigsty begin" /etc/hosts >/run/block; cat /run/block >>/etc/hosts'
  damaged "its lines end with a carriage return" 'sed -i "s/$/\r/" /etc/hosts'
}

test_settings_are_compared_as_the_kernel_means_them() {
  applied <<'END'
  name   = "db-2"
  sysctl = {
    "net.ipv4.ip_local_reserved_ports" = "5432,5433,5434"
    "net.ipv4.conf.all.log_martians"   = "01"
    "net/ipv4/conf/lo/forwarding"      = "0"
    "net.ipv4.ip_forward"              = "1"
  }
END
  expect_equal "$(on pg-test-1 sysctl -n net.ipv4.ip_local_reserved_ports net.ipv4.conf.lo.forwarding net.ipv4.ip_forward | tr '\n' ' ')" "5432-5434 0 1 "
  # And so it is after a reboot.
  expect on pg-test-1 sh -c 'sysctl -q -w net.ipv4.ip_forward=0 && /lib/systemd/systemd-sysctl /etc/sysctl.d/60-pigsty-node.conf'
  tf plan -detailed-exitcode
  expect_status 0
}

test_a_job_of_a_user_who_is_not_there_is_refused() {
  refused 'crontab[1]: there is no user nobody-here on this node' <<<'name = "db-2"
  crontab = ["0 1 * * * root true", "@daily nobody-here true"]'
  run on pg-test-1 ls /etc/cron.d
  expect_no_output pigsty
}

test_a_source_that_the_node_has_already_is_refused() {
  local source='uris = ["file:/var/cache/pigsty-repo/"], suites = ["./"]'
  expect on pg-test-1 sh -c 'printf "deb [signed-by=/usr/share/keyrings/theirs.gpg] file:/srv/theirs ./\n" >/etc/apt/sources.list.d/theirs.list'
  refused "/etc/apt/sources.list.d/pigsty-more.sources" "/etc/apt/sources.list.d/theirs.list" <<<'name = "db-2"
  repositories = { more = { uris = ["file:/srv/theirs/"], suites = ["./"], trusted = true } }'
  run on pg-test-1 ls /etc/apt/sources.list.d
  expect_no_output pigsty-more
  expect on pg-test-1 rm /etc/apt/sources.list.d/theirs.list
  applied <<<"name = \"db-2\"
  repositories = { \"more.stable\" = { $source, trusted = true } }"
  expect on pg-test-1 test -e /etc/apt/sources.list.d/pigsty-more.stable.sources
}

test_all_of_a_bundle_is_trusted() {
  local name
  for name in one two; do
    expect openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -out "$work_root/$name.pem" -days 30 -subj "/CN=authority-$name"
  done
  cat "$work_root/one.pem" "$work_root/two.pem" >"$work_root/node-items/bundle.pem"
  applied <<<'name = "db-2"
  trusted_certificates = { company = file("bundle.pem") }'
  for name in one two; do
    on pg-test-1 sh -c 'cat >/run/one.pem' <"$work_root/$name.pem"
    expect on pg-test-1 openssl verify -CApath /etc/ssl/certs -no-CAfile /run/one.pem
  done
}

test_a_busy_apt_is_waited_for() {
  on pg-test-1 perl -e 'use Fcntl; open my $file, ">>", "/var/lib/dpkg/lock-frontend" or die; my $lock = pack("s s l! l! l! i", F_WRLCK, 0, 0, 0, 0, 0); fcntl($file, F_SETLK, $lock) or die; sleep 12' &
  applied <<<'name = "db-2"
  packages = ["chrony"]'
}

test_destroy_leaves_the_name_and_what_it_needs() {
  work_in node-items
  tf destroy
  expect_status 0
  expect_equal "$(on pg-test-1 su vagrant -c 'sudo -n true' 2>&1)" ""
  expect_equal "$(on pg-test-1 hostname)" db-2
  hosts >"$out"
  expect_no_output pigsty
  expect_no_output other
  expect_output theirs
  run on pg-test-1 ls /var/lib/pigsty
  expect_no_output hosts
}

run_tests
