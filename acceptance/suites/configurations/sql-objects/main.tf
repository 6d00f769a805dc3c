# A cluster, and the users and databases that suite 75 changes by hand.
terraform {
  required_providers {
    pigsty = { source = "pigsty/pigsty" }
  }
}

provider "pigsty" {}

variable "sizing" {
  type = object({ cpu = number, memory_mb = number, disk_gb = number })
}

# Each test changes one of these and applies.
variable "member_inherits" {
  type    = bool
  default = false
}
variable "owner" {
  type    = string
  default = "owner_one"
}
variable "group" {
  type    = string
  default = "group_one"
}
variable "app" {
  type    = bool
  default = true
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

resource "pigsty_pg_user" "group" {
  cluster = pigsty_pg_cluster.test.connection
  name    = var.group
  login   = false
}

resource "pigsty_pg_user" "member" {
  cluster    = pigsty_pg_cluster.test.connection
  name       = "member"
  inherit    = var.member_inherits
  createrole = true
  roles      = [pigsty_pg_user.group.name, "pg_monitor"]
  parameters = { search_path = "", sort_mem = "64MB", session_preload_libraries = "auto_explain" }
}

resource "pigsty_pg_user" "owner" {
  cluster = pigsty_pg_cluster.test.connection
  name    = var.owner
}

resource "pigsty_pg_database" "app" {
  count               = var.app ? 1 : 0
  cluster             = pigsty_pg_cluster.test.connection
  name                = "app"
  owner               = pigsty_pg_user.owner.name
  schemas             = ["app"]
  schema_owners       = { app = pigsty_pg_user.owner.name }
  deletion_protection = false
}

resource "pigsty_pg_database" "builtin" {
  cluster             = pigsty_pg_cluster.test.connection
  name                = "builtin"
  encoding            = "unicode"
  locale              = "C.utf8"
  locale_provider     = "builtin"
  pgbouncer           = false
  deletion_protection = false
}

resource "pigsty_pg_database" "latin" {
  cluster             = pigsty_pg_cluster.test.connection
  name                = "latin"
  encoding            = "iso-8859-1"
  locale              = "POSIX"
  pgbouncer           = false
  deletion_protection = false
  baseline            = "CREATE TABLE notes AS SELECT 'naïve'::text AS text"
}
