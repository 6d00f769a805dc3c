resource "pigsty_haproxy_service" "minio" {
  name = "minio"
  port = 9002
  nodes = {
    1 = { address = "10.10.10.10" }
    2 = { address = "10.10.10.11" }
    3 = { address = "10.10.10.12" }
  }
  ca = pigsty_ca.this.ref # puts the CA where the servers' options expect it
  options = [
    "option httpchk",
    "option http-keep-alive",
    "http-check send meth OPTIONS uri /minio/health/live",
    "http-check expect status 200",
  ]
  servers = [for i in [1, 2, 3] : {
    name = "minio-${i}", ip = "10.10.10.${9 + i}", port = 9000, options = "check-ssl ca-file /etc/pki/ca.crt check port 9000"
  }]
}
