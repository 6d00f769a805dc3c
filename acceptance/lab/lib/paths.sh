# Where the lab keeps its things and how it is named. Sourced by every part of the lab.
#
# One directory holds everything: PIGSTY_LAB_DIR. It also names the network namespace and the control group, so that two
# checkouts can keep a lab each.

lab_dir=$(realpath -m "${PIGSTY_LAB_DIR:-/var/tmp/pigsty-lab}")
default_lab_dir=/var/tmp/pigsty-lab
if [[ $lab_dir == "$default_lab_dir" ]]; then
  lab_id=pigsty-lab
else
  lab_id=pigsty-lab-$(printf %s "$lab_dir" | sha256sum | cut -c1-8)
fi

bridge=lab0
bridge_address=10.10.10.1
address_pattern='^10\.10\.10\.([2-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-4])$'

nodes_dir=$lab_dir/nodes
layers_dir=$lab_dir/layers
repositories_dir=$lab_dir/repository
snapshots_dir=$lab_dir/snapshots
keys_dir=$lab_dir/keys
known_hosts=$lab_dir/known_hosts

# Where a node finds the package repository.
repository_mount=/var/cache/pigsty-repo

die() {
  printf 'lab: %s\n' "$*" >&2
  exit 1
}

note() {
  printf 'lab: %s\n' "$*" >&2
}

# One lab command at a time changes the lab. Whatever outlives the command (a node) must be started with 9>&-, or it keeps the lock.
take_lock() {
  mkdir -p "$lab_dir"
  # Names below /var/tmp can be taken by any local user, and what lies here runs as root.
  [[ -O $lab_dir ]] || die "$lab_dir belongs to $(stat --format=%U "$lab_dir"): set another PIGSTY_LAB_DIR"
  exec 9>"$lab_dir/lock"
  flock 9
}

# wait_until SECONDS COMMAND …: true as soon as the command succeeds, false when the time is over.
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}

# The words of a data file: one a line, '#' starts a comment.
words_of() {
  sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@"
}

# inputs_digest FILE …: names a cached layer after what it is made of.
inputs_digest() {
  cat -- "$@" | sha256sum | cut -c1-12
}
