# What the nodes refuse when it is applied: each case sets a variable or adds a file with one more cluster.
terraform {
  required_providers {
    pigsty = { source = "pigsty/pigsty" }
  }
}

variable "address" {
  type    = string
  default = "10.10.10.11"
}

# Not set: as the lab says in the environment.
variable "user" {
  type    = string
  default = null
}

variable "private_key_file" {
  type    = string
  default = null
}

variable "known_hosts_file" {
  type    = string
  default = null
}

variable "host_keys" {
  type    = map(string)
  default = {}
}

variable "connect_timeout" {
  type    = string
  default = "5m"
}

variable "sizing" {
  type = object({ cpu = number, memory_mb = number, disk_gb = number })
}

provider "pigsty" {
  ssh = {
    user             = var.user
    private_key_file = var.private_key_file
    known_hosts_file = var.known_hosts_file
    host_keys        = var.host_keys
    connect_timeout  = var.connect_timeout
  }
}

resource "pigsty_ca" "this" {
  nodes = { 1 = { address = var.address } }
}

resource "pigsty_etcd_cluster" "this" {
  name    = "etcd"
  members = { 1 = { address = var.address } }
  ca      = pigsty_ca.this.ref
}
