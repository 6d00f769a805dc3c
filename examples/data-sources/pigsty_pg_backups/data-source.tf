data "pigsty_pg_backups" "test" {
  name  = "pg-test"
  nodes = [{ address = "10.10.10.11" }, { address = "10.10.10.12" }]
}

check "backups_are_young" {
  assert {
    condition     = data.pigsty_pg_backups.test.ok && try(data.pigsty_pg_backups.test.age_seconds < 26 * 3600, false)
    error_message = "pg-test: ${data.pigsty_pg_backups.test.status}, newest backup ${coalesce(data.pigsty_pg_backups.test.newest, "none")}"
  }
}
