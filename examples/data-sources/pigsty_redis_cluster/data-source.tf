data "pigsty_redis_cluster" "test" {
  name  = "redis-test"
  nodes = [{ address = "10.10.10.10" }, { address = "10.10.10.11" }]
}

check "redis_is_well" {
  assert {
    condition     = data.pigsty_redis_cluster.test.healthy
    error_message = "redis-test: ${join(", ", [for name, it in data.pigsty_redis_cluster.test.instances : name if !it.healthy])} not healthy, state ${coalesce(data.pigsty_redis_cluster.test.state, "none")}."
  }
}
