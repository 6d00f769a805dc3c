# One machine with a PostgreSQL as applications want it: six databases, seven users, a service and an HBA rule of their own, a
# virtual address, a backup each night, PostGIS and TimescaleDB, and a database that begins with a baseline of SQL.
terraform {
  required_providers {
    pigsty = { source = "pigsty/pigsty" }
  }
}

# PIGSTY_SSH_USER, PIGSTY_SSH_PRIVATE_KEY_FILE and PIGSTY_SSH_KNOWN_HOSTS_FILE say how the machines are reached.
provider "pigsty" {}

resource "pigsty_node" "meta" {
  address = "10.10.10.10"
  name    = "pg-meta-1"
}

resource "pigsty_ca" "this" {
  nodes               = { 1 = { address = pigsty_node.meta.address } }
  deletion_protection = var.deletion_protection
}

resource "pigsty_etcd_cluster" "this" {
  name                = "etcd"
  members             = { 1 = { address = pigsty_node.meta.address } }
  ca                  = pigsty_ca.this.ref
  deletion_protection = var.deletion_protection
}

resource "pigsty_pg_cluster" "meta" {
  name               = "pg-meta"
  instances          = { 1 = { address = pigsty_node.meta.address, role = "primary", offline_query = true } }
  dcs                = pigsty_etcd_cluster.this.access
  ca                 = pigsty_ca.this.ref
  sizing             = var.sizing
  networks           = { infra = ["10.10.10.10/32"] } # what `infra` means in HBA rules
  extension_packages = ["postgis", "timescaledb"]
  libs               = ["timescaledb", "pg_stat_statements", "auto_explain"] # timescaledb must be preloaded

  services = {
    standby = { # 5435 → pgbouncer of the synchronous standby
      port     = 5435
      ip       = "*"
      selector = "[]"
      dest     = "default"
      check    = "/sync"
      backup   = "[? pg_role == `primary`]"
      maxconn  = 3000
      balance  = "roundrobin"
      options  = "inter 3s fastinter 1s downinter 5s rise 3 fall 3 on-marked-down shutdown-sessions slowstart 30s maxconn 3000 maxqueue 128 weight 100"
    }
  }
  hba_rules = [
    { user = "dbuser_view", db = "all", addr = "infra", auth = "pwd", title = "allow grafana dashboard access cmdb from infra nodes" },
  ]
  vip = { address = "10.10.10.2/24", interface = var.interface }

  # A full backup at 1 am every day, to the machine's own disk.
  backup              = { full_schedule = "00 01 * * *" }
  deletion_protection = var.deletion_protection
}

locals {
  business = { # name → [what its admin is for, what its database is]
    grafana  = ["grafana database", "grafana primary database"]
    bytebase = ["bytebase database", "bytebase primary database"]
    kong     = ["kong api gateway", "kong the api gateway database"]
    gitea    = ["gitea service", "gitea meta database"]
    wiki     = ["wiki.js service", "wiki meta database"]
  }
}

resource "pigsty_pg_user" "meta" {
  cluster          = pigsty_pg_cluster.meta.connection
  name             = "dbuser_meta"
  password         = var.passwords.meta # plain or a SCRAM-SHA-256 verifier
  login            = true
  superuser        = false
  createdb         = false
  createrole       = false
  inherit          = true
  replication      = false
  bypassrls        = false
  pgbouncer        = true
  connection_limit = -1
  expire_in        = 3650 # days; resolved once, kept as valid_until
  comment          = "pigsty admin user"
  roles            = ["dbrole_admin"]
  parameters       = {}
  pool_mode        = "transaction"
  pool_connlimit   = -1
}

resource "pigsty_pg_user" "view" {
  cluster   = pigsty_pg_cluster.meta.connection
  name      = "dbuser_view"
  password  = var.passwords.view
  pgbouncer = true
  roles     = ["dbrole_readonly"]
  comment   = "read-only viewer for meta database"
}

resource "pigsty_pg_user" "business" {
  for_each  = local.business
  cluster   = pigsty_pg_cluster.meta.connection
  name      = "dbuser_${each.key}"
  password  = "DBUser.${title(each.key)}"
  pgbouncer = true
  roles     = ["dbrole_admin"]
  comment   = "admin user for ${each.value[0]}"
}

resource "pigsty_pg_database" "meta" {
  cluster             = pigsty_pg_cluster.meta.connection
  name                = "meta"
  baseline            = file("${path.module}/cmdb.sql") # runs once, while the database is being created
  pgbouncer           = true
  schemas             = ["pigsty"]
  extensions          = [{ name = "postgis", schema = "public" }, { name = "timescaledb" }]
  comment             = "pigsty meta database"
  owner               = "postgres"
  template            = "template1"
  encoding            = "UTF8"
  locale              = "C"
  lc_collate          = "C"
  lc_ctype            = "C"
  tablespace          = "pg_default"
  allow_connections   = true
  revoke_public       = false
  connection_limit    = -1
  pool_auth_user      = pigsty_pg_user.meta.name
  pool_mode           = "transaction"
  pool_size           = 64
  pool_reserve        = 32
  pool_size_min       = 0
  pool_connlimit      = 100
  deletion_protection = var.deletion_protection
}

resource "pigsty_pg_database" "business" {
  for_each            = local.business
  cluster             = pigsty_pg_cluster.meta.connection
  name                = each.key
  owner               = pigsty_pg_user.business[each.key].name
  revoke_public       = true
  comment             = each.value[1]
  deletion_protection = var.deletion_protection
}

output "endpoints" {
  value = pigsty_pg_cluster.meta.endpoints
}
