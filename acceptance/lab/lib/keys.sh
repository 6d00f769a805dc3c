# How one logs in to a node: user vagrant (key, sudo without a password), root (key), user ops (key, sudo asks for a password).
# The keys belong to the cache and are part of every layer built there; each lab's directory shows them as keys/.

ensure_keys() {
  [[ -e $keys_dir/complete ]] && return 0
  rm -rf "$keys_dir"
  mkdir -m 0700 "$keys_dir"
  local type
  for type in ed25519 ecdsa rsa; do
    ssh-keygen -q -t "$type" -N '' -C pigsty-lab -f "$keys_dir/id_$type"
  done
  cat "$keys_dir"/id_*.pub >"$keys_dir/authorized_keys"
  (umask 077 && head -c 18 /dev/urandom | base64 | tr '+/' '-_' >"$keys_dir/ops.password")
  touch "$keys_dir/complete"
}

# show_keys: as keys/ in the lab's directory. A folder there is of a lab that kept all by itself.
show_keys() {
  [[ $lab_dir/keys -ef $keys_dir ]] && return 0
  rm -rf "$lab_dir/keys"
  ln -s "$keys_dir" "$lab_dir/keys"
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
