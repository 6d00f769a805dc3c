# The read-only layers that nodes start from, built once and named after what they are made of:
#
#   SYSTEM-bare-DIGEST      a small Debian with sshd, sudo and the lab's users; apt knows the lab's repository and nothing else
#   SYSTEM-prepared-DIGEST  over it: the PostgreSQL stack installed; nothing configured, running or enabled
#
# A layer is a directory with `root` (the file system, or what an overlay adds to the layer below).

require_system() {
  [[ -d $lab_source/packages/$1 ]] || die "no system named '$1'; there are: $(known_systems)"
  [[ -s $lab_source/packages/$1/stack ]] || die "packages/$1/stack is missing or empty"
}

known_systems() {
  local dir
  for dir in "$lab_source"/packages/*/; do
    printf '%s ' "$(basename "$dir")"
  done
}

bare_layer() {
  printf '%s/%s-bare-%s' "$layers_dir" "$1" \
    "$(inputs_digest "$lab_source"/{packages/base,masked-units,lib/layers.sh,lib/bare-root.sh} "$keys_dir"/{authorized_keys,ops.password})"
}

prepared_layer() {
  printf '%s/%s-prepared-%s' "$layers_dir" "$1" \
    "$({ basename "$(bare_layer "$1")" && cat "$lab_source"/packages/"$1"/stack "$lab_source"/lib/prepared-root.sh; } | inputs_digest -)"
}

# lower_of SYSTEM KIND: the overlay's lowerdir, topmost first.
lower_of() {
  if [[ $2 == prepared ]]; then
    printf '%s/root:' "$(prepared_layer "$1")"
  fi
  printf '%s/root' "$(bare_layer "$1")"
}

ensure_bare_layer() {
  local system=$1 layer
  layer=$(bare_layer "$system")
  [[ -d $layer ]] && return 0
  local new="$layers_dir/new-$system-bare"
  note "building the bare layer of $system (once, about 20 s)"
  rm -rf "$new"
  mkdir -p "$new"
  mmdebstrap --quiet --variant=minbase --include="$(words_of "$lab_source/packages/base" | paste -sd,)" \
    "$system" "$new/root" 9>&- 7>&- 2>"$cache_dir/layers.log" || die "mmdebstrap failed for $system, see $cache_dir/layers.log"
  cp "$new/root/etc/apt/sources.list" "$new/upstream.list"
  "$lab_source/lib/bare-root.sh" "$new/root" "$keys_dir" "$lab_source/masked-units" "$repository_mount" \
    9>&- 7>&- >>"$cache_dir/layers.log" 2>&1 || die "setting up the bare layer of $system failed, see $cache_dir/layers.log"
  mv "$new" "$layer"
}

ensure_prepared_layer() {
  local system=$1 layer
  layer=$(prepared_layer "$system")
  [[ -d $layer ]] && return 0
  local new="$layers_dir/new-$system-prepared"
  note "building the prepared layer of $system (once, about 40 s)"
  rm -rf "$new"
  mkdir -p "$new/root" "$new/work" "$new/merged"
  words_of "$lab_source/packages/$system/stack" >"$new/packages"
  # Namespaces of its own: what the build mounts or starts is gone with it, and no package script reaches a network.
  unshare --mount --net --pid --fork --kill-child "$lab_source/lib/prepared-root.sh" \
    "$new" "$(bare_layer "$system")/root" "$(repository_of "$system")" "$repository_mount" \
    9>&- 7>&- >"$cache_dir/layers.log" 2>&1 || die "installing the stack of $system failed, see $cache_dir/layers.log"
  rm -rf "$new/work" "$new/merged"
  mv "$new" "$layer"
}
