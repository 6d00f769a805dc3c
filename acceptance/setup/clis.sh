# OpenTofu and Terraform. A program on PATH is used when it is new enough (below these the protocol lacks what the
# provider uses: write-only attributes, actions and list in Terraform 1.14, ephemeral resources in OpenTofu 1.12); an
# older one is left alone and ours is built beside it, as Go modules pinned by setup/<name>/go.mod and go.sum.
#
# The MinIO server, which the lab wraps as a package for its nodes, is built in the same way; nobody else's is used.
#
#     program | minimum | built version | package with main() | variable that makes it a release
cli_table='
tofu      1.12.0 1.12.6 github.com/opentofu/opentofu/cmd/tofu github.com/opentofu/opentofu/version.dev
terraform 1.14.0 1.15.9 github.com/hashicorp/terraform github.com/hashicorp/terraform/version.dev
minio     -      v0.0.0-20260212201848-7aac2a2c5b7c github.com/minio/minio -
'
go_toolchain=go1.26.8

cli_field() { awk -v name="$1" -v field="$2" '$1 == name { print $field }' <<<"$cli_table"; }

# True when $1 is a program of name $2 that is new enough.
cli_is_usable() {
    local version
    [[ -n $1 && -x $1 ]] || return 1
    [[ $2 != minio ]] || return 0
    version=$("$1" version 2>/dev/null | sed -nE '1s/^(OpenTofu|Terraform) v([0-9.]+).*/\2/p') || return 1
    [[ -n $version && $(printf '%s\n' "$version" "$(cli_field "$2" 2)" | sort -V | head -1) == "$(cli_field "$2" 2)" ]]
}

# Where ours is. The server's name has its version, which it does not tell itself.
built_cli() {
    if [[ $1 == minio ]]; then echo "$PIGSTY_CACHE/bin/minio-$(cli_field minio 3)"; else echo "$PIGSTY_CACHE/bin/$1"; fi
}

# The path of the program to use for $1, nothing when there is none yet.
find_cli() {
    local chosen=PIGSTY_${1^^} candidate
    if [[ $1 == minio ]]; then
        candidate=$(built_cli minio)
        [[ ! -x $candidate ]] || echo "$candidate"
        return
    fi
    if [[ -n ${!chosen:-} ]]; then
        cli_is_usable "${!chosen}" "$1" || die "$chosen=${!chosen} is not $1 $(cli_field "$1" 2) or newer"
        echo "${!chosen}"
        return
    fi
    for candidate in "$(type -P "$1" || true)" "$(built_cli "$1")"; do
        if cli_is_usable "$candidate" "$1"; then
            echo "$candidate"
            return
        fi
    done
}

# The CLI that is there, or the one to build: OpenTofu.
any_cli() {
    local name found
    for name in tofu terraform; do
        found=$(find_cli "$name")
        [[ -z $found ]] || { echo "$name"; return; }
    done
    echo tofu
}

installed_go() {
    local go
    for go in "$(type -P go || true)" /usr/local/go/bin/go; do
        [[ ! -x $go ]] || { echo "$go"; return; }
    done
}

# The package to install where a CLI has to be built and there is no Go.
go_package() {
    local name found
    [[ -z $(installed_go) ]] || return 0
    for name in "${wanted_clis[@]}"; do
        found=$(find_cli "$name")
        [[ -n $found ]] || { echo golang-go; return; }
    done
}

# A Go that is new enough to fetch the toolchain we name (1.21), or that toolchain itself, fetched as the Go module it is.
find_go() {
    local go found modules
    go=$(installed_go)
    found=$(cd / && GOTOOLCHAIN=local "$go" env GOVERSION | sed 's/^go//')
    if [[ $(printf '%s\n' 1.21 "$found" | sort -V | head -1) == 1.21 ]]; then
        echo "$go"
        return
    fi
    modules=$PIGSTY_CACHE/go
    (cd / && GOMODCACHE=$modules "$go" mod download "golang.org/toolchain@v0.0.1-$go_toolchain.linux-$(dpkg --print-architecture)") >&2
    # Module archives carry no modes; a Go of 1.21 or newer would set them itself.
    go=$(compgen -G "$modules/golang.org/toolchain@*-$go_toolchain.*")
    chmod -R u+w "$go"
    chmod +x "$go"/bin/* "$go"/pkg/tool/*/*
    echo "$go/bin/go"
}

build_cli() {
    local name=$1 go=$2 out release
    out=$(built_cli "$name")
    release=$(cli_field "$name" 5 | sed 's/^-$//')
    cd "$here/setup/$name"
    export GOTOOLCHAIN=$go_toolchain GOFLAGS= GOWORK=off
    # -mod=readonly: what go.mod and go.sum do not name is not built.
    echo "== $name"
    "$go" list -mod=readonly -deps "$(cli_field "$name" 4)" >"$PIGSTY_CACHE/$name.packages"
    echo "== $name $(wc -l <"$PIGSTY_CACHE/$name.packages")"
    # -v: a line for each package that is compiled (clis_progress). Go's compiler collects its own garbage less often: a fourth
    # less of the processor's time, and up to 2 GB of memory for each that runs.
    GOGC=400 GOMEMLIMIT=2GiB "$go" build -v -mod=readonly -buildvcs=false -trimpath \
        -ldflags "-s -w${release:+ -X $release=no}" -o "$out.new" "$(cli_field "$name" 4)"
    mv "$out.new" "$out"
}

# Starts building what is missing, one after the other, detached: the lock tells others that it is under way.
start_cli_builds() {
    local name found go missing=()
    for name in "${wanted_clis[@]}"; do
        found=$(find_cli "$name")
        [[ -n $found ]] || missing+=("$name")
    done
    [[ ${#missing[@]} -gt 0 ]] || return 0
    go=$(find_go)
    own_directory "$PIGSTY_CACHE/bin"
    say "building ${missing[*]} in the background (about three minutes each, log in $PIGSTY_CACHE/clis.log)"
    export -f build_cli built_cli cli_field
    export here cli_table go_toolchain
    # The lock is taken here and handed over, so that wait_for_clis cannot come first.
    exec 8>"$PIGSTY_CACHE/clis.lock"
    if flock --nonblock 8; then
        # A session of its own: an interrupted setup.sh leaves a build that the next one finds done or under way.
        setsid nice -n 10 bash -euo pipefail -c 'for name in "$@"; do (build_cli "$name" "$0"); done' \
            "$go" "${missing[@]}" >"$PIGSTY_CACHE/clis.log" 2>&1 </dev/null &
    fi
    exec 8>&-
}

wait_for_clis() {
    local name found tries
    for name in "${wanted_clis[@]}"; do
        # Held by the builder for as long as it runs. One that was started before may have been for another CLI only.
        for ((tries = 0; tries < 2; ++tries)); do
            found=$(find_cli "$name")
            [[ -z $found ]] || continue 2
            flock "$PIGSTY_CACHE/clis.lock" true
            found=$(find_cli "$name")
            [[ -z $found ]] || continue 2
            start_cli_builds
        done
        die "$name could not be built: $(tail -3 "$PIGSTY_CACHE/clis.log") (whole log: $PIGSTY_CACHE/clis.log)"
    done
}

# clis_progress: which CLI is being built, and how far.
clis_progress() {
    [[ -e $PIGSTY_CACHE/clis.lock ]] && ! flock --nonblock "$PIGSTY_CACHE/clis.lock" true || return 0
    awk '/^== / { name = $2; all = $3; lines = 0; next } { ++lines }
        END { if (name != "") print name ": " lines + 0 (all ? " of " all " packages compiled" : " modules downloaded") }' \
        "$PIGSTY_CACHE/clis.log"
}

print_env() {
    local name found
    libraries_are_built || die "the libraries in $PIGSTY_DEPS are not there yet: run acceptance/setup.sh"
    printf 'export %s=%q\n' PIGSTY_DEPS "$PIGSTY_DEPS" PIGSTY_CACHE "$PIGSTY_CACHE"
    for name in "${wanted_clis[@]}"; do
        [[ $name != minio ]] || continue # the lab finds it
        found=$(find_cli "$name")
        [[ -n $found ]] || die "$name is not there yet: run acceptance/setup.sh"
        printf 'export PIGSTY_%s=%q\n' "${name^^}" "$found"
    done
}
