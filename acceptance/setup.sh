#!/bin/bash
# Makes a Debian 12 or 13 machine ready to build the provider and to run the acceptance tests.
#
#   acceptance/setup.sh [PART…]         all parts, or these; does nothing, in under two seconds, when all is there
#   acceptance/setup.sh --background [PART…]
#                                       the same, but leaves the builds of Go programs running in the background;
#                                       the next acceptance/setup.sh waits for them
#   acceptance/setup.sh --packages [PART…]
#                                       only what apt installs of it
#   acceptance/setup.sh --progress      one line about each build that is under way, for whoever waits for it
#   eval "$(acceptance/setup.sh --print-env [PART…])"
#                                       PIGSTY_DEPS, PIGSTY_CACHE, PIGSTY_TOFU and PIGSTY_TERRAFORM for the caller
#
# Parts: build   compiler and libraries      lint   clang-format, clang-tidy       unit   what unit tests start
#        lab     what the nodes need         clis   tofu and terraform, or tofu, or terraform, or
#        cli     one of them, whichever there is
#        minio   the MinIO server, which Debian lacks: with it the lab's nodes are offered a package `minio`
#
# PIGSTY_DEPS   prefix of libssh2, libpq and libpqxx     (default /var/tmp/pigsty-deps/<debian codename>)
# PIGSTY_CACHE  sources, logs and built tofu, terraform  (default /var/tmp/pigsty-cache)
# PIGSTY_TOFU, PIGSTY_TERRAFORM                          programs to use instead of those on PATH or built ones
set -euo pipefail
shopt -s inherit_errexit

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

die() {
    echo "setup.sh: $*" >&2
    exit 1
}
say() { echo "setup.sh: $*" >&2; }

os_id=$(. /etc/os-release && echo "${ID:-}")
os_version=$(. /etc/os-release && echo "${VERSION_ID:-}")
os_codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
[[ $os_id == debian && $os_version =~ ^1[23]$ ]] ||
    die "Debian 12 or 13 is needed, this is ${os_id:-unknown} ${os_version:-}"

export PIGSTY_DEPS=${PIGSTY_DEPS:-/var/tmp/pigsty-deps/$os_codename}
export PIGSTY_CACHE=${PIGSTY_CACHE:-/var/tmp/pigsty-cache}
export TF_CLI_CONFIG_FILE=/dev/null CHECKPOINT_DISABLE=1 # no configuration of the caller's, no call home, for `version`

# Names below /var/tmp can be taken by any local user: what we will run or link must be ours.
own_directory() {
    mkdir -p "$1"
    [[ -O $1 ]] || die "$1 belongs to $(stat -c %U "$1"), not to $(id -un): set another PIGSTY_DEPS or PIGSTY_CACHE"
}

need_root() {
    [[ $(id -u) == 0 ]] || die "root is needed to install $*: run it with sudo"
}

. "$here/setup/libraries.sh"
. "$here/setup/clis.sh"

install_packages() {
    local wanted missing
    mapfile -t wanted < <(awk -v parts=" ${parts[*]} " '
        /^\[/ { chosen = index(parts, " " substr($0, 2, length($0) - 2) " ") }
        chosen && !/^([#[]|$)/' "$here/setup/packages" && go_package)
    ((${#wanted[@]})) || return 0
    missing=$(comm -13 <(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' "${wanted[@]}" 2>/dev/null |
        sed -n 's/^.i //p' | sort -u) <(printf '%s\n' "${wanted[@]}" | sort -u))
    [[ -n $missing ]] || return 0
    need_root $missing
    say "installing" $missing
    export DEBIAN_FRONTEND=noninteractive
    # A source that has nothing to do with us may be out of reach; what matters is whether the installation works.
    : >"$PIGSTY_CACHE/packages.log"
    apt-get -qq update || say "apt-get update failed in parts, trying to install anyway"
    (
        # openssh-server and postgresql are wanted for their programs: no service starts here because of us, neither now nor
        # at the next boot, and no cluster is made.
        policy=/usr/sbin/policy-rc.d
        no_cluster=/etc/postgresql-common/createcluster.d/no-main-cluster.conf
        made=()
        trap 'rm -f "${made[@]}"' EXIT
        if [[ ! -e $policy ]]; then
            made+=("$policy")
            printf '#!/bin/sh\nexit 101\n' >"$policy"
            chmod +x "$policy"
        fi
        if [[ ! -e $no_cluster ]]; then
            made+=("$no_cluster")
            mkdir -p "$(dirname "$no_cluster")"
            echo 'create_main_cluster = false' >"$no_cluster"
        fi
        # One -q: its log says how far it is (packages_progress).
        apt-get -q -y -o Dpkg::Use-Pty=0 install --no-install-recommends $missing >>"$PIGSTY_CACHE/packages.log" 2>&1 ||
            exit 1
        [[ $missing != *openssh-server* ]] || systemctl --quiet disable ssh.service >>"$PIGSTY_CACHE/packages.log" 2>&1 ||
            exit 1
        ! grep -qx postgresql <<<"$missing" || systemctl --quiet disable postgresql.service >>"$PIGSTY_CACHE/packages.log" 2>&1
    ) || die "installing packages failed: $(tail -2 "$PIGSTY_CACHE/packages.log") (whole log: $PIGSTY_CACHE/packages.log)"
}

# packages_progress: how far an installation is, read from apt's own log.
packages_progress() {
    local log=$PIGSTY_CACHE/packages.log all
    # apt-get writes it to its end, and holds it open until then.
    [[ -e $log ]] && fuser_of "$log" || return 0
    all=$(sed -nE 's/^.* ([0-9]+) newly installed.*/\1/p' "$log")
    [[ -n $all ]] || { echo "packages: reading the lists of what there is"; return; }
    if grep -q '^Unpacking ' "$log"; then
        echo "packages: $(grep -c '^Unpacking ' "$log" || true) unpacked, $(grep -c '^Setting up ' "$log" || true) set up, of $all"
    else
        echo "packages: $(grep -c '^Get:' "$log" || true) of $all downloaded"
    fi
}

# fuser_of FILE: some process has it open.
fuser_of() { [[ -n $(find /proc/[0-9]*/fd -lname "$1" -print -quit 2>/dev/null) ]]; }

mode=
while [[ ${1:-} == --* ]]; do
    case $1 in
        --print-env | --background | --packages | --progress) mode=${1#--} ;;
        *) die "usage: setup.sh [--background | --packages | --progress | --print-env] [build | lint | unit | lab | clis | cli | tofu | terraform | minio]…" ;;
    esac
    shift
done
parts=("$@")
((${#parts[@]})) || parts=(build lint unit lab clis minio)
for part in "${parts[@]}"; do
    [[ $part =~ ^(build|lint|unit|lab|clis|cli|tofu|terraform|minio)$ ]] || die "no part named '$part': build, lint, unit, lab, clis, cli, tofu, terraform, minio"
done
wanted_part() { [[ " ${parts[*]} " == *" $1 "* ]]; }

# The Go programs that these parts ask for.
wanted_clis=()
for part in tofu terraform; do
    ! { wanted_part clis || wanted_part "$part"; } || wanted_clis+=("$part")
done
[[ ${#wanted_clis[@]} -gt 0 ]] || ! wanted_part cli || wanted_clis=("$(any_cli)")
! wanted_part minio || wanted_clis+=(minio)

case $mode in
    print-env)
        print_env
        exit
        ;;
    progress)
        packages_progress
        libraries_progress
        clis_progress
        exit
        ;;
esac
own_directory "$PIGSTY_CACHE"
install_packages
[[ $mode != packages ]] || exit 0
# Started before the libraries, because they take longest, and politely.
start_cli_builds
! wanted_part build || build_libraries
[[ $mode == background ]] || wait_for_clis
