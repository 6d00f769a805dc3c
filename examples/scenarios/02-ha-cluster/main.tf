# Three machines become pg-test: etcd on all three, streaming replication, automatic failover, one application on it.
# Cloud machines slot in where the addresses stand:
#   address = aws_instance.pg[0].private_ip     and, if SSH goes another way,   ssh = { host = aws_instance.pg[0].public_ip }
terraform {
  required_providers {
    pigsty = { source = "pigsty/pigsty" }
  }
}

# PIGSTY_SSH_USER, PIGSTY_SSH_PRIVATE_KEY_FILE and PIGSTY_SSH_KNOWN_HOSTS_FILE say how the machines are reached.
provider "pigsty" {}

resource "pigsty_node" "test" {
  for_each = var.addresses
  address  = each.value
  name     = "pg-test-${each.key}"
}

resource "pigsty_ca" "this" {
  nodes = {
    1 = { address = pigsty_node.test[1].address }
    2 = { address = pigsty_node.test[2].address }
  }
  deletion_protection = var.deletion_protection
}

resource "pigsty_etcd_cluster" "this" {
  name                = "etcd"
  members             = { for number, node in pigsty_node.test : number => { address = node.address } }
  ca                  = pigsty_ca.this.ref
  deletion_protection = var.deletion_protection
}

resource "pigsty_pg_cluster" "test" {
  name = "pg-test"
  instances = {
    1 = { address = pigsty_node.test[1].address, role = "primary" }
    2 = { address = pigsty_node.test[2].address, role = "replica" }
    3 = { address = pigsty_node.test[3].address, role = "offline" }
  }
  dcs                 = pigsty_etcd_cluster.this.access
  ca                  = pigsty_ca.this.ref
  sizing              = var.sizing
  deletion_protection = var.deletion_protection
}

resource "pigsty_pg_user" "app" {
  cluster             = pigsty_pg_cluster.test.connection
  name                = "app"
  password_wo         = var.app_password # never in state
  password_wo_version = 1
  roles               = ["dbrole_readwrite"]
  pgbouncer           = true
}

resource "pigsty_pg_database" "app" {
  cluster             = pigsty_pg_cluster.test.connection
  name                = "app"
  owner               = pigsty_pg_user.app.name
  extensions          = [{ name = "pg_trgm" }]
  deletion_protection = var.deletion_protection
}

output "endpoints" {
  value = pigsty_pg_cluster.test.endpoints
}
