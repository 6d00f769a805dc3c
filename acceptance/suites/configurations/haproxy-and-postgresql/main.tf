# One HAProxy for a PostgreSQL cluster's services and for one that leads elsewhere.
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

locals {
  node = { 1 = { address = "10.10.10.11" } }
}

resource "pigsty_ca" "this" {
  nodes               = local.node
  deletion_protection = false
}

resource "pigsty_etcd_cluster" "this" {
  members             = local.node
  name                = "etcd"
  ca                  = pigsty_ca.this.ref
  deletion_protection = false
}

resource "pigsty_pg_cluster" "test" {
  name                = "pg-test"
  instances           = { 1 = { address = "10.10.10.11", role = "primary" } }
  ca                  = pigsty_ca.this.ref
  dcs                 = pigsty_etcd_cluster.this.access
  sizing              = var.sizing
  deletion_protection = false
}

resource "pigsty_haproxy_service" "web" {
  name    = "web"
  port    = 9002
  nodes   = local.node
  ca      = pigsty_ca.this.ref
  servers = [{ name = "web-2", ip = "10.10.10.12", port = 8001 }]
}
