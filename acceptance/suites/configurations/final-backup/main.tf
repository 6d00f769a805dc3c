# A cluster whose destroy leaves a last backup in MinIO, and one that is made out of it.
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

variable "backup_key" {
  type      = string
  ephemeral = true
}

# Of the clusters, which are there: "source", "restored".
variable "clusters" {
  type    = set(string)
  default = ["source"]
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
  count = contains(var.clusters, "source") ? 1 : 0
  name  = "pg-src"
  instances = {
    1 = { address = "10.10.10.11", role = "primary" }
    2 = { address = "10.10.10.12" }
  }
  ca     = pigsty_ca.this.ref
  dcs    = pigsty_etcd_cluster.this.access
  sizing = var.sizing
  backup = {
    repository             = pigsty_minio_cluster.this.access
    full_schedule          = "00 01 29 2 *"
    cipher_pass_wo         = var.backup_key
    cipher_pass_wo_version = 1
  }
  final_backup        = true
  deletion_protection = var.deletion_protection
}

resource "pigsty_pg_cluster" "restored" {
  count     = contains(var.clusters, "restored") ? 1 : 0
  name      = "pg-new"
  instances = { 1 = { address = "10.10.10.13", role = "primary" } }
  ca        = pigsty_ca.this.ref
  dcs       = pigsty_etcd_cluster.this.access
  sizing    = var.sizing
  restore_from = {
    repository             = pigsty_minio_cluster.this.access
    cluster                = "pg-src"
    cipher_pass_wo         = var.backup_key
    cipher_pass_wo_version = 1
  }
  deletion_protection = var.deletion_protection
}
