import {
  to = pigsty_ca.this
  identity = {
    name    = "pigsty-ca"
    address = "10.10.10.11"
  }
}
