import {
  to = pigsty_pg_cluster.test
  identity = {
    name    = "pg-test"
    address = "10.10.10.11"
  }
}
