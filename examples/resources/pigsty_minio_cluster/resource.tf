resource "pigsty_minio_cluster" "this" {
  name = "minio"
  members = {
    1 = { address = "10.10.10.10" }
    2 = { address = "10.10.10.11" }
    3 = { address = "10.10.10.12" }
  }
  data = "/data{1...2}" # each on a disk of its own
  ca   = pigsty_ca.this.ref

  buckets = {
    pgsql = {}
    meta  = { versioning = true, quota = "10GiB" }
  }
  users = {
    pgbackrest = { policy = "pgsql" }
    app        = { policy = "meta", secret_wo = var.app_secret, secret_wo_version = 1 }
  }
}
