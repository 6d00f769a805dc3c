# Two members whose backups go to MinIO on a third machine.
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
  default   = null
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

resource "pigsty_minio_cluster" "this" {
  name                = "minio"
  members             = { 1 = { address = "10.10.10.10" } }
  ca                  = pigsty_ca.this.ref
  deletion_protection = var.deletion_protection
}

resource "pigsty_pg_cluster" "test" {
  name = "pg-test"
  instances = {
    1 = { address = "10.10.10.11", role = "primary" }
    2 = { address = "10.10.10.12" }
  }
  ca     = pigsty_ca.this.ref
  dcs    = pigsty_etcd_cluster.this.access
  sizing = var.sizing
  backup = {
    repository    = pigsty_minio_cluster.this.access
    full_schedule = "00 01 29 2 *"
    incr_schedule = "30 03 29 2 *"
  }
  deletion_protection = var.deletion_protection
}
