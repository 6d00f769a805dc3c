resource "pigsty_etcd_cluster" "this" {
  name = "etcd"
  members = {
    1 = { address = "10.10.10.11" }
    2 = { address = "10.10.10.12" }
    3 = { address = "10.10.10.13" }
  }
  ca = pigsty_ca.this.ref
}
