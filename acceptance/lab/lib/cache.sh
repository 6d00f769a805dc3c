# What the labs of a machine share, so that each layer is built once and none is copied. Labs may come from several checkouts, which
# need different layers: users/ lists the folders whose nodes may stand on some. All of it under the cache's lock.

# ensure_layers SYSTEM KIND: under the cache's lock, which the caller keeps until its nodes name the layers as theirs.
ensure_layers() {
  ensure_keys
  mkdir -p "$layers_dir" "$repositories_dir"
  # Left by a build that was killed.
  rm -rf "$layers_dir"/new-* "$repositories_dir"/new-*
  ensure_bare_layer "$1"
  ensure_repository "$1"
  if [[ $2 == prepared ]]; then
    ensure_prepared_layer "$1"
    touch "$(prepared_layer "$1")"
  fi
  touch "$(bare_layer "$1")" "$(repository_of "$1")"
  remove_old_layers "$1"
}

# use_layers DIR: the nodes below DIR stand on layers of this cache.
use_layers() {
  mkdir -p "$users_dir"
  printf '%s\n' "$1" >"$users_dir/$(printf %s "$1" | sha256sum | cut -c1-16)"
}

# What nodes of any lab, up or down, stand on.
layers_in_use() {
  local user dir
  for user in "$users_dir"/*; do
    [[ -e $user ]] || continue
    dir=$(<"$user")
    if [[ -d $dir ]]; then
      cat "$dir"/*/{lower,repository} 2>/dev/null || true
    else
      rm -f "$user"
    fi
  done
}

# What no node stands on and nobody asked for since yesterday: the leftovers of earlier package lists.
remove_old_layers() {
  local kept dir
  kept=$(bare_layer "$1" && prepared_layer "$1" && repository_of "$1" && layers_in_use)
  for dir in "$layers_dir/$1"-* "$repositories_dir/$1"-*; do
    [[ ! -d $dir || $kept == *"$dir"* || -n $(find "$dir" -maxdepth 0 -mtime -1) ]] || rm -rf "$dir"
  done
}

# build_progress: one line about a build that is under way, for whoever waits for it; nothing where none is.
build_progress() {
  local new
  for new in "$layers_dir"/new-*-bare; do
    [[ -d $new ]] && printf 'a small Debian for the nodes, %s MB of about 250\n' "$({ du -sm "$new" 2>/dev/null || true; } | cut -f1)"
  done
  for new in "$repositories_dir"/new-*; do
    [[ -d $new ]] && printf 'packages for the nodes, %s of %s downloaded\n' \
      "$(find "$new" -name '*.deb' -not -path '*/partial/*' 2>/dev/null | wc -l)" "$(cat "$new/wanted" 2>/dev/null || printf '?')"
  done
  for new in "$layers_dir"/new-*-prepared; do
    [[ -d $new ]] && printf 'the stack for the nodes, %s of %s packages set up\n' \
      "$(grep -c '^Setting up ' "$cache_dir/layers.log" || true)" "$(sed -n 's/.* \([0-9]*\) newly installed.*/\1/p' "$cache_dir/layers.log")"
  done
  return 0
}
