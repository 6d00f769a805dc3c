# Redis in its three modes, MinIO and a service of HAProxy on three nodes, for creates and updates that do not come to their end.
terraform {
  required_providers {
    pigsty = { source = "pigsty/pigsty" }
  }
}

provider "pigsty" {
  ssh = { connect_timeout = "20s" }
}

locals {
  nodes = { for i in [1, 2, 3] : i => { address = "10.10.10.1${i}" } }
}

resource "pigsty_ca" "this" {
  nodes               = { 1 = { address = "10.10.10.12" } }
  deletion_protection = false
}

resource "pigsty_redis_cluster" "ms" {
  name       = "redis-ms"
  mode       = "standalone"
  password   = "first-word"
  max_memory = "32MB"
  restart    = "rolling"
  ca         = pigsty_ca.this.ref
  nodes = {
    1 = { address = "10.10.10.11", instances = { 6379 = {} } }
    2 = { address = "10.10.10.12", instances = { 6379 = { replica_of = "10.10.10.11 6379" } } }
  }
  deletion_protection = false
}

resource "pigsty_redis_cluster" "meta" {
  name                = "redis-meta"
  mode                = "sentinel"
  password            = "meta-word"
  max_memory          = "16MB"
  ca                  = pigsty_ca.this.ref
  nodes               = { 1 = { address = "10.10.10.13", instances = { 26379 = {} } } }
  sentinel_monitor    = [{ name = "redis-ms", host = "10.10.10.11", password = "first-word", quorum = 1, down_after = 20000 }]
  deletion_protection = false
}

resource "pigsty_redis_cluster" "shards" {
  name                = "redis-shards"
  mode                = "cluster"
  password            = "shards-word"
  max_memory          = "16MB"
  replicas            = 0
  restart             = "rolling"
  ca                  = pigsty_ca.this.ref
  nodes               = { for i, node in local.nodes : i => { address = node.address, instances = { 7001 = {} } } }
  deletion_protection = false
}

resource "pigsty_minio_cluster" "minio" {
  name                = "minio"
  members             = local.nodes
  data                = "/data{1...2}"
  ca                  = pigsty_ca.this.ref
  deletion_protection = false
}

resource "pigsty_haproxy_service" "web" {
  name    = "web"
  port    = 9002
  nodes   = { for i in [1, 2] : i => local.nodes[i] }
  ca      = pigsty_ca.this.ref
  servers = [{ name = "minio-1", ip = "10.10.10.11", port = 9000 }]
}
