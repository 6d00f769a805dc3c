# What an application team sees of them.
terraform {
  required_providers {
    pigsty = { source = "pigsty/pigsty" }
  }
}

provider "pigsty" {}

data "pigsty_pg_backups" "test" {
  name  = "pg-test"
  nodes = [{ address = "10.10.10.11" }, { address = "10.10.10.12" }]
}

output "look" {
  value = data.pigsty_pg_backups.test
}
