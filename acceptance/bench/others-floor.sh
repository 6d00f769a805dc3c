#!/usr/bin/env bash
# The floor under examples/scenarios/06-redis-etcd-minio: the same servers on the same five bare machines with the same packages, by
# the straightest way a person who knows all of it in advance would write down. It looks at nothing, compares nothing, could not
# be run twice and survives nothing that goes wrong: what others.sh measures above it is the price of the rest.
#
#   acceptance/bench/others-floor.sh      nodes: os-1 to -5 of the lab, bare, with drives at /data1 and /data2 of the first three
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
on() { local node=os-$1; shift; "$here/../lab/lab" exec "$node" -- "$@"; }
. "$here/floor-parts.sh"

address_of() { echo "10.10.10.$((9 + $1))"; }
minio_root=$(secret)
minio_user=$(secret)
etcd_root=$(secret)

# --- the files of a node ----------------------------------------------------------------------------------------------

packages=([1]="redis-server etcd-server etcd-client minio minio-client haproxy" [2]="redis-server etcd-server etcd-client minio minio-client haproxy"
  [3]="redis-server etcd-server etcd-client minio minio-client haproxy" [4]="redis-server")
instances=([1]="6379 6380" [2]="26379 26380 26381" [3]="6379 6380 6381" [4]="6379 6380 6381")
passwords=([1]=redis.ms [2]=redis.meta [3]=redis.test [4]=redis.test)

# redis_files NUMBER ROOT
redis_files() {
  local number=$1 root=$2 port own sentinel=''
  ((number != 2)) || sentinel=' --sentinel'
  mkdir -p "$root/etc/redis" "$root/etc/systemd/system"
  for port in ${instances[$number]}; do
    own=$root/etc/redis/floor-$port.conf
    printf 'bind %s 127.0.0.1\nport %s\nprotected-mode no\ndir /data/redis/%s\nrequirepass %s\n' "$(address_of "$number")" "$port" "$port" "${passwords[$number]}" >"$own"
    case $number in
      1) printf 'maxmemory 64mb\nmasterauth %s\n' "${passwords[1]}" >>"$own" ;;
      2) printf 'sentinel sentinel-pass %s\nsentinel monitor redis-ms 10.10.10.10 6379 2\nsentinel auth-pass redis-ms %s\n' "${passwords[2]}" "${passwords[1]}" >>"$own" ;;
      *) printf 'maxmemory 32mb\nmasterauth %s\ncluster-enabled yes\n' "${passwords[$number]}" >>"$own" ;;
    esac
    [[ $number != 1 || $port != 6380 ]] || printf 'replicaof 10.10.10.10 6379\n' >>"$own"
    printf '[Service]\nType=notify\nUser=redis\nGroup=redis\nExecStart=/usr/bin/redis-server /etc/redis/floor-%s.conf%s --supervised systemd --daemonize no\n[Install]\nWantedBy=multi-user.target\n' \
      "$port" "$sentinel" >"$root/etc/systemd/system/floor-$port.service"
  done
}

# storage_files NUMBER ROOT: etcd, MinIO and HAProxy.
storage_files() {
  local number=$1 root=$2 address i
  address=$(address_of "$number")
  mkdir -p "$root/etc/etcd" "$root/etc/default" "$root/home/minio/.minio/certs/CAs" "$root/etc/pki" "$root/etc/haproxy/conf.d" "$root/etc/systemd/system" \
    "$root/var/lib/pigsty/secrets/minio-minio"
  # The other floor's members are at .11 to .13.
  perl -pe 's/10\.10\.10\.1(\d)/"10.10.10.1" . ($1 - 1)/ge' "$here/floor/root/etc/etcd/etcd.conf" |
    sed "s/@NUMBER@/$number/g; s/@ADDRESS@/$address/g" >"$root/etc/etcd/etcd.conf"
  cp -r "$here/floor/root/etc/systemd/system"/{etcd.service,haproxy.service.d} "$root/etc/systemd/system/"
  leaf "$root/etc/etcd/server" "/O=pigsty/OU=etcd/CN=etcd-$number" clientAuth,serverAuth "DNS:localhost,DNS:etcd-$number,IP:127.0.0.1,IP:$address"
  leaf "$root/home/minio/.minio/certs/public" "/O=pigsty/OU=minio/CN=minio-$number" clientAuth,serverAuth "DNS:localhost,DNS:minio-$number.pigsty,DNS:sss.pigsty,IP:127.0.0.1,IP:$address"
  mv "$root/home/minio/.minio/certs/public.key" "$root/home/minio/.minio/certs/private.key"
  for i in etc/etcd etc/pki home/minio/.minio/certs/CAs; do cp "$work/ca.crt" "$root/$i/"; done
  printf 'MINIO_OPTS="--address :9000 --console-address :9001"\nMINIO_VOLUMES="https://minio-{1...3}.pigsty:9000/data{1...2}"\nMINIO_ROOT_USER=minioadmin\nMINIO_ROOT_PASSWORD=%s\n' \
    "$minio_root" >"$root/etc/default/minio"
  printf '[Service]\nType=notify\nUser=minio\nGroup=minio\nEnvironment=HOME=/home/minio\nEnvironmentFile=/etc/default/minio\nExecStart=/usr/bin/minio server $MINIO_OPTS $MINIO_VOLUMES\nLimitNOFILE=1048576\n[Install]\nWantedBy=multi-user.target\n' \
    >"$root/etc/systemd/system/minio.service"
  printf '# user.pgbackrest\n%s\n' "$minio_user" >"$root/var/lib/pigsty/secrets/minio-minio/user.pgbackrest"
  cp "$here/floor/root/etc/haproxy/haproxy.cfg" "$root/etc/haproxy/"
  {
    printf 'listen minio\n    bind *:9002\n    mode tcp\n    option httpchk\n    http-check send meth OPTIONS uri /minio/health/live\n    http-check expect status 200\n'
    for i in 1 2 3; do printf '    server minio-%s %s:9000 check-ssl ca-file /etc/pki/ca.crt check port 9000\n' "$i" "$(address_of "$i")"; done
  } >"$root/etc/haproxy/conf.d/minio.cfg"
}

make() {
  local root=$work/$1
  mkdir -p "$root"
  redis_files "$1" "$root"
  (($1 > 3)) || storage_files "$1" "$root"
  chmod -R u=rwX,g=rX,o=rX "$root"
  # Packages do not start what they bring.
  tar -C "$root" --owner=root --group=root -c . | on "$1" sh -ec '
    cat >/root/floor.tar
    printf "#!/bin/sh\nexit 101\n" >/usr/sbin/policy-rc.d
    chmod 0755 /usr/sbin/policy-rc.d
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update
    apt-get -qq -y --no-install-recommends install $1 >/dev/null
    rm /usr/sbin/policy-rc.d
    systemctl -q disable redis-server 2>/dev/null || true
    tar -x --no-overwrite-dir -C / -f /root/floor.tar
    rm /root/floor.tar
    for port in $2; do install -d -o redis -g redis -m 0750 "/data/redis/$port"; done
    chown redis:redis /etc/redis/floor-*.conf
    systemctl daemon-reload
    if [ "$3" -le 3 ]; then
      getent passwd minio >/dev/null || useradd --system --home-dir /home/minio --shell /usr/sbin/nologin minio
      printf "10.10.10.10 minio-1.pigsty\n10.10.10.11 minio-2.pigsty\n10.10.10.12 minio-3.pigsty\n" >>/etc/hosts
      chown -R minio: /home/minio /data1 /data2
      chmod 0600 /home/minio/.minio/certs/private.key /etc/default/minio /var/lib/pigsty/secrets/minio-minio/*
      install -d -o etcd -g etcd -m 0700 /data/etcd
      chown -R etcd: /etc/etcd
      chmod 0600 /etc/etcd/*.key
      systemctl -q enable etcd minio haproxy
      systemctl start --no-block etcd minio haproxy
    fi
    units=
    for port in $2; do units="$units floor-$port"; done
    systemctl -q enable $units
    systemctl start $units' - "${packages[$1]}" "${instances[$1]}" "$1"
}
on_each make 1 2 3 4

# --- what takes them all ----------------------------------------------------------------------------------------------

make_the_cluster() {
  on 3 env REDISCLI_AUTH="${passwords[3]}" redis-cli --cluster create 10.10.10.12:6379 10.10.10.12:6380 10.10.10.12:6381 \
    10.10.10.13:6379 10.10.10.13:6380 10.10.10.13:6381 --cluster-replicas 1 --cluster-yes >/dev/null
  on 3 sh -c 'until REDISCLI_AUTH=$1 redis-cli -h 10.10.10.12 CLUSTER INFO | grep -q cluster_state:ok; do sleep 0.1; done' - "${passwords[3]}"
}

set_up_etcd() {
  on 1 sh -ec '
    export ETCDCTL_API=3 ETCDCTL_ENDPOINTS=https://10.10.10.10:2379 ETCDCTL_CACERT=/etc/etcd/ca.crt ETCDCTL_CERT=/etc/etcd/server.crt ETCDCTL_KEY=/etc/etcd/server.key
    until etcdctl endpoint health 2>/dev/null; do sleep 0.1; done
    etcdctl user add "root:$1"
    etcdctl role add root
    etcdctl user grant-role root root
    etcdctl auth enable' - "$etcd_root" >/dev/null
}

set_up_minio() {
  on 1 sh -ec '
    export SSL_CERT_FILE=/etc/pki/ca.crt HOME=/root
    mc() { minio-client --config-dir /root/.mc "$@"; }
    printf "{\"url\":\"https://127.0.0.1:9000\",\"accessKey\":\"minioadmin\",\"secretKey\":\"%s\",\"api\":\"S3v4\",\"path\":\"auto\"}" "$1" | mc alias import local
    until mc ready local 2>/dev/null; do sleep 0.1; done
    mc mb local/pgsql
    printf "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"s3:*\"],\"Resource\":[\"arn:aws:s3:::pgsql\",\"arn:aws:s3:::pgsql/*\"]}]}" | mc admin policy create local pgsql /dev/stdin
    printf "%s\n%s\n" pgbackrest "$2" | mc admin user add local
    mc admin policy attach local pgsql --user pgbackrest' - "$minio_root" "$minio_user" >/dev/null
}

make_the_cluster &
first=$!
set_up_etcd &
second=$!
set_up_minio
wait "$first"
wait "$second"
