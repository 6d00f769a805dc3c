data "pigsty_etcd_cluster" "this" {
  name  = "etcd"
  nodes = [{ address = "10.10.10.10" }, { address = "10.10.10.11" }]
}

check "etcd_is_well" {
  assert {
    condition     = data.pigsty_etcd_cluster.this.healthy
    error_message = "A member of etcd does not answer: ${jsonencode([for m in data.pigsty_etcd_cluster.this.members : m.name if !m.healthy])}"
  }
  assert {
    condition     = length(data.pigsty_etcd_cluster.this.alarms) == 0 && data.pigsty_etcd_cluster.this.database_size < 6442450944
    error_message = "etcd has an alarm, or its database nears its quota."
  }
}
