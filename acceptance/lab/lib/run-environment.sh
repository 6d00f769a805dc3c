# What `lab run` gives a command: the lab's user and key, known hosts, and both CLIs with a filesystem mirror of the built provider,
# so that `init` works as for a user and writes a lock file.

mirror_dir=$lab_dir/mirror
# Builds kept in the mirror: an unpacked mirror is linked to, not copied, by the folders that were initialised from it.
mirror_keeps=3

export_run_environment() {
  export PATH="${PIGSTY_CACHE:-/var/tmp/pigsty-cache}/bin:$PATH"
  export PIGSTY_LAB_DIR=$lab_dir
  export PIGSTY_SSH_USER=vagrant
  export PIGSTY_SSH_PRIVATE_KEY_FILE=$keys_dir/id_ed25519
  export PIGSTY_SSH_KNOWN_HOSTS_FILE=$known_hosts
  export TF_CLI_CONFIG_FILE=$lab_dir/cli.tfrc
  export CHECKPOINT_DISABLE=1
  publish_provider
}

provider_binary() {
  if [[ -n ${PIGSTY_PROVIDER_BINARY:-} ]]; then
    [[ -x $PIGSTY_PROVIDER_BINARY ]] || die "PIGSTY_PROVIDER_BINARY names '$PIGSTY_PROVIDER_BINARY', which is not an executable file"
    realpath "$PIGSTY_PROVIDER_BINARY"
  else
    find "$(realpath "$lab_source/../..")/build/release" -name terraform-provider-pigsty -type f -perm -u+x -print -quit 2>/dev/null || true
  fi
}

# The mirror follows the binary. Each build is published under a version of its own, later than all before it, so that `init` takes
# it: a lock file of another build would refuse the same version with other content.
publish_provider() (
  exec 8>"$lab_dir/mirror.lock"
  flock 8
  local binary clis key hosts host last now version
  mapfile -t clis < <(installed_clis)
  binary=$(provider_binary)
  key=$([[ -z ${clis[*]}$binary ]] || stat --format='%n %Y %s' "${clis[@]}" ${binary:+"$binary"})
  [[ -e $mirror_dir/published && $(<"$mirror_dir/published") == "$key" ]] && return 0

  mkdir -p "$mirror_dir"
  printf 'provider_installation {\n  filesystem_mirror {\n    path = "%s"\n  }\n}\n' "$mirror_dir" >"$lab_dir/cli.tfrc"
  if [[ -z $binary ]]; then
    note "no provider is built yet (cmake --preset release), so the mirror does not change; PIGSTY_PROVIDER_BINARY may name one"
    return 0
  fi
  mapfile -t hosts < <(default_registry_hosts "${clis[@]}")
  last=$(published_versions "${hosts[@]}" | tail -n 1)
  last=${last:-0.1.0}
  now=$(date +%s)
  version=0.1.$((now > ${last##*.} ? now : ${last##*.} + 1))
  for host in "${hosts[@]}"; do
    publish_provider_at "$mirror_dir/$host/pigsty/pigsty" "$version" "$binary"
  done
  printf '%s\n' "$key" >"$mirror_dir/published"
)

# publish_provider_at VERSIONS_DIR VERSION BINARY
publish_provider_at() {
  local versions=$1 version=$2 binary=$3 platform old
  platform=$(provider_platform)
  mkdir -p "$versions"
  rm -rf "$versions/new"
  mkdir -p "$versions/new/$platform"
  cp "$binary" "$versions/new/$platform/terraform-provider-pigsty_v$version"
  mv "$versions/new" "$versions/$version"
  for old in $(cd "$versions" && printf '%s\n' 0.1.* | sort --version-sort | head -n "-$mirror_keeps"); do
    rm -rf "${versions:?}/$old"
  done
}

# published_versions HOST …: oldest first.
published_versions() {
  local host
  for host in "$@"; do
    [[ ! -d $mirror_dir/$host ]] || find "$mirror_dir/$host/pigsty/pigsty" -mindepth 1 -maxdepth 1 -name '0.1.*' -printf '%f\n'
  done | sort --version-sort
}

# Those that setup.sh chose may be on nobody's PATH.
installed_clis() {
  local cli
  while read -r cli; do
    [[ ! -x $cli ]] || printf '%s\n' "$cli"
  done < <(type -P tofu terraform || true; printf '%s\n' "${PIGSTY_TOFU:-}" "${PIGSTY_TERRAFORM:-}") | sort --unique
}

# Each CLI says itself in which registry it looks for a provider whose source names none.
default_registry_hosts() {
  local cli example
  example=$(mktemp -d)
  printf 'terraform {\n  required_providers {\n    pigsty = {\n      source = "pigsty/pigsty"\n    }\n  }\n}\n' >"$example/main.tf"
  for cli in "$@"; do
    "$cli" -chdir="$example" providers | sed -nE 's#.*provider\[([^]/]+)/pigsty/pigsty\].*#\1#p'
  done | sort -u
  rm -rf "$example"
}

provider_platform() {
  case $(uname -m) in
    x86_64) printf linux_amd64 ;;
    aarch64) printf linux_arm64 ;;
    *) die "no provider is built for $(uname -m)" ;;
  esac
}
