#!/usr/bin/env bash
# The process that is a node: mounts its file system, boots it in systemd-nspawn, boots it again when it reboots, ends when it
# powers off. Runs in a session and a mount namespace of its own, so that nothing is left when its processes are gone.
# usage: boot-node.sh NODE_DIR LOWER REPOSITORY
set -euo pipefail
# A node outlives whoever starts it: no lock of theirs may live on in it.
for descriptor in /proc/$$/fd/*; do
  descriptor=${descriptor##*/}
  ((descriptor <= 2 || descriptor == 255)) || eval "exec $descriptor>&-"
done

node=$1 lower=$2 repository=$3
name=$(basename "$node")
lab_source=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$lab_source/lib/paths.sh"
. "$lab_source/lib/network.sh"
. "$lab_source/lib/control-groups.sh"

root=/run/systemd/nspawn/root

# systemd-nspawn keeps locks by machine name here: its own, so that two labs may use the same names.
mkdir -p /run/systemd/nspawn
mount -t tmpfs -o mode=0755 tmpfs /run/systemd/nspawn
mkdir "$root"
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$node/upper,workdir=$node/work,redirect_dir=on,metacopy=off,index=off" "$root"

give_identity() {
  printf '%s\n' "$name" >"$root/etc/hostname"
  printf '127.0.0.1\tlocalhost\n127.0.1.1\t%s\n' "$name" >"$root/etc/hosts"
  tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
  chmod 0444 "$root/etc/machine-id"
  printf '[Match]\nName=host0\n\n[Network]\nAddress=%s/24\nLinkLocalAddressing=no\nIPv6AcceptRA=no\n' "$(<"$node/address")" \
    >"$root/etc/systemd/network/10-host0.network"
  ssh-keygen -q -A -f "$root"
}
[[ -e $root/etc/machine-id ]] || give_identity

boot_once() (
  join_control_group "$name/machine"
  exec nsenter --net="/run/netns/$lab_id" -- \
    systemd-nspawn --quiet --directory="$root" --machine="$(machine_of "$name")" --hostname="$name" --boot \
    --network-bridge="$bridge" --bind-ro="$repository:$repository_mount" \
    --resolv-conf=off --timezone=off --link-journal=no --register=no --keep-unit
)

# 133 is how systemd-nspawn says that the node wants to be booted again.
join_control_group "$name"
while true; do
  status=0
  boot_once || status=$?
  ((status == 133)) || exit "$status"
  remove_port "$name"
done
