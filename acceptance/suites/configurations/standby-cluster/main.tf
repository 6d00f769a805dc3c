# A cluster of three, and one that follows it. Authority and etcd are on a machine of their own, which stays when a member goes.
terraform {
  required_providers {
    pigsty = { source = "pigsty/pigsty" }
  }
}

provider "pigsty" {}

variable "sizing" {
  type    = object({ cpu = number, memory_mb = number, disk_gb = number })
  default = null
}

variable "deletion_protection" {
  type    = bool
  default = true
}

resource "pigsty_ca" "this" {
  nodes               = { 1 = { address = "10.10.10.10" } }
  deletion_protection = var.deletion_protection
}

resource "pigsty_etcd_cluster" "this" {
  name                = "etcd"
  members             = { 1 = { address = "10.10.10.10" } }
  ca                  = pigsty_ca.this.ref
  deletion_protection = var.deletion_protection
}

resource "pigsty_pg_cluster" "test" {
  name = "pg-test"
  instances = {
    1 = { address = "10.10.10.11", role = "primary" }
    2 = { address = "10.10.10.12" }
    3 = { address = "10.10.10.13" }
  }
  rto                 = "fast"
  ca                  = pigsty_ca.this.ref
  dcs                 = pigsty_etcd_cluster.this.access
  sizing              = var.sizing
  deletion_protection = var.deletion_protection
}

resource "pigsty_pg_cluster" "copy" {
  name = "pg-copy"
  instances = {
    1 = { address = "10.10.10.14", role = "primary" }
    2 = { address = "10.10.10.15" }
  }
  standby             = { upstream = pigsty_pg_cluster.test.connection }
  rto                 = "fast"
  ca                  = pigsty_ca.this.ref
  dcs                 = pigsty_etcd_cluster.this.access
  sizing              = var.sizing
  deletion_protection = var.deletion_protection
}
