# Names and values that a shell, SQL or a configuration file would take for something else.
terraform {
  required_providers {
    pigsty = { source = "pigsty/pigsty" }
  }
}

provider "pigsty" {}

variable "sizing" {
  type = object({ cpu = number, memory_mb = number, disk_gb = number })
}

locals {
  names = {
    quotes    = "it's \"quoted\" \\ back"
    command   = "$(touch /tmp/was-run); `touch /tmp/was-run`"
    sql       = "x'; DROP ROLE dbrole_readonly; --"
    percent   = "100%s %n $${HOME}"
    unicode   = "žluťoučký 象 🐘"
    blanks    = "  blanks around  "
    newline   = "two\nlines"
    length_63 = "abcdefghijklmnopqrstuvwxyz-abcdefghijklmnopqrstuvwxyz-123456789"
  }
}

resource "pigsty_node" "one" {
  address = "10.10.10.11"
  name    = "pg-test-1"
  crontab = ["00 01 * * * root echo 'x' \"$(touch /tmp/never)\" \\ %s ž  "]
}

resource "pigsty_ca" "this" {
  nodes               = { 1 = { address = pigsty_node.one.address } }
  deletion_protection = false
}

resource "pigsty_etcd_cluster" "this" {
  name                = "etcd"
  members             = { 1 = { address = pigsty_node.one.address } }
  ca                  = pigsty_ca.this.ref
  deletion_protection = false
}

resource "pigsty_pg_cluster" "test" {
  name                = "pg-test"
  instances           = { 1 = { address = pigsty_node.one.address, role = "primary" } }
  ca                  = pigsty_ca.this.ref
  dcs                 = pigsty_etcd_cluster.this.access
  sizing              = var.sizing
  deletion_protection = false
  parameters          = { log_line_prefix = "'%m $(touch /tmp/was-run) \\ \"x\" " }
  hba_rules = [
    { title = "it's $(touch /tmp/was-run) \"; # %s", user = "x'; DROP ROLE dbrole_readonly; --", db = "all", addr = "10.0.0.0/8", auth = "pwd" },
    { title = "all", user = "all", db = "all", addr = "intra", auth = "ssl" },
  ]
}

resource "pigsty_pg_user" "hostile" {
  for_each   = local.names
  cluster    = pigsty_pg_cluster.test.connection
  name       = each.value
  password   = "${each.value} password"
  comment    = each.value
  parameters = { "pigsty.hostile" = each.value }
}

resource "pigsty_pg_database" "hostile" {
  for_each            = local.names
  cluster             = pigsty_pg_cluster.test.connection
  name                = each.value
  owner               = pigsty_pg_user.hostile[each.key].name
  comment             = each.value
  schemas             = [each.value]
  pgbouncer           = false
  deletion_protection = false
}

output "names" {
  value = local.names
}
