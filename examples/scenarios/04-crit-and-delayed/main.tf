# Three machines that lose no committed transaction whichever of them dies, with TLS wherever a client or a member comes in and
# strong passwords; on a fourth one their backups and a copy that is an hour late, for what somebody deletes by mistake.
terraform {
  required_providers {
    pigsty = { source = "pigsty/pigsty" }
  }
}

# PIGSTY_SSH_USER, PIGSTY_SSH_PRIVATE_KEY_FILE and PIGSTY_SSH_KNOWN_HOSTS_FILE say how the machines are reached.
provider "pigsty" {}

resource "pigsty_ca" "this" {
  nodes               = { 1 = { address = "10.10.10.10" }, 2 = { address = "10.10.10.11" } }
  deletion_protection = var.deletion_protection
}

resource "pigsty_etcd_cluster" "this" {
  name                = "etcd"
  members             = { 1 = { address = "10.10.10.10" }, 2 = { address = "10.10.10.11" }, 3 = { address = "10.10.10.12" } }
  ca                  = pigsty_ca.this.ref
  deletion_protection = var.deletion_protection
}

resource "pigsty_minio_cluster" "this" {
  name                = "minio"
  members             = { 1 = { address = "10.10.10.13" } }
  ca                  = pigsty_ca.this.ref
  deletion_protection = var.deletion_protection
}

locals {
  extension_packages = ["postgis", "timescaledb"]
  libs               = ["timescaledb", "$libdir/passwordcheck", "pg_stat_statements", "auto_explain"]
}

resource "pigsty_pg_cluster" "meta" {
  name = "pg-meta"
  instances = {
    1 = { address = "10.10.10.10", role = "primary" }
    2 = { address = "10.10.10.11", role = "replica" }
    3 = { address = "10.10.10.12", role = "replica", offline_query = true }
  }
  dcs                  = pigsty_etcd_cluster.this.access
  ca                   = pigsty_ca.this.ref
  template             = "crit"
  sizing               = var.sizing
  networks             = { infra = ["10.10.10.10/32"] } # what `infra` means in HBA rules
  default_service_dest = "postgres"
  extension_packages   = local.extension_packages
  services = {
    standby = { # 5435 → the synchronous standby
      port = 5435, ip = "*", dest = "default", check = "/sync", selector = "[]", backup = "[? pg_role == `primary`]"
    }
  }
  vip     = { address = "10.10.10.2/24", interface = var.interface }
  listen  = ["$${ip}", "$${vip}", "$${lo}"]
  libs    = local.libs
  patroni = { ssl = true }
  backup  = { repository = pigsty_minio_cluster.this.access, bucket = "pgsql" } # a bucket every MinIO cluster has by default
  pgbouncer = {
    ssl_mode = "require"
    default_hba_rules = [
      { user = "$${dbsu}", db = "pgbouncer", addr = "local", auth = "peer", title = "dbsu local admin access with os ident" },
      { user = "all", db = "all", addr = "localhost", auth = "pwd", title = "allow all user local access with pwd" },
      { user = "$${monitor}", db = "pgbouncer", addr = "intra", auth = "ssl", title = "monitor access via intranet with pwd" },
      { user = "$${monitor}", db = "all", addr = "world", auth = "deny", title = "reject all other monitor access addr" },
      { user = "$${admin}", db = "all", addr = "intra", auth = "ssl", title = "admin access via intranet with pwd" },
      { user = "$${admin}", db = "all", addr = "world", auth = "deny", title = "reject all other admin access addr" },
      { user = "all", db = "all", addr = "intra", auth = "ssl", title = "allow all user intra access with pwd" },
    ]
  }

  default_roles = [
    { name = "dbrole_readonly", login = false, comment = "role for global read-only access" },
    { name = "dbrole_offline", login = false, comment = "role for restricted read-only access" },
    { name = "dbrole_readwrite", login = false, roles = ["dbrole_readonly"], comment = "role for global read-write access" },
    { name = "dbrole_admin", login = false, roles = ["pg_monitor", "dbrole_readwrite"], comment = "role for object creation" },
    { name = "postgres", superuser = true, expire_in = 7300, comment = "system superuser" },
    { name = "replicator", replication = true, expire_in = 7300, roles = ["pg_monitor", "dbrole_readonly"], comment = "system replicator" },
    { name = "dbuser_dba", superuser = true, expire_in = 7300, roles = ["dbrole_admin"], pgbouncer = true, pool_mode = "session", pool_connlimit = 16, comment = "pgsql admin user" },
    { name = "dbuser_monitor", roles = ["pg_monitor"], expire_in = 7300, pgbouncer = true, parameters = { log_min_duration_statement = "1000" }, pool_mode = "session", pool_connlimit = 8, comment = "pgsql monitor user" },
  ]
  default_hba_rules = [
    { user = "$${dbsu}", db = "all", addr = "local", auth = "ident", title = "dbsu access via local os user ident" },
    { user = "$${dbsu}", db = "replication", addr = "local", auth = "ident", title = "dbsu replication from local os ident" },
    { user = "$${repl}", db = "replication", addr = "localhost", auth = "ssl", title = "replicator replication from localhost" },
    { user = "$${repl}", db = "replication", addr = "intra", auth = "ssl", title = "replicator replication from intranet" },
    { user = "$${repl}", db = "postgres", addr = "intra", auth = "ssl", title = "replicator postgres db from intranet" },
    { user = "$${monitor}", db = "all", addr = "localhost", auth = "pwd", title = "monitor from localhost with password" },
    { user = "$${monitor}", db = "all", addr = "infra", auth = "ssl", title = "monitor from infra host with password" },
    { user = "$${admin}", db = "all", addr = "infra", auth = "ssl", title = "admin @ infra nodes with pwd & ssl" },
    { user = "$${admin}", db = "all", addr = "world", auth = "cert", title = "admin @ everywhere with ssl & cert" },
    { user = "+dbrole_readonly", db = "all", addr = "localhost", auth = "ssl", title = "pgbouncer read/write via local socket" },
    { user = "+dbrole_readonly", db = "all", addr = "intra", auth = "ssl", title = "read/write biz user via password" },
    { user = "+dbrole_offline", db = "all", addr = "intra", auth = "ssl", title = "allow etl offline tasks from intranet" },
  ]
  deletion_protection = var.deletion_protection
}

resource "pigsty_pg_user" "meta" {
  for_each = {
    dbuser_meta = { role = "dbrole_admin", comment = "pigsty admin user" }
    dbuser_view = { role = "dbrole_readonly", comment = "read-only viewer for meta database" }
  }
  cluster   = pigsty_pg_cluster.meta.connection
  name      = each.key
  password  = var.passwords[each.key]
  roles     = [each.value.role]
  pgbouncer = true
  comment   = each.value.comment
}

resource "pigsty_pg_database" "meta" {
  cluster             = pigsty_pg_cluster.meta.connection
  name                = "meta"
  baseline            = file("${path.module}/cmdb.sql") # runs once, while the database is being created
  schemas             = ["pigsty"]
  extensions          = [{ name = "postgis", schema = "public" }, { name = "timescaledb" }]
  comment             = "pigsty meta database"
  deletion_protection = var.deletion_protection
}

# What it replays and what is read from it is its upstream's: libraries, packages, and no limit below the upstream's.
resource "pigsty_pg_cluster" "meta_delay" {
  name                 = "pg-meta-delay"
  instances            = { 1 = { address = "10.10.10.13", role = "primary" } }
  dcs                  = pigsty_etcd_cluster.this.access
  ca                   = pigsty_ca.this.ref
  template             = "crit"
  sizing               = var.sizing
  default_service_dest = "postgres"
  extension_packages   = local.extension_packages
  libs                 = local.libs
  standby              = { upstream = pigsty_pg_cluster.meta.connection, delay = var.delay } # follows the upstream's leader, also after a failover
  deletion_protection  = var.deletion_protection
}

output "endpoints" {
  value = pigsty_pg_cluster.meta.endpoints
}
