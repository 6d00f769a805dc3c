import {
  to = pigsty_minio_cluster.this
  identity = {
    name    = "minio"
    address = "10.10.10.10"
  }
}
