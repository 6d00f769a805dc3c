# An application's own configuration: it knows the cluster's name and two of its machines, and nobody else's state.
data "pigsty_pg_cluster" "test" {
  name  = "pg-test"
  nodes = [{ address = "10.10.10.11" }, { address = "10.10.10.12" }]
}

resource "pigsty_pg_database" "shop" {
  cluster = data.pigsty_pg_cluster.test.connection
  name    = "shop"
}

check "pg_test_is_well" {
  assert {
    condition     = data.pigsty_pg_cluster.test.leader != null && !data.pigsty_pg_cluster.test.paused
    error_message = "pg-test has no leader, or is in maintenance."
  }
  assert {
    condition     = alltrue([for member in data.pigsty_pg_cluster.test.members : coalesce(member.lag_bytes, 0) < 16777216])
    error_message = "A standby of pg-test is more than 16 MB behind."
  }
}
