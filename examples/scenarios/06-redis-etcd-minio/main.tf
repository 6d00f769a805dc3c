# Redis with a replica, sentinels that watch it and a native cluster; etcd of three members; MinIO of three members behind
# HAProxy. Five machines; those of MinIO have two drives of their own, mounted at /data1 and /data2.
terraform {
  required_providers {
    pigsty = { source = "pigsty/pigsty" }
  }
}

# PIGSTY_SSH_USER, PIGSTY_SSH_PRIVATE_KEY_FILE and PIGSTY_SSH_KNOWN_HOSTS_FILE say how the machines are reached.
provider "pigsty" {}

resource "pigsty_ca" "this" {
  nodes               = { 1 = { address = "10.10.10.10" }, 2 = { address = "10.10.10.11" } }
  deletion_protection = var.deletion_protection
}

resource "pigsty_redis_cluster" "ms" {
  name       = "redis-ms"
  mode       = "standalone"
  password   = var.redis_passwords.ms
  max_memory = "64MB"
  nodes      = { 1 = { address = "10.10.10.10", instances = { 6379 = {}, 6380 = { replica_of = "10.10.10.10 6379" } } } }

  deletion_protection = var.deletion_protection
}

resource "pigsty_redis_cluster" "meta" {
  name       = "redis-meta"
  mode       = "sentinel"
  password   = var.redis_passwords.meta
  max_memory = "16MB"
  nodes      = { 1 = { address = "10.10.10.11", instances = { 26379 = {}, 26380 = {}, 26381 = {} } } }
  sentinel_monitor = [
    { name = "redis-ms", host = "10.10.10.10", port = 6379, password = var.redis_passwords.ms, quorum = 2 },
  ]
  deletion_protection = var.deletion_protection
  depends_on          = [pigsty_redis_cluster.ms]
}

resource "pigsty_redis_cluster" "test" { # 3 masters, 3 replicas
  name       = "redis-test"
  mode       = "cluster"
  password   = var.redis_passwords.test
  max_memory = "32MB"
  nodes = {
    1 = { address = "10.10.10.12", instances = { 6379 = {}, 6380 = {}, 6381 = {} } }
    2 = { address = "10.10.10.13", instances = { 6379 = {}, 6380 = {}, 6381 = {} } }
  }
  deletion_protection = var.deletion_protection
}

resource "pigsty_etcd_cluster" "etcd" {
  name                = "etcd"
  members             = { 1 = { address = "10.10.10.10" }, 2 = { address = "10.10.10.11" }, 3 = { address = "10.10.10.12" } }
  ca                  = pigsty_ca.this.ref
  deletion_protection = false
}

resource "pigsty_minio_cluster" "minio" {
  name                = "minio"
  members             = { 1 = { address = "10.10.10.10" }, 2 = { address = "10.10.10.11" }, 3 = { address = "10.10.10.12" } }
  data                = "/data{1...2}"
  node_pattern        = "$${minio_cluster}-$${minio_seq}.pigsty"
  ca                  = pigsty_ca.this.ref
  deletion_protection = var.deletion_protection
}

resource "pigsty_haproxy_service" "minio" {
  name  = "minio"
  port  = 9002
  nodes = pigsty_minio_cluster.minio.members
  ca    = pigsty_ca.this.ref # puts the CA where the servers' options expect it
  options = [
    "option httpchk",
    "option http-keep-alive",
    "http-check send meth OPTIONS uri /minio/health/live",
    "http-check expect status 200",
  ]
  servers = [for i in [1, 2, 3] : {
    name = "minio-${i}", ip = "10.10.10.${9 + i}", port = 9000, options = "check-ssl ca-file /etc/pki/ca.crt check port 9000"
  }]
}

data "pigsty_etcd_cluster" "etcd" {
  name  = "etcd"
  nodes = [for member in pigsty_etcd_cluster.etcd.access.members : { address = member.address }]
}

output "etcd" {
  value = {
    healthy = data.pigsty_etcd_cluster.etcd.healthy
    members = length(data.pigsty_etcd_cluster.etcd.members)
    alarms  = data.pigsty_etcd_cluster.etcd.alarms
  }
}
