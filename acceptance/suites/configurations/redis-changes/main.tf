# Redis of every mode on two nodes, for what changes and for what is changed by hand.
terraform {
  required_providers {
    pigsty = { source = "pigsty/pigsty" }
  }
}

provider "pigsty" {}

variable "app_password" {
  type      = string
  sensitive = true
  ephemeral = true
}

variable "app_password_version" {
  type    = number
  default = 1
}

variable "odd_password" {
  type      = string
  sensitive = true
}

resource "pigsty_redis_cluster" "app" {
  name                = "redis-app"
  mode                = "standalone"
  password_wo         = var.app_password
  password_wo_version = var.app_password_version
  max_memory          = "64MB"
  nodes = {
    1 = { address = "10.10.10.10", instances = { 6379 = {} } }
    2 = { address = "10.10.10.11", instances = { 6379 = { replica_of = "10.10.10.10 6379" } } }
  }
  deletion_protection = false
}

resource "pigsty_redis_cluster" "watch" {
  name       = "redis-watch"
  mode       = "sentinel"
  password   = "watch-word"
  max_memory = "16MB"
  nodes      = { 2 = { address = "10.10.10.11", instances = { 26379 = {}, 26380 = {}, 26381 = {} } } }
  sentinel_monitor = [
    { name = "redis-app", host = "10.10.10.10", quorum = 2, down_after = 3000 },
  ]
  deletion_protection = false
  depends_on          = [pigsty_redis_cluster.app]
}

resource "pigsty_redis_cluster" "shards" {
  name       = "redis-shards"
  mode       = "cluster"
  password   = "shards-word"
  max_memory = "16MB"
  replicas   = 0
  nodes = {
    1 = { address = "10.10.10.10", instances = { 7001 = {} } }
    2 = { address = "10.10.10.11", instances = { 7001 = {}, 7002 = {} } }
  }
  deletion_protection = false
}

# Whatever a password may hold.
resource "pigsty_redis_cluster" "odd" {
  name                = "redis-odd"
  mode                = "standalone"
  password            = var.odd_password
  max_memory          = "16MB"
  nodes               = { 1 = { address = "10.10.10.10", instances = { 6500 = {}, 6501 = { replica_of = "6500" } } } }
  deletion_protection = false
}
