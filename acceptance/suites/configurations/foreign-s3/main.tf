# One PostgreSQL; a MinIO on another machine stands for a store of others, which the cluster is told of by hand.
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

variable "secret" {
  type      = string
  sensitive = true
  ephemeral = true
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

resource "pigsty_minio_cluster" "store" {
  name                = "minio"
  members             = { 1 = { address = "10.10.10.10" } }
  ca                  = pigsty_ca.this.ref
  deletion_protection = var.deletion_protection
}

resource "pigsty_pg_cluster" "test" {
  name = "pg-test"
  instances = {
    1 = { address = "10.10.10.11", role = "primary" }
  }
  ca                  = pigsty_ca.this.ref
  dcs                 = pigsty_etcd_cluster.this.access
  sizing              = var.sizing
  deletion_protection = var.deletion_protection
}
