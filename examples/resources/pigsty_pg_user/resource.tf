# A login for an application. Its password is in no state and no plan file: another one counts once the version changes.
resource "pigsty_pg_user" "app" {
  cluster             = pigsty_pg_cluster.test.connection
  name                = "app"
  password_wo         = var.app_password
  password_wo_version = 1
  roles               = ["dbrole_readwrite"]
  parameters          = { statement_timeout = "30s" }
  pgbouncer           = true
}

# A person, until the end of the year, with a verifier instead of a password.
resource "pigsty_pg_user" "alice" {
  cluster      = pigsty_pg_cluster.test.connection
  name         = "alice"
  password     = provider::pigsty::scram_sha_256(var.alice_password, "c2FsdHNhbHRzYWx0c2FsdA==", 4096)
  valid_until  = "2030-12-31"
  roles        = ["dbrole_readonly"]
  role_options = { dbrole_readonly = { inherit = true } }
  comment      = "reads reports"
}
