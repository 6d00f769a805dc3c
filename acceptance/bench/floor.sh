#!/usr/bin/env bash
# The floor under examples/scenarios/02-ha-cluster: the same end state on the same three nodes with the same packages, by
# the straightest way a person who knows all of it in advance would write down. It looks at nothing, compares nothing,
# could not be run twice and survives nothing that goes wrong: what bench.sh measures above it is the price of the rest.
#
#   APP_PASSWORD=… acceptance/bench/floor.sh      nodes: pg-test-1 to -3 of the lab, prepared and otherwise untouched
#
# Everything is made up front: certificates and keys here, one archive for each node out of floor/root. Nodes are always
# served side by side. What has to wait for something else waits for exactly that: etcd's users for its quorum, Patroni
# on the first node for these users, the rest for the leader.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
on() { local node=pg-test-$1; shift; "$here/../lab/lab" exec "$node" -- "$@"; }
addresses=([1]=10.10.10.11 [2]=10.10.10.12 [3]=10.10.10.13)
roles=([1]=primary [2]=replica [3]=offline)
. "$here/floor-parts.sh"

etcd_root_password=$(secret)
etcd_password=$(secret)
rest_password=$(secret)
replication_password=$(secret)

# --- the files of a node ----------------------------------------------------------------------------------------------

render() {
  local number=$1 address=${addresses[$1]} root=$work/$1 name offline=false
  [[ ${roles[$number]} != offline ]] || offline=true
  cp -r "$here/floor/root" "$root"
  find "$root" -type f -exec sed -i "s/@NUMBER@/$number/g; s/@ADDRESS@/$address/g; s/@ROLE@/${roles[$number]}/g
    s/@OFFLINE@/$offline/g; s/@ETCD_PASSWORD@/$etcd_password/g; s/@REST_PASSWORD@/$rest_password/g
    s/@REPLICATION_PASSWORD@/$replication_password/g" {} +
  # On the nodes /pg is a link to where the data lies.
  mkdir -p "$root/data/postgres" "$root/data/etcd" "$root/etc/postgresql-common/createcluster.d" "$root/pg/cert"
  mv "$root/pg" "$root/data/postgres/pg-test-17"
  local pg=$root/data/postgres/pg-test-17
  mkdir -p "$pg"/{bin,spool,log/patroni,log/pgbouncer,log/postgres}
  mv "$root/etc/patroni/patroni.yml" "$pg/conf/pg-test-$number.yml"
  : >"$pg/conf/pg_ident.conf"
  printf 'create_main_cluster = false\n' >"$root/etc/postgresql-common/createcluster.d/pigsty.conf"
  printf 'app = host=/var/run/postgresql port=5432\n' >"$root/etc/pgbouncer/database.txt"
  : >"$root/etc/pgbouncer/useropts.txt"
  leaf "$root/etc/etcd/server" "/O=pigsty/OU=etcd/CN=etcd-$number" clientAuth,serverAuth \
    "DNS:localhost,DNS:etcd-$number,IP:127.0.0.1,IP:$address"
  # etcd's gateway, which Patroni speaks to, refuses a client certificate that has a common name.
  leaf "$root/etc/etcd/client" /O=pigsty/OU=etcd-client clientAuth "IP:$address"
  leaf "$pg/cert/etcd" /O=pigsty/OU=etcd-client clientAuth "IP:$address"
  leaf "$pg/cert/server" "/O=pigsty/OU=postgres/CN=pg-test-$number" clientAuth,serverAuth \
    "DNS:localhost,DNS:pg-test,DNS:pg-test-$number,IP:127.0.0.1,IP:$address"
  cp "$work/ca.crt" "$root/etc/etcd/"
  cp "$work/ca.crt" "$pg/cert/"
  # Two nodes keep the authority.
  ((number > 2)) || install -D -m 0600 -t "$root/var/lib/pigsty/ca/pigsty-ca" "$work/ca.key" "$work/ca.crt"
}

# Modes are the archive's; names of accounts differ in number between machines, so owners are set there.
push() {
  local root=$work/$1
  chmod -R u=rwX,g=rX,o=rX "$root"
  chmod 0600 "$root"/etc/etcd/*.key "$root"/data/postgres/pg-test-17/cert/*.key
  chmod 0700 "$root/data/etcd" "$root"/data/postgres/pg-test-17{,/bin,/cert,/conf,/spool,/tmp}
  [[ ! -d $root/var ]] || chmod -R go= "$root/var/lib/pigsty"
  tar -C "$root" --owner=root --group=root -c . | on "$1" sh -ec '
    tar -x --no-overwrite-dir -C /
    ln -s /data/postgres/pg-test-17 /pg
    ln -s "/pg/conf/pg-test-$1.yml" /etc/patroni/patroni.yml
    chown -R etcd:etcd /etc/etcd /data/etcd
    chown root:root /etc/etcd/client.*
    chown -R postgres:postgres /data/postgres /etc/pgbouncer
    chmod 0750 /etc/pgbouncer
    chmod 0640 /etc/pgbouncer/* "/pg/conf/pg-test-$1.yml"
    SYSTEMCTL_SKIP_SYSV=1 systemctl -q enable etcd patroni pgbouncer haproxy
    systemctl start --no-block etcd' - "$1"
}

make_and_push() { render "$1" && push "$1"; }
on_each make_and_push 1 2 3

# --- etcd: users first, then authentication, so that each is one call ---------------------------------------------------

on 1 sh -ec '
  export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=https://10.10.10.11:2379 ETCDCTL_CACERT=/etc/etcd/ca.crt \
    ETCDCTL_CERT=/etc/etcd/client.crt ETCDCTL_KEY=/etc/etcd/client.key
  until etcdctl endpoint health 2>/dev/null; do sleep 0.1; done
  etcdctl user add "root:$1"
  etcdctl role add root
  etcdctl user grant-role root root
  etcdctl user add "pg-test:$2"
  etcdctl role add pg-test
  etcdctl role grant-permission pg-test readwrite --prefix=true /pg/pg-test/
  etcdctl user grant-role pg-test pg-test
  etcdctl auth enable
  systemctl start patroni' - "$etcd_root_password" "$etcd_password" >/dev/null

# --- the leader, then everything that needs one, at the same time -----------------------------------------------------

"$here/../lab/lab" run -- sh -c 'until curl -sfko /dev/null https://10.10.10.11:8008/primary; do sleep 0.1; done'

start_replica() { [[ $1 == 1 ]] || on "$1" systemctl start patroni; }
on_each start_replica 1 2 3 &
replicas=$!
userlist=$({ printf '\\set app_password %s\n' "$APP_PASSWORD" && cat "$here/floor/objects.sql"; } |
  on 1 runuser -u postgres -- psql -XAtq -f -)
start_pooler() {
  printf '"postgres" ""\n%s\n' "$userlist" |
    on "$1" sh -ec 'umask 077; cat >/etc/pgbouncer/userlist.txt; chown postgres: /etc/pgbouncer/userlist.txt; systemctl start pgbouncer'
}
on_each start_pooler 1 2 3
wait "$replicas"
# A base backup streams too, under another name.
on 1 runuser -u postgres -- sh -c '
  until [ "$(psql -XAtqc "SELECT count(*) FROM pg_stat_replication WHERE state = \$\$streaming\$\$ AND application_name ~ \$\$^pg-test\$\$")" = 2 ]; do sleep 0.1; done'

# Last: HAProxy takes a server for up until a check says otherwise, and needs three good ones to take it back.
start_balancer() { on "$1" systemctl start haproxy; }
on_each start_balancer 1 2 3
