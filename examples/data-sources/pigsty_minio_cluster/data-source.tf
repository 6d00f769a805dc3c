data "pigsty_minio_cluster" "minio" {
  name  = "minio"
  nodes = [{ address = "10.10.10.10" }, { address = "10.10.10.11" }]
}

check "minio_is_well" {
  assert {
    condition     = data.pigsty_minio_cluster.minio.serves && alltrue([for member in data.pigsty_minio_cluster.minio.members : member.drives_offline == 0])
    error_message = "minio takes no writes, or a drive is off."
  }
}
