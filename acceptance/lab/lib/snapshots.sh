# A node's whole state is its overlay: kept and brought back while the node is off.

require_label() {
  [[ ${1:-} =~ ^[A-Za-z0-9][A-Za-z0-9._-]*$ ]] || die "a label is letters, digits, dots, dashes: '${1:-}' is not"
}

keep_snapshot() {
  local name=$1 label=$2 was_running=
  local snapshot=$snapshots_dir/$name/$label
  node_has_processes "$name" && was_running=yes
  [[ -z $was_running ]] || power_off_node "$name"
  mkdir -p "$snapshots_dir/$name"
  rm -rf "$snapshot" "$snapshot.new"
  cp -a --reflink=auto "$nodes_dir/$name/upper" "$snapshot.new"
  mv "$snapshot.new" "$snapshot"
  [[ -z $was_running ]] || start_nodes "$name"
}

bring_back_snapshot() {
  local name=$1 label=$2 was_running=
  local snapshot=$snapshots_dir/$name/$label
  [[ -d $snapshot ]] || die "$name has no snapshot '$label'; there are: $(ls -m "$snapshots_dir/$name" 2>/dev/null)"
  node_has_processes "$name" && was_running=yes
  kill_node "$name"
  rm -rf "$nodes_dir/$name"/{upper,work}
  mkdir "$nodes_dir/$name/work"
  cp -a --reflink=auto "$snapshot" "$nodes_dir/$name/upper"
  [[ -z $was_running ]] || start_nodes "$name"
}
