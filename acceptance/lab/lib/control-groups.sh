# Every node lives in a control group of its own, below one of the lab's: systemd-nspawn would otherwise put all nodes into the
# same place, and their systemds would see each other's units. It is also how we know which processes are a node.

# The hierarchies that systemd uses: one on a unified host, two on a hybrid one.
control_group_roots() {
  local dir
  for dir in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
    [[ -e $dir/cgroup.procs ]] && printf '%s\n' "$dir"
  done
}

# join_control_group PATH: for the calling (sub)shell.
join_control_group() {
  local root
  for root in $(control_group_roots); do
    mkdir -p "$root/$lab_id/$1"
    printf '%s\n' "$BASHPID" >"$root/$lab_id/$1/cgroup.procs"
  done
}

# node_processes NAME
node_processes() {
  local group roots
  mapfile -t roots < <(control_group_roots)
  group=${roots[0]}/$lab_id/$1
  [[ ! -d $group ]] || find "$group" -name cgroup.procs -exec cat {} + 2>/dev/null || true
}

node_has_processes() {
  [[ -n $(node_processes "$1") ]]
}

node_has_no_processes() {
  ! node_has_processes "$1"
}

# The node's own PID 1, as this machine counts processes.
node_leader() {
  local pid
  for pid in $(node_processes "$1"); do
    if awk '/^NSpid:/ {found = NF > 2 && $NF == 1} END {exit !found}' "/proc/$pid/status" 2>/dev/null; then
      printf '%s\n' "$pid"
      return 0
    fi
  done
  return 1
}

# All processes of a node at once, as a power cut does.
kill_control_group() {
  local root pid
  for root in $(control_group_roots); do
    if [[ -e $root/$lab_id/$1/cgroup.kill ]]; then
      printf '1\n' >"$root/$lab_id/$1/cgroup.kill"
    fi
  done
  # Kernels before 5.14 have no cgroup.kill; the session's first process goes first, or it would boot the node again.
  for pid in $(node_processes "$1" | sort -n); do
    kill -s KILL "$pid" 2>/dev/null || true
  done
  wait_until 10 node_has_no_processes "$1" || die "the processes of $1 do not end: $(node_processes "$1" | paste -sd' ')"
}

# processes_are_gone PID …: ended and collected by their parent; a parent that is slow (some containers' PID 1) leaves them listed.
processes_are_gone() {
  local pid
  for pid in "$@"; do
    [[ ! -d /proc/$pid ]] || return 1
  done
}

# The kernel lists an ending process with many threads no longer, and holds on to its group for a moment more (seen with MinIO).
control_group_is_removed() {
  [[ ! -d $1 ]] || find "$1" -depth -type d -exec rmdir {} + 2>/dev/null
}

# remove_control_group [NAME]: of one node, or the lab's.
remove_control_group() {
  local root
  for root in $(control_group_roots); do
    wait_until 10 control_group_is_removed "$root/$lab_id/${1:-}" ||
      die "the control group $root/$lab_id/${1:-} cannot be removed: $(find "$root/$lab_id/${1:-}" -name cgroup.events -exec grep -H populated {} + | paste -sd' ')"
  done
}
