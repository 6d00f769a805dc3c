# examples/scenarios/06-redis-etcd-minio: its nodes, and what they serve. Sourced after suite.sh, cluster.sh and drives.sh.
# shellcheck shell=bash disable=SC2034

. "$suite_dir/lib/redis-client.sh"

nodes=(os-1 os-2 os-3 os-4 os-5)

# fresh_others: bare nodes, with drives where MinIO is to be.
fresh_others() {
  local node
  start_lab bare os-1=10.10.10.10 os-2=10.10.10.11 os-3=10.10.10.12 os-4=10.10.10.13 os-5=10.10.10.14
  for node in os-1 os-2 os-3; do
    give_drives "$node" /data1 /data2 || failure "$node has no drives"
  done
}

# client NODE PASSWORD ARGUMENTS…: follows a native cluster's redirections.
client() { redis_client "$1" "$2" -c "${@:3}"; }

# through NODE KEY: writes and reads an object through the service on that node, as user pgbackrest, who trusts the CA. The
# members' certificates hold the loopback's address.
through() {
  on "$1" sh -c "umask 077; secret=\$(sed 1d /var/lib/pigsty/secrets/minio-minio/user.pgbackrest)
    export SSL_CERT_FILE=/etc/pki/ca.crt
    c() { timeout 30 minio-client --config-dir /run/through \"\$@\"; }
    printf '{\"url\":\"https://127.0.0.1:9002\",\"accessKey\":\"pgbackrest\",\"secretKey\":\"%s\",\"api\":\"S3v4\",\"path\":\"on\"}' \"\$secret\" | c alias import a >/dev/null &&
    echo $2 | c pipe a/pgsql/$2 && [ \"\$(c cat a/pgsql/$2)\" = $2 ]; s=\$?; rm -rf /run/through; exit \$s"
}

others_serve() {
  expect_equal "$(client os-1 redis.ms -h 10.10.10.10 -p 6379 SET greeting hello)" OK
  expect_equal "$(client os-1 redis.ms -h 10.10.10.10 -p 6380 INFO replication | tr -d '\r' | grep master_link_status)" "master_link_status:up"
  expect_equal "$(client os-2 redis.meta -h 10.10.10.11 -p 26379 SENTINEL GET-MASTER-ADDR-BY-NAME redis-ms | paste -sd' ')" "10.10.10.10 6379"
  expect_equal "$(client os-3 redis.test -h 10.10.10.12 -p 6379 SET greeting hello)" OK
  expect_equal "$(client os-4 redis.test -h 10.10.10.13 -p 6380 GET greeting)" hello
  expect_equal "$(client os-3 redis.test -h 10.10.10.12 -p 6379 CLUSTER INFO | tr -d '\r' | grep cluster_slots_ok)" "cluster_slots_ok:16384"
  local node
  for node in os-1 os-2 os-3; do
    expect through "$node" "from-$node"
  done
}
