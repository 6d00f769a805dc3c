# The lab's network: one namespace without a route out, a bridge inside it, one port on the bridge per node.
# No packet of a test can reach anything but the test's own nodes.

network_exists() {
  [[ -e /run/netns/$lab_id ]]
}

ensure_network() {
  if ! network_exists; then
    ip netns add "$lab_id"
  fi
  if ! ip -n "$lab_id" link show dev "$bridge" &>/dev/null; then
    ip -n "$lab_id" link set lo up
    ip -n "$lab_id" link add "$bridge" type bridge
    ip -n "$lab_id" address add "$bridge_address/24" dev "$bridge"
    ip -n "$lab_id" link set "$bridge" up
  fi
}

in_network() {
  nsenter --net="/run/netns/$lab_id" -- "$@"
}

# The name systemd-nspawn knows a node by: interface names end at 15 characters, and its port is called vb-MACHINE.
machine_of() {
  local name=$1
  if ((${#name} <= 12)); then
    printf %s "$name"
  else
    printf '%s-%s' "${name:0:7}" "$(printf %s "$name" | sha256sum | cut -c1-4)"
  fi
}

port_of() {
  printf 'vb-%s' "$(machine_of "$1")"
}

set_port() {
  ip -n "$lab_id" link set "$(port_of "$1")" "$2"
}

port_exists() {
  ip -n "$lab_id" link show dev "$(port_of "$1")" &>/dev/null
}

# After a power cut the kernel takes the port away when it finds the time; the next start needs the name at once.
remove_port() {
  ip -n "$lab_id" link delete "$(port_of "$1")" 2>/dev/null || true
}

# Everything that still runs inside the namespace was started by `lab run`; our own ancestors may be among it (a provisioner that calls us).
end_processes_in_network() {
  local pid ancestors=" " me=$BASHPID
  while ((me > 1)); do
    ancestors+="$me "
    me=$(awk '/^PPid:/ {print $2}' "/proc/$me/status")
  done
  local signal
  for signal in TERM KILL; do
    for pid in $(ip netns pids "$lab_id"); do
      [[ $ancestors == *" $pid "* ]] || kill -s "$signal" "$pid" 2>/dev/null || true
    done
    wait_until 3 no_foreign_process_in_network "$ancestors" && return 0
  done
}

no_foreign_process_in_network() {
  local pid
  for pid in $(ip netns pids "$lab_id"); do
    [[ $1 == *" $pid "* ]] || return 1
  done
}

remove_network() {
  network_exists || return 0
  end_processes_in_network
  ip netns delete "$lab_id"
}
