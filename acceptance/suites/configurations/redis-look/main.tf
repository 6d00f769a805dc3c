# Somebody else's configuration: it knows the clusters' names and some of their machines.
terraform {
  required_providers {
    pigsty = { source = "pigsty/pigsty" }
  }
}

provider "pigsty" {}

data "pigsty_redis_cluster" "app" {
  name  = "redis-app"
  nodes = [{ address = "10.10.10.11" }, { address = "10.10.10.10" }]
}

data "pigsty_redis_cluster" "watch" {
  name  = "redis-watch"
  nodes = [{ address = "10.10.10.11" }]
}

data "pigsty_redis_cluster" "shards" {
  name  = "redis-shards"
  nodes = [{ address = "10.10.10.10" }]
}

output "look" {
  value = {
    app    = data.pigsty_redis_cluster.app
    watch  = data.pigsty_redis_cluster.watch
    shards = data.pigsty_redis_cluster.shards
  }
}
