# Redis in its three modes on four nodes, with failovers that a test can wait for.
terraform {
  required_providers {
    pigsty = { source = "pigsty/pigsty" }
  }
}

provider "pigsty" {}

variable "deletion_protection" {
  type    = bool
  default = false
}

variable "ms_password" {
  type      = string
  sensitive = true
}

variable "test_password" {
  type      = string
  sensitive = true
  ephemeral = true
}

variable "test_password_version" {
  type    = number
  default = 1
}

resource "pigsty_redis_cluster" "ms" {
  name       = "redis-ms"
  mode       = "standalone"
  password   = var.ms_password
  max_memory = "64MB"
  nodes = {
    1 = { address = "10.10.10.10", instances = { 6379 = {}, 6380 = { replica_of = "6379" } } }
    2 = { address = "10.10.10.11", instances = { 6379 = { replica_of = "10.10.10.10 6379" } } }
  }
  deletion_protection = var.deletion_protection
}

resource "pigsty_redis_cluster" "meta" {
  name       = "redis-meta"
  mode       = "sentinel"
  password   = "redis.meta"
  max_memory = "16MB"
  nodes      = { 1 = { address = "10.10.10.11", instances = { 26379 = {}, 26380 = {}, 26381 = {} } } }
  sentinel_monitor = [
    { name = "redis-ms", host = "10.10.10.10", port = 6379, password = var.ms_password, quorum = 2, down_after = 3000, failover_timeout = 20000 },
  ]
  deletion_protection = var.deletion_protection
  depends_on          = [pigsty_redis_cluster.ms]
}

resource "pigsty_redis_cluster" "test" {
  name                = "redis-test"
  mode                = "cluster"
  password_wo         = var.test_password
  password_wo_version = var.test_password_version
  max_memory          = "32MB"
  parameters          = { "cluster-node-timeout" = "3000" }
  nodes = {
    1 = { address = "10.10.10.12", instances = { 6379 = {}, 6380 = {}, 6381 = {} } }
    2 = { address = "10.10.10.13", instances = { 6379 = {}, 6380 = {}, 6381 = {} } }
  }
  deletion_protection = var.deletion_protection
}
