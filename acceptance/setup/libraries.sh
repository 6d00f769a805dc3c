# libssh2, libpq and libpqxx as static libraries in PIGSTY_DEPS, built from Debian 13's source packages on every system:
# Debian 12's libssh2 cannot use RSA keys with today's servers, its libpqxx has another API, and no system has a libpq
# that links into a static program without Kerberos and LDAP.
#
# Which version: the newest that the archive's signed index offers of the upstream series we know. apt checks the
# signature of the index and through it the checksum of every file, so a security update is taken as it comes out.
# When the index names files that the mirror does not hold (a mirror in the middle of an update does that), the pinned
# revision below is taken from the same mirror's pool, checked against the pinned checksum. Both ways PIGSTY_DEPS/BUILT-FROM
# records what was used. Another series than the pinned one stops the build: it has to be tried first.

#         source package | series | pinned revision | sha256 of the pinned .dsc
library_pins='
libssh2       1.11  1.11.1-1+deb13u2   f584c22bccd948a432cc56f64adb896af2cb26d9b38bcaac13cdc7907e766599
postgresql-17 17    17.11-0+deb13u1    bf148ae423a982707c3f60672c3a072ef62b701bd9f5df847d9f4b8c9b3e3b18
libpqxx       7.10  7.10.0-2           de122eb77bc80a11be6c236f3269f5c962ca77eb475099670609b5f8aad36f78
'
# Raise it when the steps below change: prefixes built by other steps are then built again.
library_recipe=1

library_cflags="-O2 -DNDEBUG -fPIC -fstack-protector-strong -D_FORTIFY_SOURCE=2 -ffunction-sections -fdata-sections"

# The mirrors this system uses itself: "$1" is apt's label of the archive, Debian or Debian-Security.
archive_site() {
    apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(COMPONENT)|$(REPO_URI)' 'Created-By: Packages' |
        awk -F'|' -v label="$1" '$1 == "Debian" && $2 == label && $3 == "main" { sub("/$", "", $4); print $4; exit }'
}

# apt with a deb-src list and indexes of its own, so that the system's lists stay as they are.
source_apt() {
    local command=$1
    shift
    "$command" -o Dir::Etc::SourceList="$sources/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
        -o Dir::State::Lists="$sources/apt/lists" -o Dir::Cache="$sources/apt/cache" \
        -o APT::Sandbox::User=root -o Acquire::Retries=3 "$@"
}

prepare_source_apt() {
    local keyring=/usr/share/keyrings/debian-archive-keyring.gpg main security
    main=$(archive_site Debian)
    security=$(archive_site Debian-Security)
    [[ -n $main ]] || die "apt has no Debian archive among its sources: the libraries' sources come from there"
    mkdir -p "$sources"/apt/{lists,cache}
    {
        [[ -z $security ]] || echo "deb-src [signed-by=$keyring] $security trixie-security main"
        echo "deb-src [signed-by=$keyring] $main trixie main"
    } >"$sources/apt/sources.list"
    source_apt apt-get -qq update
}

# Puts the files of source package $1 into the current directory, and the names of .dsc and way of checking on stdout.
fetch_source() {
    local package=$1 series=$2 revision=$3 sha256=$4 offered site pool name sum
    offered=$(source_apt apt-cache showsrc --only-source "$package" | sed -n 's/^Version: //p' | sort -V | tail -1)
    if [[ $offered == "$series"[.-]* ]] &&
        source_apt apt-get -qq source --only-source --download-only "$package=$offered" >/dev/null 2>fetch.log; then
        echo "$package $offered signed-index"
        return
    fi
    [[ -z $offered || $offered == "$series"[.-]* ]] ||
        say "Debian 13 offers $package $offered, only series $series is known to work: using $revision"
    site=$(archive_site Debian)
    pool=$site/pool/main/$([[ $package == lib* ]] && echo "${package:0:4}" || echo "${package:0:1}")/$package
    name=${package}_$revision.dsc
    download "$pool" "$name" "$sha256"
    # The .dsc is checked now, and names the rest.
    while read -r sum _ name; do
        download "$pool" "$name" "$sum"
    done < <(sed -n '/^Checksums-Sha256:/,/^[^ ]/ s/^ //p' "${package}_$revision.dsc")
    echo "$package $revision pinned-checksum"
}

download() {
    local pool=$1 name=$2 sha256=$3
    /usr/lib/apt/apt-helper -o APT::Sandbox::User=root -o Acquire::Retries=3 \
        download-file "$pool/$name" "$name" "SHA256:$sha256" >fetch.log 2>&1 ||
        die "cannot fetch $name, neither as apt's index offers it nor the revision known to work: $(tail -1 fetch.log)"
}

build_libssh2() {
    cmake -S "$1" -B "$1/build" -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS="$library_cflags" \
        -DBUILD_SHARED_LIBS=OFF -DBUILD_STATIC_LIBS=ON -DBUILD_EXAMPLES=OFF -DBUILD_TESTING=OFF \
        -DCRYPTO_BACKEND=OpenSSL -DENABLE_ZLIB_COMPRESSION=OFF
    ninja -C "$1/build"
    install -D -t "$prefix/lib" "$1/build/src/libssh2.a"
    install -D -m 644 -t "$prefix/include/libssh2" "$1"/include/*.h
}

build_libpq() {
    (
        cd "$1"
        CFLAGS=$library_cflags ./configure --without-readline --without-icu --without-zlib --with-openssl
        make -j"$(nproc)" -C src/interfaces/libpq all
        install -D -m 644 -t "$prefix/lib" src/interfaces/libpq/libpq.a
        # The "_shlib" builds of the two are the ones that carry the names libpq exports (pg_char_to_encoding and others);
        # the plain ones rename them for PostgreSQL's own programs.
        install -m 644 src/common/libpgcommon_shlib.a "$prefix/lib/libpgcommon.a"
        install -m 644 src/port/libpgport_shlib.a "$prefix/lib/libpgport.a"
        install -D -m 644 -t "$prefix/include/libpq" src/interfaces/libpq/libpq-{fe,events}.h \
            src/include/{postgres_ext,pg_config_ext}.h
    )
}

build_libpqxx() {
    cmake -S "$1" -B "$1/build" -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS="$library_cflags" \
        -DCMAKE_CXX_STANDARD=23 -DBUILD_SHARED_LIBS=OFF -DSKIP_BUILD_TEST=ON -DBUILD_DOC=OFF \
        -DPostgreSQL_INCLUDE_DIR="$prefix/include/libpq" -DPostgreSQL_TYPE_INCLUDE_DIR="$prefix/include/libpq" \
        -DPostgreSQL_LIBRARY="$prefix/lib/libpq.a" -DCMAKE_INSTALL_PREFIX="$1/installed" -DCMAKE_INSTALL_LIBDIR=lib
    ninja -C "$1/build" install
    install -D -m 644 -t "$prefix/lib" "$1/installed/lib/libpqxx.a"
    mkdir -p "$prefix/include/libpqxx"
    cp -r "$1/installed/include/pqxx" "$prefix/include/libpqxx/"
}

libraries_are_built() {
    [[ -f $PIGSTY_DEPS/BUILT-FROM ]] && [[ $(head -1 "$PIGSTY_DEPS/BUILT-FROM") == "recipe $library_recipe" ]]
}

build_libraries() {
    libraries_are_built && return
    own_directory "$(dirname "$PIGSTY_DEPS")"
    (
        flock 9
        libraries_are_built && exit
        say "building libssh2, libpq and libpqxx into $PIGSTY_DEPS (about a minute)"
        sources=$PIGSTY_CACHE/libraries
        prefix=$PIGSTY_DEPS.new
        rm -rf "$sources" "$prefix"
        mkdir -p "$sources" "$prefix"
        prepare_source_apt
        echo "recipe $library_recipe" >"$prefix/BUILT-FROM"
        while read -r package series revision sha256; do
            [[ -n $package ]] || continue
            mkdir -p "$sources/$package"
            cd "$sources/$package"
            fetched=$(fetch_source "$package" "$series" "$revision" "$sha256")
            { echo "$fetched"; sha256sum ./*.dsc ./*.orig.tar.*; } >>"$prefix/BUILT-FROM"
            # The distribution's keyring of developers is not installed here; the checksums above are the check.
            dpkg-source --no-check -x ./*.dsc source >extract.log 2>&1
            build=build_${package/postgresql-17/libpq}
            # Not `build || die`: inside such a list bash ignores `set -e`, and a failed step would go unnoticed.
            set +e
            (set -e; "$build" "$sources/$package/source") >build.log 2>&1
            status=$?
            set -e
            [[ $status == 0 ]] || die "building $package failed: $(tail -3 build.log) (whole log: $PWD/build.log)"
            say "built $fetched"
        done <<<"$library_pins"
        # Last, and as one step: an interrupted build leaves the old prefix or none.
        rm -rf "$PIGSTY_DEPS.old"
        [[ ! -e $PIGSTY_DEPS ]] || mv "$PIGSTY_DEPS" "$PIGSTY_DEPS.old"
        mv "$prefix" "$PIGSTY_DEPS"
        rm -rf "$PIGSTY_DEPS.old" "$sources"
    ) 9>"$PIGSTY_CACHE/libraries.lock"
}

# libraries_progress: how many of the three are done.
libraries_progress() {
    [[ -e $PIGSTY_CACHE/libraries.lock ]] && ! flock --nonblock "$PIGSTY_CACHE/libraries.lock" true || return 0
    echo "libraries: $(compgen -G "$PIGSTY_DEPS.new/lib/lib*.a" | grep -cE '/lib(ssh2|pq|pqxx)\.a$' || true) of 3 built"
}
