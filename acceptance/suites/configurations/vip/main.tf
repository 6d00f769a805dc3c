# An address that one of two machines has.
terraform {
  required_providers {
    pigsty = { source = "pigsty/pigsty" }
  }
}

provider "pigsty" {}

resource "pigsty_vip" "web" {
  name    = "web"
  address = "10.10.10.3/24"
  members = {
    1 = { address = "10.10.10.11" }
    2 = { address = "10.10.10.12" }
  }
}
