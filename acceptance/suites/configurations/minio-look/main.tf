# Somebody else's configuration: it knows the cluster's name and two of its machines.
terraform {
  required_providers {
    pigsty = { source = "pigsty/pigsty" }
  }
}

provider "pigsty" {}

data "pigsty_minio_cluster" "minio" {
  name  = "minio"
  nodes = [{ address = "10.10.10.12" }, { address = "10.10.10.11" }]
}

output "look" {
  value = data.pigsty_minio_cluster.minio
}
