# Nodes: a directory each under nodes/, with `address`, `system`, `kind`, the overlay (`upper`, `work`) and the console's text.

node_names() {
  local node
  for node in "$nodes_dir"/*/address; do
    [[ -e $node ]] && basename "$(dirname "$node")"
  done
  return 0
}

require_node() {
  [[ -n ${1:-} ]] || die "name a node; there are: $(node_names | paste -sd' ')"
  [[ -e $nodes_dir/$1/address ]] || die "no node named '$1'; there are: $(node_names | paste -sd' ')"
}

require_running_node() {
  require_node "$1"
  node_leader "$1" >/dev/null || die "$1 is not running: lab start $1"
}

# add_node NAME ADDRESS SYSTEM KIND: what does not exist yet, on layers that exist. Under the cache's lock.
add_node() {
  local node=$nodes_dir/$1
  mkdir -p "$node"/{upper,work}
  # The overlay takes the root directory's mode from here.
  chmod 0755 "$node/upper"
  printf '%s\n' "$3" >"$node/system"
  printf '%s\n' "$4" >"$node/kind"
  lower_of "$3" "$4" >"$node/lower"
  repository_of "$3" >"$node/repository"
  printf '%s\n' "$2" >"$node/address"
}

start_node() {
  local name=$1 node=$nodes_dir/$1
  node_has_processes "$name" && return 0
  remove_port "$name"
  PIGSTY_LAB_DIR=$lab_dir setsid unshare --mount --propagation private "$lab_source/lib/boot-node.sh" \
    "$node" "$(<"$node/lower")" "$(<"$node/repository")" \
    </dev/null >"$node/console" 2>&1 9>&- &
  disown
}

# in_node NAME COMMAND …: as root, with a login's environment, in every namespace of the node.
in_node() {
  local leader
  leader=$(node_leader "$1") || die "$1 is not running: lab start $1"
  shift
  nsenter --target "$leader" --all --wdns=/root -- \
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root USER=root LOGNAME=root SHELL=/bin/bash \
    LANG=C.UTF-8 TERM="${TERM:-dumb}" "$@"
}

node_is_running() {
  local state
  node_leader "$1" >/dev/null || return 1
  state=$(in_node "$1" systemctl is-system-running 2>/dev/null) || true
  [[ $state == running || $state == degraded ]]
}

node_answers() {
  in_network timeout 1 bash -c ': </dev/tcp/$0/22' "$(<"$nodes_dir/$1/address")" 2>/dev/null
}

wait_for_node() {
  local name=$1
  if ! wait_until 60 node_is_running "$name"; then
    tail -n 20 "$nodes_dir/$name/console" >&2
    die "$name did not come up within 60 s; the end of its console stands above, all of it in $nodes_dir/$name/console"
  fi
  if [[ -e $nodes_dir/$name/cut ]]; then
    set_port "$name" down
  else
    wait_until 20 node_answers "$name" || die "$name runs, but nothing answers at $(<"$nodes_dir/$name/address") port 22"
  fi
}

# Systemd and other programs of all nodes count as root's: the kernel's 128 inotify instances are used up by some fifteen nodes,
# and the next one does not boot.
allow_many_nodes() {
  local limit=/proc/sys/fs/inotify/max_user_instances
  (($(<"$limit") >= 1024)) || printf '1024\n' >"$limit" || die "$limit cannot be raised to 1024"
}

# start_nodes NAME …: side by side.
start_nodes() {
  local name
  allow_many_nodes
  for name in "$@"; do
    start_node "$name"
  done
  for name in "$@"; do
    wait_for_node "$name"
  done
  write_known_hosts
}

kill_node() {
  kill_control_group "$1"
  remove_control_group "$1"
  remove_port "$1"
}

# As an orderly shutdown: systemd takes this signal for "power off".
power_off_node() {
  local leader
  if leader=$(node_leader "$1"); then
    kill -s RTMIN+4 "$leader"
  fi
  wait_until 90 node_has_no_processes "$1" || note "$1 did not shut down within 90 s: power cut"
  kill_node "$1"
}

node_state() {
  if ! node_has_processes "$1"; then
    printf off
  elif node_is_running "$1"; then
    printf up
  else
    printf booting
  fi
}
