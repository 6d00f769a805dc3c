# A cluster with users that come in through pgbouncer (suite 48).
terraform {
  required_providers {
    pigsty = { source = "pigsty/pigsty" }
  }
}

provider "pigsty" {}

variable "sizing" {
  type = object({ cpu = number, memory_mb = number, disk_gb = number })
}

variable "guest_until" {
  type    = string
  default = "infinity"
}

resource "pigsty_node" "one" {
  address = "10.10.10.11"
  name    = "pg-test-1"
}

resource "pigsty_ca" "this" {
  nodes               = { 1 = { address = pigsty_node.one.address } }
  deletion_protection = false
}

resource "pigsty_etcd_cluster" "this" {
  name                = "etcd"
  members             = { 1 = { address = pigsty_node.one.address } }
  ca                  = pigsty_ca.this.ref
  deletion_protection = false
}

resource "pigsty_pg_cluster" "test" {
  name                = "pg-test"
  instances           = { 1 = { address = pigsty_node.one.address, role = "primary" } }
  ca                  = pigsty_ca.this.ref
  dcs                 = pigsty_etcd_cluster.this.access
  sizing              = var.sizing
  deletion_protection = false
}

resource "pigsty_pg_user" "guest" {
  cluster     = pigsty_pg_cluster.test.connection
  name        = "guest"
  roles       = ["dbrole_readonly"]
  password    = "guest-password"
  valid_until = var.guest_until
  pgbouncer   = true
}

# Without a password of ours.
resource "pigsty_pg_user" "bare" {
  cluster   = pigsty_pg_cluster.test.connection
  name      = "bare"
  pgbouncer = true
}

resource "pigsty_pg_user" "many" {
  count     = 40
  cluster   = pigsty_pg_cluster.test.connection
  name      = "many-${count.index}"
  roles     = ["dbrole_readonly"]
  password  = "many-${count.index}-password"
  pgbouncer = true
}

resource "pigsty_pg_database" "app" {
  cluster             = pigsty_pg_cluster.test.connection
  name                = "app"
  deletion_protection = false
}
