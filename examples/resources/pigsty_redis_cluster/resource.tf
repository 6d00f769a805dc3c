# A primary with a replica on another node.
resource "pigsty_redis_cluster" "ms" {
  name                = "redis-ms"
  mode                = "standalone"
  password_wo         = var.redis_password
  password_wo_version = 1
  max_memory          = "64MB"
  nodes = {
    1 = { address = "10.10.10.10", instances = { 6379 = {} } }
    2 = { address = "10.10.10.11", instances = { 6379 = { replica_of = "10.10.10.10 6379" } } }
  }
}

# Three sentinels that watch it.
resource "pigsty_redis_cluster" "meta" {
  name       = "redis-meta"
  mode       = "sentinel"
  password   = var.sentinel_password
  max_memory = "16MB"
  nodes      = { 1 = { address = "10.10.10.12", instances = { 26379 = {}, 26380 = {}, 26381 = {} } } }
  sentinel_monitor = [
    { name = "redis-ms", host = "10.10.10.10", quorum = 2 },
  ]
  depends_on = [pigsty_redis_cluster.ms]
}

# A native cluster: three masters, each with a replica on another node.
resource "pigsty_redis_cluster" "test" {
  name       = "redis-test"
  mode       = "cluster"
  password   = var.redis_password
  max_memory = "32MB"
  parameters = { "cluster-node-timeout" = "5000" }
  nodes = {
    1 = { address = "10.10.10.11", instances = { 6379 = {}, 6380 = {} } }
    2 = { address = "10.10.10.12", instances = { 6379 = {}, 6380 = {} } }
    3 = { address = "10.10.10.13", instances = { 6379 = {}, 6380 = {} } }
  }
}
