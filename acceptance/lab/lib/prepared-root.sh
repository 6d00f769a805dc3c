#!/usr/bin/env bash
# Installs the stack over the bare layer: nothing configured, running or enabled afterwards. Runs in mount, network and PID
# namespaces of its own.
# usage: prepared-root.sh LAYER_BEING_BUILT BARE_ROOT REPOSITORY REPOSITORY_MOUNT
set -euo pipefail
layer=$1 bare=$2 repository=$3 repository_mount=$4
root=$layer/merged

mount -t overlay overlay -o "lowerdir=$bare,upperdir=$layer/root,workdir=$layer/work" "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/run"
mount --bind "$repository" "$root$repository_mount"

inside() {
  chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

enabled_units() {
  inside systemctl list-unit-files --no-legend --plain --state=enabled | cut -d' ' -f1 | sort
}

before=$(enabled_units)
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 0755 "$root/usr/sbin/policy-rc.d"
install -d "$root/etc/postgresql-common/createcluster.d"
printf 'create_main_cluster = false\n' >"$root/etc/postgresql-common/createcluster.d/lab.conf"

inside apt-get update
mapfile -t packages <"$layer/packages"
inside apt-get install --yes --no-install-recommends -o DPkg::Options::=--force-unsafe-io "${packages[@]}"
inside apt-get clean

rm "$root/usr/sbin/policy-rc.d" "$root/etc/postgresql-common/createcluster.d/lab.conf"
for unit in $(comm -13 <(printf '%s\n' "$before") <(enabled_units)); do
  inside systemctl --quiet disable "$unit"
done
umount "$root$repository_mount" "$root/run" "$root/proc" "$root"
