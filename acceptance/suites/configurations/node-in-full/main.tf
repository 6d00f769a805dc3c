# One machine in full; each case overrides attributes.
terraform {
  required_providers {
    pigsty = { source = "pigsty/pigsty" }
  }
}

provider "pigsty" {}

resource "pigsty_node" "one" {
  address = "10.10.10.11"
}
