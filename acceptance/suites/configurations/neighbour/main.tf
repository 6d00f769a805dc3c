# Somebody else's resource on machines of the cluster: another state, another claim.
terraform {
  required_providers {
    pigsty = { source = "pigsty/pigsty" }
  }
}

provider "pigsty" {}

resource "pigsty_ca" "neighbour" {
  name                = "neighbour"
  nodes               = { 1 = { address = "10.10.10.12" }, 2 = { address = "10.10.10.13" } }
  deletion_protection = false
}
