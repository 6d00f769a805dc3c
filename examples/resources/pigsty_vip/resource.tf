resource "pigsty_vip" "web" {
  name    = "web"
  address = "10.10.10.3/24"
  members = {
    1 = { address = "10.10.10.11" }
    2 = { address = "10.10.10.12" }
  }
  check = { unit = "haproxy.service" } # a machine whose HAProxy is dead does not keep the address
}
