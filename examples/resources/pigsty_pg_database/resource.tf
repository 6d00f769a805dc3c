resource "pigsty_pg_database" "app" {
  cluster       = pigsty_pg_cluster.test.connection
  name          = "app"
  owner         = pigsty_pg_user.app.name
  schemas       = ["app", "audit"]
  schema_owners = { audit = "dbrole_admin" }
  extensions    = [{ name = "pg_trgm" }, { name = "btree_gist", schema = "app" }]
  baseline      = file("${path.module}/schema.sql") # runs while the database is being created
  revoke_public = true
  pool_mode     = "transaction"
  pool_size     = 32
}
