import {
  to = pigsty_vip.web
  identity = {
    name    = "web"
    address = "10.10.10.11"
  }
}
