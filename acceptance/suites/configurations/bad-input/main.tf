# A configuration without a mistake; each case overrides a part of it.
terraform {
  required_providers {
    pigsty = { source = "pigsty/pigsty" }
  }
}

provider "pigsty" {}

resource "pigsty_node" "one" {
  address = "10.10.10.11"
}

resource "pigsty_ca" "this" {
  nodes = { 1 = { address = "10.10.10.11" }, 2 = { address = "10.10.10.12" } }
}

resource "pigsty_etcd_cluster" "this" {
  name    = "etcd"
  members = { 1 = { address = "10.10.10.11" } }
  ca      = pigsty_ca.this.ref
}

resource "pigsty_pg_cluster" "test" {
  name = "pg-test"
  instances = {
    1 = { address = "10.10.10.11", role = "primary" }
    2 = { address = "10.10.10.12" }
  }
  ca  = pigsty_ca.this.ref
  dcs = pigsty_etcd_cluster.this.access
}

resource "pigsty_pg_user" "app" {
  cluster = pigsty_pg_cluster.test.connection
  name    = "app"
}

resource "pigsty_pg_database" "app" {
  cluster = pigsty_pg_cluster.test.connection
  name    = "app"
}
