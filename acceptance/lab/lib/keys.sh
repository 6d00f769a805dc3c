# How one logs in to a node: user vagrant (key, sudo without a password), root (key), user ops (key, sudo asks for a password).
# The keys belong to the lab directory and are part of every layer built there.

ensure_keys() {
  [[ -e $keys_dir/complete ]] && return 0
  rm -rf "$keys_dir"
  mkdir -p "$lab_dir"
  mkdir -m 0700 "$keys_dir"
  local type
  for type in ed25519 ecdsa rsa; do
    ssh-keygen -q -t "$type" -N '' -C "$lab_id" -f "$keys_dir/id_$type"
  done
  cat "$keys_dir"/id_*.pub >"$keys_dir/authorized_keys"
  (umask 077 && head -c 18 /dev/urandom | base64 | tr '+/' '-_' >"$keys_dir/ops.password")
  touch "$keys_dir/complete"
}

# The host keys lie in each node's own overlay: this reads what is there now, also after a restore.
write_known_hosts() {
  local node key
  {
    for node in "$nodes_dir"/*/; do
      [[ -e $node/address ]] || continue
      for key in "$node"/upper/etc/ssh/ssh_host_*_key.pub; do
        [[ -e $key ]] && printf '%s %s\n' "$(<"$node/address")" "$(cut -d' ' -f1,2 "$key")"
      done
    done
  } >"$known_hosts.new"
  mv "$known_hosts.new" "$known_hosts"
}
