# A service on three nodes whose servers are checked over TLS by the authority, and one that shares a node with it.
terraform {
  required_providers {
    pigsty = { source = "pigsty/pigsty" }
  }
}

provider "pigsty" {}

locals {
  nodes = { for i in [1, 2, 3] : i => { address = "10.10.10.1${i}" } }
}

resource "pigsty_ca" "this" {
  nodes               = { 1 = { address = "10.10.10.11" } }
  deletion_protection = false
}

resource "pigsty_haproxy_service" "web" {
  name  = "web"
  port  = 9002
  nodes = local.nodes
  ca    = pigsty_ca.this.ref
  options = [
    "option httpchk",
    "http-check send meth GET uri /",
    "http-check expect status 200",
  ]
  servers = [for i in [1, 2, 3] : {
    name = "web-${i}", ip = "10.10.10.1${i}", port = 8001, options = "check-ssl ca-file /etc/pki/ca.crt check port 8443"
  }]
}

resource "pigsty_haproxy_service" "plain" {
  name    = "plain"
  port    = 9003
  nodes   = { 1 = { address = "10.10.10.11" } }
  ca      = pigsty_ca.this.ref
  servers = [{ name = "web-2", ip = "10.10.10.12", port = 8001 }]
}
