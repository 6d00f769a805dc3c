# A cluster whose backups are in MinIO, and clusters that are made out of them, each on a machine of its own.
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

variable "app_password" {
  type      = string
  ephemeral = true
}

# By name: where, and up to where.
variable "restored" {
  type = map(object({
    address  = string
    archives = optional(bool, false)
    target = optional(object({
      time      = optional(string)
      lsn       = optional(string)
      xid       = optional(string)
      name      = optional(string)
      immediate = optional(bool)
      exclusive = optional(bool)
    }))
  }))
  default = {}
}

# Name of a restored cluster that a user of the source is wanted in once more.
variable "again" {
  type    = string
  default = null
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
  max_connections     = 200
  backup              = { repository = pigsty_minio_cluster.this.access }
  deletion_protection = var.deletion_protection
}

resource "pigsty_pg_user" "app" {
  cluster             = pigsty_pg_cluster.source.connection
  name                = "app"
  password_wo         = var.app_password
  password_wo_version = 1
}

resource "pigsty_pg_cluster" "restored" {
  for_each        = var.restored
  name            = each.key
  instances       = { 1 = { address = each.value.address, role = "primary" } }
  ca              = pigsty_ca.this.ref
  dcs             = pigsty_etcd_cluster.this.access
  sizing          = var.sizing
  max_connections = 50
  backup          = each.value.archives ? { repository = pigsty_minio_cluster.this.access } : null
  restore_from = {
    repository = pigsty_minio_cluster.this.access
    cluster    = "pg-src"
    source     = pigsty_pg_cluster.source.connection
    target     = each.value.target
  }
  deletion_protection = var.deletion_protection
}

resource "pigsty_pg_user" "again" {
  count               = var.again == null ? 0 : 1
  cluster             = pigsty_pg_cluster.restored[var.again].connection
  name                = "app"
  password_wo         = var.app_password
  password_wo_version = 1
}
