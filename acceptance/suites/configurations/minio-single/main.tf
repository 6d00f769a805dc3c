# The smallest there is: one node, one folder on its root disk, no certificates.
terraform {
  required_providers {
    pigsty = { source = "pigsty/pigsty" }
  }
}

provider "pigsty" {}

resource "pigsty_minio_cluster" "small" {
  name                = "small"
  members             = { 1 = { address = "10.10.10.10" } }
  deletion_protection = false
}
