# The smallest cluster that has one of everything.
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

variable "app_password" {
  type      = string
  sensitive = true
  ephemeral = true
}

variable "deletion_protection" {
  type    = bool
  default = true
}

resource "pigsty_node" "one" {
  address = "10.10.10.11"
  name    = "pg-test-1"
  hosts   = { "10.10.10.99" = ["elsewhere"] }
  sysctl  = { "net.core.somaxconn" = "4000" }
  crontab = ["00 01 * * * root true"]
}

resource "pigsty_ca" "this" {
  nodes               = { 1 = { address = pigsty_node.one.address } }
  deletion_protection = var.deletion_protection
}

resource "pigsty_etcd_cluster" "this" {
  name                = "etcd"
  members             = { 1 = { address = pigsty_node.one.address } }
  ca                  = pigsty_ca.this.ref
  deletion_protection = var.deletion_protection
}

resource "pigsty_pg_cluster" "test" {
  name                = "pg-test"
  instances           = { 1 = { address = pigsty_node.one.address, role = "primary" } }
  parameters          = { log_statement = "all" }
  ca                  = pigsty_ca.this.ref
  dcs                 = pigsty_etcd_cluster.this.access
  sizing              = var.sizing
  deletion_protection = var.deletion_protection
}

resource "pigsty_pg_user" "app" {
  cluster             = pigsty_pg_cluster.test.connection
  name                = "app"
  password_wo         = var.app_password
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
