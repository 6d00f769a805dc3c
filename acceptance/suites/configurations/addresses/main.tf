# Machines that this very run makes: their addresses are unknown while planning, or known before the machines are there.
terraform {
  required_providers {
    pigsty = { source = "pigsty/pigsty" }
  }
}

provider "pigsty" {}

variable "known" {
  description = "The addresses are fixed, and only the machines appear during apply."
  type        = bool
}

variable "start" {
  description = "Command that starts the machine whose name is appended."
  type        = string
}

variable "sizing" {
  type = object({ cpu = number, memory_mb = number, disk_gb = number })
}

locals {
  machines = { 1 = "10.10.10.11", 2 = "10.10.10.12" }
  address  = var.known ? local.machines : { for number, machine in terraform_data.machine : number => machine.output }
}

resource "terraform_data" "machine" {
  for_each = local.machines
  input    = each.value
  provisioner "local-exec" {
    command = "${var.start} pg-test-${each.key}"
  }
}

resource "pigsty_node" "test" {
  for_each   = local.machines
  address    = local.address[each.key]
  name       = "pg-test-${each.key}"
  depends_on = [terraform_data.machine]
}

resource "pigsty_ca" "this" {
  nodes               = { for number, address in local.address : number => { address = address } }
  deletion_protection = false
  depends_on          = [pigsty_node.test]
}

resource "pigsty_etcd_cluster" "this" {
  name                = "etcd"
  members             = { 1 = { address = local.address[1] } }
  ca                  = pigsty_ca.this.ref
  deletion_protection = false
}

resource "pigsty_pg_cluster" "test" {
  name = "pg-test"
  instances = {
    1 = { address = local.address[1], role = "primary" }
    2 = { address = local.address[2] }
  }
  ca                  = pigsty_ca.this.ref
  dcs                 = pigsty_etcd_cluster.this.access
  sizing              = var.sizing
  deletion_protection = false
}
