# Three members; Patroni decides who leads after the start.
resource "pigsty_pg_cluster" "test" {
  name    = "pg-test"
  version = 17
  instances = {
    1 = { address = "10.10.10.11", role = "primary" }
    2 = { address = "10.10.10.12" }
    3 = { address = "10.10.10.13", role = "offline" } # for reports and ETL: never leads
  }
  ca  = pigsty_ca.this.ref
  dcs = pigsty_etcd_cluster.this.access

  template   = "oltp"
  sizing     = { cpu = 4, memory_mb = 16384, disk_gb = 200 }
  parameters = { log_min_duration_statement = "1s" }
  restart    = "rolling"

  rto         = "fast"             # a dead leader is replaced within 30 s, at the price of failovers in short network pauses
  synchronous = { enabled = true } # commits wait for one standby, which is who takes over

  backup = { # archiving, and a full backup every night at one
    repository    = pigsty_minio_cluster.this.access
    full_schedule = "00 01 * * *"
  }

  hba_rules = [
    { title = "application servers", user = "app", db = "app", addr = "10.20.0.0/16", auth = "ssl" },
    { title = "reports", user = "+dbrole_offline", addr = "intra", role = "offline" },
  ]
  services = {
    report = { port = 5440, dest = "postgres", check = "/replica", selector = "[? pg_role == `offline` ]" }
  }
}

output "uri" {
  value = pigsty_pg_cluster.test.endpoints["primary"].uri
}
