import {
  to = pigsty_pg_database.app
  identity = {
    cluster = "pg-test"
    name    = "app"
    address = "10.10.10.11"
  }
}
