# A cluster with its backups in MinIO, and on another machine, in turn, what is made out of them, what follows it, and one whose
# backups find no room.
terraform {
  required_providers {
    pigsty = { source = "pigsty/pigsty" }
  }
}

provider "pigsty" {
  ssh = { connect_timeout = "20s" }
}

variable "sizing" {
  type    = object({ cpu = number, memory_mb = number, disk_gb = number })
  default = null
}

variable "deletion_protection" {
  type    = bool
  default = true
}

# What the second machine is: restored, copy, full or nothing.
variable "second" {
  type    = string
  default = "nothing"
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

resource "pigsty_pg_cluster" "source" {
  name                = "pg-src"
  instances           = { 1 = { address = "10.10.10.11", role = "primary" } }
  ca                  = pigsty_ca.this.ref
  dcs                 = pigsty_etcd_cluster.this.access
  sizing              = var.sizing
  backup              = { repository = pigsty_minio_cluster.this.access }
  deletion_protection = var.deletion_protection
}

resource "pigsty_pg_cluster" "restored" {
  count     = var.second == "restored" ? 1 : 0
  name      = "pg-new"
  instances = { 1 = { address = "10.10.10.12", role = "primary" } }
  ca        = pigsty_ca.this.ref
  dcs       = pigsty_etcd_cluster.this.access
  sizing    = var.sizing
  restore_from = {
    repository = pigsty_minio_cluster.this.access
    cluster    = "pg-src"
    source     = pigsty_pg_cluster.source.connection
  }
  deletion_protection = var.deletion_protection
}

resource "pigsty_pg_cluster" "copy" {
  count               = var.second == "copy" ? 1 : 0
  name                = "pg-copy"
  instances           = { 1 = { address = "10.10.10.12", role = "primary" } }
  standby             = { upstream = pigsty_pg_cluster.source.connection }
  ca                  = pigsty_ca.this.ref
  dcs                 = pigsty_etcd_cluster.this.access
  sizing              = var.sizing
  deletion_protection = var.deletion_protection
}

resource "pigsty_pg_cluster" "full" {
  count               = var.second == "full" ? 1 : 0
  name                = "pg-full"
  instances           = { 1 = { address = "10.10.10.12", role = "primary" } }
  ca                  = pigsty_ca.this.ref
  dcs                 = pigsty_etcd_cluster.this.access
  sizing              = var.sizing
  backup              = { path = "/full", full_schedule = "00 01 29 2 *" }
  deletion_protection = var.deletion_protection
}
