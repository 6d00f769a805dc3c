import {
  to = pigsty_redis_cluster.ms
  identity = {
    name    = "redis-ms"
    address = "10.10.10.10"
  }
}
