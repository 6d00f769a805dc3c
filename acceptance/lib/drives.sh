# Drives of their own for what refuses the root disk (MinIO with more than one). Sourced by suites that need it.
# shellcheck shell=bash

# give_drives NODE PATH…: a file system of its own at each path, by fstab, so that it is there, empty, after each boot.
give_drives() {
  local node=$1 path
  shift
  for path; do
    on "$node" sh -c "mkdir -p $path && echo 'tmpfs $path tmpfs size=500m,mode=0755 0 0' >>/etc/fstab && systemctl daemon-reload && mount $path" ||
      return 1
  done
}
