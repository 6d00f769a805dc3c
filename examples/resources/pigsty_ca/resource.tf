# The key is made on the first node and copied, root only, to the second: either may be lost.
resource "pigsty_ca" "this" {
  nodes = {
    1 = { address = "10.10.10.11" }
    2 = { address = "10.10.10.12" }
  }
}

# What clients put into sslrootcert.
output "ca" {
  value = pigsty_ca.this.certificate_pem
}
