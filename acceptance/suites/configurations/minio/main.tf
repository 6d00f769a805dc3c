# Three members with two drives each, TLS.
terraform {
  required_providers {
    pigsty = { source = "pigsty/pigsty" }
  }
}

provider "pigsty" {}

variable "deletion_protection" {
  type    = bool
  default = true
}

variable "app_secret" {
  type      = string
  default   = "first secret \"x\" $HOME `id` \\ # ' % ü"
  ephemeral = true
}

resource "pigsty_ca" "this" {
  nodes               = { 1 = { address = "10.10.10.10" }, 2 = { address = "10.10.10.11" } }
  deletion_protection = var.deletion_protection
}

resource "pigsty_minio_cluster" "minio" {
  name    = "minio"
  members = { 1 = { address = "10.10.10.10" }, 2 = { address = "10.10.10.11" }, 3 = { address = "10.10.10.12" } }
  data    = "/data{1...2}"
  ca      = pigsty_ca.this.ref
  buckets = { pgsql = {}, meta = { versioning = true } }
  users = {
    pgbackrest = { policy = "pgsql" }
    app        = { policy = "meta", policies = ["lookers"], secret_wo = var.app_secret, secret_wo_version = 1 }
  }
  policies = {
    lookers = jsonencode({
      Version   = "2012-10-17"
      Statement = [{ Effect = "Allow", Action = "s3:ListBucket", Resource = "arn:aws:s3:::pgsql" }]
    })
  }
  deletion_protection = var.deletion_protection
}

output "access" {
  value = pigsty_minio_cluster.minio.access
}
