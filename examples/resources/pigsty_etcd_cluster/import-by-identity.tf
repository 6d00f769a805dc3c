import {
  to = pigsty_etcd_cluster.this
  identity = {
    name    = "etcd"
    address = "10.10.10.11"
  }
}
