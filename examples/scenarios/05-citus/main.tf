# Four groups of one sharded database on five machines: the coordinator, three workers, the last with a replica. Each group is
# a cluster of its own under Patroni; the coordinator's pg_dist_node follows whoever leads in each.
terraform {
  required_providers {
    pigsty = { source = "pigsty/pigsty" }
  }
}

# PIGSTY_SSH_USER, PIGSTY_SSH_PRIVATE_KEY_FILE and PIGSTY_SSH_KNOWN_HOSTS_FILE say how the machines are reached. Citus is in no
# repository of Debian: `repositories` of pigsty_node gives the machines one that has it.
provider "pigsty" {}

locals {
  groups = {
    0 = { 1 = { address = "10.10.10.10", role = "primary" } } # coordinator
    1 = { 1 = { address = "10.10.10.11", role = "primary" } }
    2 = { 1 = { address = "10.10.10.12", role = "primary" } }
    3 = { 1 = { address = "10.10.10.13", role = "primary" }, 2 = { address = "10.10.10.14", role = "replica" } }
  }
}

resource "pigsty_node" "citus" {
  for_each = var.names
  address  = each.key
  name     = each.value
}

resource "pigsty_ca" "this" {
  nodes = {
    1 = { address = pigsty_node.citus["10.10.10.10"].address }
    2 = { address = pigsty_node.citus["10.10.10.11"].address }
  }
  deletion_protection = var.deletion_protection
}

resource "pigsty_etcd_cluster" "this" {
  name = "etcd"
  members = {
    1 = { address = pigsty_node.citus["10.10.10.10"].address }
    2 = { address = pigsty_node.citus["10.10.10.12"].address }
    3 = { address = pigsty_node.citus["10.10.10.13"].address }
  }
  ca                  = pigsty_ca.this.ref
  deletion_protection = var.deletion_protection
}

resource "pigsty_pg_cluster" "citus" {
  for_each           = local.groups
  name               = "pg-citus${each.key}"
  mode               = "citus"
  citus              = { shard = "pg-citus", group = each.key, database = "meta" }
  instances          = each.value
  dcs                = pigsty_etcd_cluster.this.access
  ca                 = pigsty_ca.this.ref
  dbsu_password      = var.dbsu_password # the groups log in to each other with it
  extension_packages = var.extension_packages
  libs               = var.libs
  hba_rules = [
    { user = "all", db = "all", addr = "127.0.0.1/32", auth = "ssl", title = "all user ssl access from localhost" },
    { user = "all", db = "all", addr = "intra", auth = "ssl", title = "all user ssl access from intranet" },
  ]
  sizing              = var.sizing
  deletion_protection = var.deletion_protection
  depends_on          = [pigsty_node.citus]
}

resource "pigsty_pg_user" "meta" {
  for_each  = local.groups
  cluster   = pigsty_pg_cluster.citus[each.key].connection
  name      = "dbuser_meta"
  password  = var.app_password
  pgbouncer = true
  roles     = ["dbrole_admin"]
}

resource "pigsty_pg_database" "meta" { # Patroni has made it (citus.database); this takes it over
  for_each            = local.groups
  cluster             = pigsty_pg_cluster.citus[each.key].connection
  name                = "meta"
  extensions          = [for name in var.extensions : { name = name }]
  deletion_protection = var.deletion_protection
}

output "coordinator" {
  value = pigsty_pg_cluster.citus[0].endpoints
}
