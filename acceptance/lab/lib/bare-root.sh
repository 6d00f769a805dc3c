#!/usr/bin/env bash
# Makes a fresh Debian root file system what a node of the lab starts from.
# usage: bare-root.sh ROOT KEYS_DIR MASKED_UNITS_FILE REPOSITORY_MOUNT
set -euo pipefail
root=$1 keys=$2 masked_units=$3 repository_mount=$4

# Identity is given to each node at its first start, never shared through the layer.
rm -f "$root"/etc/ssh/ssh_host_*_key "$root"/etc/ssh/ssh_host_*_key.pub "$root"/etc/machine-id "$root"/var/lib/dbus/machine-id
printf 'localhost\n' >"$root/etc/hostname"
: >"$root/etc/resolv.conf"
ln -sf ../usr/share/zoneinfo/Etc/UTC "$root/etc/localtime"

# authorize HOME USER
authorize() {
  install -d -m 0700 "$root$1/.ssh"
  install -m 0600 "$keys/authorized_keys" "$root$1/.ssh/authorized_keys"
  chroot "$root" chown -R "$2:$2" "$1/.ssh"
}

chroot "$root" useradd --create-home --shell /bin/bash vagrant
printf 'vagrant ALL=(ALL) NOPASSWD: ALL\n' >"$root/etc/sudoers.d/vagrant"
chmod 0440 "$root/etc/sudoers.d/vagrant"
chroot "$root" useradd --create-home --shell /bin/bash --groups sudo ops
printf 'ops:%s\n' "$(<"$keys/ops.password")" | chroot "$root" chpasswd
authorize /home/vagrant vagrant
authorize /home/ops ops
authorize /root root

# The address comes with the node; the file's name sorts before systemd's own for host0.
systemctl --quiet --root="$root" enable systemd-networkd.service

sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$masked_units" | while read -r unit; do
  ln -sfn /dev/null "$root/etc/systemd/system/$unit"
done

# A lab's power cut ends processes and loses nothing of the file system: dpkg need not wait for the disk after each file.
printf 'force-unsafe-io\n' >"$root/etc/dpkg/dpkg.cfg.d/lab"

# What a node installs comes from the lab's repository and from nowhere else.
rm -f "$root"/etc/apt/sources.list.d/*
printf 'deb [trusted=yes] file:%s ./\n' "$repository_mount" >"$root/etc/apt/sources.list"
mkdir -p "$root$repository_mount"
