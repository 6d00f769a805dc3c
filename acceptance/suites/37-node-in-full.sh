#!/usr/bin/env bash
# pigsty_node in full: an admin account, name servers, time, limits, kernel modules, swap, huge pages (the firewall: suite 39). Each is
# set, changed, damaged and repaired, emptied and removed; what others have in the same places stays; a second apply writes nothing.
# with: tofu
# takes: 150
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/changes.sh"
. "$(dirname "$0")/../lib/machine.sh"

nodes=(pg-test-1)
one_node bare

# has_module NAME: the node's kernel, which is that of the machine under the lab, says that this module is a part of it.
has_module() { on pg-test-1 sh -c "mkdir -p /lib/modules/\$(uname -r) && echo kernel/$1.ko >/lib/modules/\$(uname -r)/modules.builtin"; }

test_bad_input_is_refused_at_plan() {
  work_in node-in-full
  tf init
  expect_status 0
  refused 'limits[0].domain' 'found "a b"' <<<'limits = [{ domain = "a b", item = "nofile", value = "1" }]'
  refused 'limits[0].item' 'files' <<<'limits = [{ domain = "*", item = "files", value = "1" }]'
  refused 'limits[0].type' 'firm' <<<'limits = [{ domain = "*", type = "firm", item = "nofile", value = "1" }]'
  refused 'limits[1].value' 'a number of open files' <<<'limits = [{ domain = "*", item = "core", value = "0" }, { domain = "*", item = "nofile", value = "unlimited" }]'
  refused 'limits[1]' 'limits[0], too' <<<'limits = [{ domain = "*", item = "core", value = "0" }, { domain = "*", type = "-", item = "core", value = "1" }]'
  refused 'kernel_modules[0]' 'found "a.ko"' <<<'kernel_modules = ["a.ko"]'
  refused 'kernel_modules[1]' 'are one' <<<'kernel_modules = ["ip-vs", "ip_vs"]'
}

# key NAME: a key pair of that name, once; prints the public one.
key() {
  [[ -f $work_root/$1 ]] || ssh-keygen -q -t ed25519 -N '' -C "$1" -f "$work_root/$1"
  cat "$work_root/$1.pub"
}

# as NAME KEY COMMAND…: on the node, by a login with that key.
as() {
  local name=$1 key=$work_root/$2
  shift 2
  lab run -- ssh -q -i "$key" -o IdentitiesOnly=yes -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null "$name@10.10.10.11" "$@"
}

test_bad_admins_are_refused_at_plan() {
  refused admin.name 'other than root' <<<'admin = { name = "root" }'
  refused admin.name 'found "d b"' <<<'admin = { name = "d b" }'
  refused admin.uid 60000 <<<'admin = { name = "dba", uid = 70000 }'
  refused admin.sudo some <<<'admin = { name = "dba", sudo = "some" }'
  refused 'admin.ssh_public_keys[0]' 'a public key as' <<<'admin = { name = "dba", ssh_public_keys = ["-----BEGIN"] }'
  refused 'admin.ssh_public_keys[1]' 'ssh_public_keys[0], too' <<<"admin = { name = \"dba\", ssh_public_keys = [\"$(key one)\", \"$(key one) again\"] }"
}

test_an_admin_that_we_make() {
  applied <<<"admin = { name = \"dba\", uid = 88, ssh_public_keys = [\"$(key one)\"] }"
  expect_equal "$(as dba one 'id -u; sudo -n id -u; pwd' | tr '\n' ' ')" "88 0 /home/dba "
  refused admin.uid '`admin.uid` is 88' <<<'admin = { name = "dba", uid = 89 }'
  applied <<<"admin = { name = \"dba\", uid = 88, sudo = \"limited\", ssh_public_keys = [\"$(key two)\"] }"
  expect as dba two 'sudo -n systemctl is-active ssh.service && ! sudo -n id'
  run as dba one true
  ((status != 0)) || failure "the key that was taken back still lets in"
  repaired 'SSH keys of dba: other lines' "sed -i 's/two/three/' /home/dba/.ssh/authorized_keys"
  repaired '/home/dba/.ssh may be written by others' 'chmod g+w /home/dba/.ssh'
  repaired '/etc/sudoers.d/pigsty-dba: mode 0644, expected 0440' 'chmod 0644 /etc/sudoers.d/pigsty-dba'
  repaired 'account dba: missing' 'userdel dba'
  expect_equal "$(as dba two 'id -u')" 88
  repaired 'account dba: missing' 'userdel -r dba'
  expect as dba two true
  # A home with nothing in it goes with the account.
  applied <<<''
  expect_equal "$(on pg-test-1 sh -c 'getent passwd dba; ls -d /home/dba /etc/sudoers.d/pigsty-* 2>/dev/null')" ""
  # One that somebody put something into stays, without our keys and rights.
  applied <<<"admin = { name = \"dba\", ssh_public_keys = [\"$(key one)\"] }"
  expect as dba one 'echo theirs >notes'
  applied <<<''
  expect_equal "$(on pg-test-1 sh -c 'cat /home/dba/notes; ls -A /home/dba/.ssh /etc/sudoers.d/pigsty-* 2>/dev/null')" theirs
  expect on pg-test-1 userdel -r dba
}

test_an_account_that_is_there_keeps_what_it_has() {
  expect on pg-test-1 sh -c 'useradd -u 1500 -m -d /srv/olaf -s /bin/sh -p "*" olaf && install -d -m 700 -o olaf -g olaf /srv/olaf/.ssh && cat >/srv/olaf/.ssh/authorized_keys && chown olaf /srv/olaf/.ssh/authorized_keys' < <(key theirs)
  fails "the number 1500 is that of olaf" <<<'admin = { name = "dba", uid = 1500 }'
  applied <<<"admin = { name = \"olaf\", uid = 99, ssh_public_keys = [\"$(key one)\"] }"
  expect_equal "$(as olaf theirs 'id -u; sudo -n id -u; pwd' | tr '\n' ' ')" "1500 0 /srv/olaf "
  expect as olaf one true
  applied <<<'admin = { name = "olaf", ssh_public_keys = [] }'
  expect_equal "$(on pg-test-1 cat /srv/olaf/.ssh/authorized_keys)" "$(key theirs)"
  applied <<<''
  expect_equal "$(as olaf theirs 'id -u; sudo -n id -u 2>/dev/null || echo no')" $'1500\nno'
}

test_the_login_is_never_locked_out() {
  local lab_key
  lab_key=$(lab run -- sh -c 'ssh-keygen -y -f "$PIGSTY_SSH_PRIVATE_KEY_FILE"')
  applied <<<"admin = { name = \"vagrant\", ssh_public_keys = [\"$lab_key\"] }"
  # From here on it comes in by what is ours alone.
  expect on pg-test-1 sh -c 'mkdir /root/aside && mv /etc/sudoers.d/*vagrant* /root/aside/ && mv /root/aside/pigsty-vagrant /etc/sudoers.d/ && cp -p /home/vagrant/.ssh/authorized_keys /root/aside/ && sed -i "/pigsty guest/!d" /home/vagrant/.ssh/authorized_keys'
  fails 'vagrant, the user of this login, could no longer become root' <<<"admin = { name = \"vagrant\", sudo = \"limited\", ssh_public_keys = [\"$lab_key\"] }"
  fails 'would be left without a key' <<<'admin = { name = "vagrant" }'
  fails 'vagrant' <<<''
  expect on pg-test-1 sh -c 'cat /root/aside/authorized_keys >/home/vagrant/.ssh/authorized_keys; rm /root/aside/authorized_keys; mv /root/aside/* /etc/sudoers.d/; rmdir /root/aside'
  applied <<<''
  expect_equal "$(on pg-test-1 grep -c 'pigsty guest' /home/vagrant/.ssh/authorized_keys)" 0
}

test_name_servers() {
  refused 'dns.servers' 3 <<<'dns = { servers = ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"] }'
  refused 'dns.servers[0]' 'found "ns1"' <<<'dns = { servers = ["ns1"] }'
  refused 'dns.options[0]' 'rotate or timeout:1' <<<'dns = { servers = ["10.0.0.1"], options = ["rotate timeout:1"] }'
  refused 'dns.search[0]' 'found "a b"' <<<'dns = { servers = ["10.0.0.1"], search = ["a b"] }'
  refused 'dns.mode' 'none' <<<'dns = { servers = ["10.0.0.1"], mode = "none" }'
  local theirs=$'# theirs\nnameserver 10.9.9.9\nsearch example.com'
  on pg-test-1 sh -c 'cat >/etc/resolv.conf' <<<"$theirs"
  applied <<<'dns = { servers = ["10.10.10.99"], search = ["pigsty"], options = ["timeout:1"] }'
  expect_equal "$(on pg-test-1 grep -v '^#' /etc/resolv.conf | tr '\n' '|')" "nameserver 10.10.10.99|nameserver 10.9.9.9|search example.com|search pigsty|options timeout:1|"
  repaired '/etc/resolv.conf: our lines differ' "sed -i '/^options/d' /etc/resolv.conf"
  applied <<<'dns = { servers = ["10.10.10.98"], mode = "overwrite" }'
  expect_equal "$(on pg-test-1 grep -v '^#' /etc/resolv.conf)" "nameserver 10.10.10.98"
  applied <<<''
  expect_equal "$(on pg-test-1 cat /etc/resolv.conf)" "$theirs"
  # Of another program.
  expect on pg-test-1 sh -c 'mv /etc/resolv.conf /etc/theirs.conf && ln -s theirs.conf /etc/resolv.conf'
  fails 'found a link, which another program owns' <<<'dns = { servers = ["10.10.10.99"] }'
  expect on pg-test-1 mv /etc/theirs.conf /etc/resolv.conf
  applied <<<''
}

test_time() {
  refused 'ntp' 'servers' <<<'ntp = {}'
  refused 'ntp.servers[0]' 'found "a b"' <<<'ntp = { servers = ["a b"] }'
  refused 'ntp.serve[0]' '10.0.0.1/8' <<<'ntp = { serve = ["10.0.0.1/8"] }'
  # A container's clock is its host's: that is told, and not passed over.
  fails 'chrony.service: not started' 'ConditionCapability=CAP_SYS_TIME' <<<'ntp = { servers = ["10.10.10.1"] }'
  expect on pg-test-1 sh -c 'mkdir -p /etc/systemd/system/chrony.service.d; printf "[Unit]\nConditionCapability=\n" >/etc/systemd/system/chrony.service.d/lab.conf; echo "DAEMON_OPTS=\"-F 1 -x\"" >/etc/default/chrony; systemctl daemon-reload'
  applied <<<'ntp = { servers = ["10.10.10.1"], serve = ["10.10.10.0/24"] }'
  expect_equal "$(on pg-test-1 sh -c 'chronyc -n -c sources | grep -c 10.10.10.1; chronyc accheck 10.10.10.12; chronyc accheck 10.11.0.1' | tr '\n' ' ')" "1 208 Access allowed 209 Access denied "
  local started
  started=$(on pg-test-1 systemctl show --property=ExecMainPID --value chrony.service)
  applied <<<'ntp = { servers = ["10.10.10.2", "pool 10.10.10.3"], serve = ["10.10.10.0/24"] }'
  expect_equal "$(on pg-test-1 sh -c 'chronyc -n -c sources | grep -c "10.10.10.[123]"')" 2
  expect_equal "$(on pg-test-1 systemctl show --property=ExecMainPID --value chrony.service)" "$started"
  repaired 'service chrony.service: inactive, expected active' 'systemctl stop chrony.service'
  repaired '/etc/chrony/sources.d/pigsty.sources: missing' 'rm /etc/chrony/sources.d/pigsty.sources'
  applied <<<'ntp = { servers = ["10.10.10.2"], serve = [] }'
  expect_equal "$(on pg-test-1 chronyc accheck 10.10.10.12)" "209 Access denied"
  applied <<<''
  expect_equal "$(on pg-test-1 sh -c 'systemctl is-active chrony.service; ls /etc/chrony/sources.d /etc/chrony/conf.d | grep pigsty')" inactive
}

test_limits() {
  local file=/etc/security/limits.d/pigsty-node.conf
  expect on pg-test-1 sh -c 'echo "* soft core 0" >/etc/security/limits.d/theirs.conf'
  applied <<<'limits = [{ domain = "vagrant", item = "nofile", value = "4321" }, { domain = "*", type = "soft", item = "nproc", value = "5000" }]'
  expect_equal "$(on pg-test-1 su vagrant -c 'ulimit -n -u' | tr -s '\n ' ' ' | grep -o '4321')" 4321
  applied <<<'limits = [{ domain = "vagrant", item = "nofile", value = "4322" }]'
  expect_equal "$(on pg-test-1 su vagrant -c 'ulimit -n')" 4322
  repaired "$file: content differs" "echo 'vagrant - nofile 99' >>$file"
  fails "nofile 9999999999 is more than this kernel allows" <<<'limits = [{ domain = "vagrant", item = "nofile", value = "9999999999" }]'
  fails "vagrant could not open a session any more" <<<'limits = [{ domain = "vagrant", item = "maxlogins", value = "0" }]'
  expect_equal "$(on pg-test-1 su vagrant -c 'ulimit -n')" 4322
  applied <<<'limits = []'
  expect on pg-test-1 test ! -e $file
  expect_equal "$(on pg-test-1 cat /etc/security/limits.d/theirs.conf)" "* soft core 0"
}

test_kernel_modules() {
  local file=/etc/modules-load.d/pigsty-node.conf
  fails "kernel module no_such_module: could not be loaded" <<<'kernel_modules = ["no_such_module"]'
  expect on pg-test-1 test ! -e $file
  has_module net/ip_vs
  applied <<<'kernel_modules = ["ip-vs"]'
  expect on pg-test-1 grep -qx ip-vs $file
  repaired "$file: missing" "rm $file"
  has_module net/other
  tf plan -detailed-exitcode
  expect_status 2
  expect_output "ip-vs is not loaded"
  has_module net/ip_vs
  applied <<<'kernel_modules = []'
  expect on pg-test-1 test ! -e $file
}

test_swap() {
  expect on pg-test-1 sh -c 'echo "/dev/vda9 none swap sw 0 0" >>/etc/fstab'
  applied <<<'swap = false'
  expect_equal "$(on pg-test-1 systemctl is-enabled swap.target)" masked
  repaired "swap.target is not masked" "systemctl unmask swap.target"
  applied <<<'swap = true'
  expect_equal "$(on pg-test-1 sh -c 'systemctl is-enabled swap.target || :')" static
  applied <<<'swap = false'
  applied <<<''
  expect_equal "$(on pg-test-1 sh -c 'systemctl is-enabled swap.target || :')" static
  expect on pg-test-1 grep -q vda9 /etc/fstab
}

test_huge_pages() {
  refused hugepages ratio <<<'hugepages = { count = 1, ratio = 0.1 }'
  refused hugepages.ratio 'less than 0.9' <<<'hugepages = { ratio = 0.95 }'
  refused 'sysctl["vm.nr_hugepages"]' 'found both' <<<'hugepages = { count = 1 }
  sysctl = { "vm.nr_hugepages" = "1" }'
  local live
  live=$(on pg-test-1 cat /proc/sys/vm/nr_hugepages)
  # A container has those of its host, and says so.
  fails 'hugepages: cannot be set on this node' "there are $live" <<<"hugepages = { count = $((live + 8)) }"
  expect on pg-test-1 test ! -e /etc/sysctl.d/60-pigsty-hugepages.conf
  applied <<<"hugepages = { count = $live }"
  expect on pg-test-1 grep -qx "vm.nr_hugepages = $live" /etc/sysctl.d/60-pigsty-hugepages.conf
  repaired '/etc/sysctl.d/60-pigsty-hugepages.conf: content differs' 'echo "# x" >>/etc/sysctl.d/60-pigsty-hugepages.conf'
  applied <<<''
  expect on pg-test-1 test ! -e /etc/sysctl.d/60-pigsty-hugepages.conf
}

everything() {
  wanted <<<"limits         = [{ domain = \"vagrant\", item = \"nofile\", value = \"4321\" }]
  kernel_modules = [\"ip-vs\"]
  swap           = false
  dns            = { servers = [\"10.10.10.99\"], mode = \"overwrite\" }
  firewall       = { trusted = [\"10.10.10.0/24\"] }
  ntp            = { servers = [\"10.10.10.1\"], serve = [\"10.0.0.0/8\"] }
  admin          = { name = \"dba\", uid = 88, ssh_public_keys = [\"$(key one)\"] }"
}

test_a_second_apply_writes_nothing() {
  everything
  tf apply
  expect_status 0
  an_apply_writes_nothing
}

test_an_import_has_an_empty_plan() {
  everything
  run lab run -- "$cli" state rm pigsty_node.one
  expect_status 0
  tf import pigsty_node.one 10.10.10.11
  expect_status 0
  plan_is_empty
}

test_destroy_leaves_what_is_others() {
  everything
  tf destroy
  expect_status 0
  run on pg-test-1 sh -c 'grep -rls pigsty /etc --exclude-dir=apt --exclude-dir=ssl; ls /var/lib/pigsty/claims'
  expect_equal "$(grep -v 'No such file' "$out")" ""
  expect_equal "$(on pg-test-1 cat /etc/security/limits.d/theirs.conf)" "* soft core 0"
  expect on pg-test-1 grep -qx 'nameserver 10.9.9.9' /etc/resolv.conf
}

run_tests
