# Packages that stand in for extensions which Debian has not: a control file, a few objects of SQL, and a library that PostgreSQL
# can preload and that does nothing (auth_delay of postgresql-contrib under another name). What the provider does with a package,
# a library and an extension runs for real; what the extension itself does is not there. Each one says so in its description.

# add_stand_ins SYSTEM POOL: packages in POOL, made of acceptance/lab/stand-ins/NAME/: `control`, `sql`, `version`.
add_stand_ins() {
  local system=$1 pool=$2 folder
  [[ $system == trixie ]] || return 0
  for folder in "$lab_source"/stand-ins/*/; do add_stand_in "$(basename "$folder")" "$pool" || return; done
}

add_stand_in() {
  local name=$1 pool=$2 from=$lab_source/stand-ins/$1 root=$2/stand-in-root server=$2/server-root version package
  version=$(<"$from/version")
  package=postgresql-17-$name
  dpkg-deb --extract "$pool"/postgresql-17_*.deb "$server"
  install -D -m 0644 "$server/usr/lib/postgresql/17/lib/auth_delay.so" "$root/usr/lib/postgresql/17/lib/$name.so"
  install -D -m 0644 "$from/control" "$root/usr/share/postgresql/17/extension/$name.control"
  install -D -m 0644 "$from/sql" "$root/usr/share/postgresql/17/extension/$name--$version.sql"
  install -d "$root/DEBIAN"
  cat >"$root/DEBIAN/control" <<CONTROL
Package: $package
Version: $version-0lab
Architecture: $(dpkg --print-architecture)
Maintainer: the lab <root@localhost>
Section: database
Priority: optional
Depends: postgresql-17
Description: stand-in for tests: NOT $name
 What a test needs to preload the library and to create the extension. It does nothing of what $name does.
CONTROL
  dpkg-deb --root-owner-group -Zzstd -z3 --build "$root" "$pool/${package}_$version-0lab_$(dpkg --print-architecture).deb"
  rm -rf "$root" "$server"
}
