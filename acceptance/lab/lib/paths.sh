# Where the lab keeps its things and how it is named. Sourced by every part of the lab.
#
# PIGSTY_LAB_DIR holds what is one lab's own: its nodes. It also names the network namespace and the control group, so that there
# can be several. PIGSTY_LAB_CACHE holds what all labs of a machine share: read-only layers, packages, keys.

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
snapshots_dir=$lab_dir/snapshots
known_hosts=$lab_dir/known_hosts

cache_dir=$(realpath -m "${PIGSTY_LAB_CACHE:-${PIGSTY_CACHE:-/var/tmp/pigsty-cache}/lab}")
layers_dir=$cache_dir/layers
repositories_dir=$cache_dir/repository
keys_dir=$cache_dir/keys
users_dir=$cache_dir/users

# Where a node finds the package repository.
repository_mount=/var/cache/pigsty-repo

die() {
  printf 'lab: %s\n' "$*" >&2
  exit 1
}

note() {
  printf 'lab: %s\n' "$*" >&2
}

# own_directory DIR VARIABLE: names below /var/tmp can be taken by any local user, and what lies there runs as root.
own_directory() {
  mkdir -p "$1"
  [[ -O $1 ]] || die "$1 belongs to $(stat --format=%U "$1"): set another $2"
}

# One lab command at a time changes the lab. Whatever outlives the command (a node) must be started with 9>&-, or it keeps the lock.
take_lock() {
  own_directory "$lab_dir" PIGSTY_LAB_DIR
  exec 9>"$lab_dir/lock"
  flock 9
}

# Held while layers are built, removed, or taken into use by a node; always after the lab's own lock.
take_cache_lock() {
  own_directory "$cache_dir" PIGSTY_LAB_CACHE
  exec 7>"$cache_dir/lock"
  flock --nonblock 7 || {
    note "waiting for another lab, which builds what both need"
    flock 7
  }
}

release_cache_lock() {
  exec 7>&-
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
