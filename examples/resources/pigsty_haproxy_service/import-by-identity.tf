import {
  to = pigsty_haproxy_service.minio
  identity = {
    name    = "minio"
    address = "10.10.10.10"
  }
}
