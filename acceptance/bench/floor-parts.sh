# What hand-written floors share: a work folder, nodes served side by side, and an authority whose certificates are made here.
# Sourced by them, who have `set -e`.
# shellcheck shell=bash

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# on_each FUNCTION NUMBER…: for these nodes at the same time.
on_each() {
  local each=$1 number
  local -a pids=()
  shift
  for number; do
    "$each" "$number" &
    pids+=($!)
  done
  for number in "${pids[@]}"; do wait "$number"; done
}

secret() { openssl rand -hex 24; }

printf '[req]\ndistinguished_name = none\n[none]\n' >"$work/openssl.cnf"
openssl req -x509 -config "$work/openssl.cnf" -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -days 36500 \
  -subj /O=pigsty/OU=ca/CN=pigsty-ca -addext basicConstraints=critical,CA:TRUE,pathlen:1 \
  -addext keyUsage=critical,keyCertSign,cRLSign,digitalSignature -keyout "$work/ca.key" -out "$work/ca.crt" 2>/dev/null

# leaf FILE SUBJECT USAGES NAMES: FILE.key and FILE.crt.
leaf() {
  openssl req -x509 -config "$work/openssl.cnf" -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 7300 \
    -CA "$work/ca.crt" -CAkey "$work/ca.key" -subj "$2" -addext basicConstraints=critical,CA:FALSE \
    -addext keyUsage=critical,digitalSignature,keyEncipherment -addext "extendedKeyUsage=$3" \
    -addext "subjectAltName=$4" -keyout "$1.key" -out "$1.crt" 2>/dev/null
}
