# The package repository of the nodes: the stack, the extras and all they depend on that a bare node lacks, as one flat folder.

repository_of() {
  printf '%s/%s-%s' "$repositories_dir" "$1" \
    "$({ basename "$(bare_layer "$1")" && cat "$lab_source"/packages/"$1"/{stack,extra} "$lab_source"/lib/{repository,minio-package,stand-ins}.sh "$lab_source"/stand-ins/*/* && printf '%s\n' "$minio_binary"; } | inputs_digest -)"
}

# apt of this machine, told to see the world as a bare node does.
node_apt_get() {
  local layer=$1 work=$2
  shift 2
  apt-get --quiet=2 --yes \
    -o Dir::Etc::SourceList="$layer/upstream.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
    -o Dir::State="$work/state" -o Dir::State::status="$layer/root/var/lib/dpkg/status" \
    -o Dir::State::extended_states=/dev/null \
    -o Dir::Cache="$work/cache" -o Debug::NoLocking=1 \
    -o APT::Architecture="$(dpkg --print-architecture)" -o APT::Sandbox::User=root -o Acquire::Languages=none \
    -o Acquire::Retries=3 -o APT::Update::Error-Mode=any \
    "$@"
}

ensure_repository() {
  local system=$1 repository layer new packages
  repository=$(repository_of "$system")
  [[ -d $repository ]] && return 0
  layer=$(bare_layer "$system")
  new="$repositories_dir/new-$system"
  note "downloading the packages of $system (once, about 30 s)"
  rm -rf "$new"
  mkdir -p "$new"/work/{state/lists/partial,cache/archives/partial} "$new/pool"
  mapfile -t packages < <(words_of "$lab_source/packages/$system"/{stack,extra})
  {
    node_apt_get "$layer" "$new/work" update &&
      node_apt_get "$layer" "$new/work" install --print-uris "${packages[@]}" | grep -c "^'" >"$new/wanted" &&
      node_apt_get "$layer" "$new/work" install --download-only "${packages[@]}"
  } 9>&- 7>&- >"$cache_dir/repository.log" 2>&1 || die "downloading packages of $system failed, see $cache_dir/repository.log"
  mv "$new"/work/cache/archives/*.deb "$new/pool/"
  add_minio_package "$system" "$new/pool" 9>&- 7>&- >>"$cache_dir/repository.log" 2>&1 ||
    die "wrapping the MinIO server failed, see $cache_dir/repository.log"
  add_stand_ins "$system" "$new/pool" 9>&- 7>&- >>"$cache_dir/repository.log" 2>&1 ||
    die "making the stand-ins failed, see $cache_dir/repository.log"
  (cd "$new/pool" && dpkg-scanpackages --multiversion . >Packages && gzip -9kn Packages &&
    apt-ftparchive release . >Release.new && mv Release.new Release) 9>&- 7>&- >>"$cache_dir/repository.log" 2>&1 ||
    die "indexing the packages of $system failed, see $cache_dir/repository.log"
  chmod -R a+rX "$new/pool"
  mv "$new/pool" "$repository"
  rm -rf "$new"
}
