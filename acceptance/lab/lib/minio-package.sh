# The MinIO server as a package of the nodes' repository, since Debian has none: the binary that `acceptance/setup.sh minio` built,
# and a unit like the vendor's. Where it is not built, nodes are offered no such package.

# The binary, of the version that acceptance/setup pins; nothing where it is not built.
minio_server() {
  local version file
  version=$(sed -n 's|^require github.com/minio/minio ||p' "$lab_source/../setup/minio/go.mod")
  file=${PIGSTY_CACHE:-/var/tmp/pigsty-cache}/bin/minio-$version
  [[ ! -x $file ]] || printf '%s\n' "$file"
}

# Once: a build that comes to its end meanwhile must not change the name of what this run makes.
minio_binary=$(minio_server)

# add_minio_package SYSTEM POOL: a package in POOL, for the systems whose nodes run MinIO.
add_minio_package() {
  local system=$1 pool=$2 root version
  [[ $system == trixie && -n $minio_binary ]] || return 0
  version=$(basename "$minio_binary" | cut -d- -f3)
  root=$pool/minio-root
  install -D -m 0755 "$minio_binary" "$root/usr/bin/minio"
  install -d "$root/DEBIAN" "$root/usr/lib/systemd/system"
  cat >"$root/usr/lib/systemd/system/minio.service" <<'UNIT'
[Unit]
Description=MinIO
Documentation=https://docs.min.io
Wants=network-online.target
After=network-online.target
AssertFileIsExecutable=/usr/bin/minio

[Service]
Type=notify
User=minio-user
Group=minio-user
EnvironmentFile=-/etc/default/minio
ExecStart=/usr/bin/minio server $MINIO_OPTS $MINIO_VOLUMES
Restart=always
LimitNOFILE=1048576
TasksMax=infinity
TimeoutStopSec=infinity
SendSIGKILL=no

[Install]
WantedBy=multi-user.target
UNIT
  cat >"$root/DEBIAN/control" <<CONTROL
Package: minio
Version: $version.0.0
Architecture: $(dpkg --print-architecture)
Maintainer: the lab <root@localhost>
Section: net
Priority: optional
Description: object storage that speaks S3
CONTROL
  dpkg-deb --root-owner-group -Zzstd -z3 --build "$root" "$pool/minio_$version.0.0_$(dpkg --print-architecture).deb"
  rm -rf "$root"
}
