# Only what is written is managed.
resource "pigsty_node" "db" {
  for_each = { 1 = "10.10.10.11", 2 = "10.10.10.12", 3 = "10.10.10.13" }
  address  = each.value
  name     = "pg-test-${each.key}"
  hosts    = { "10.10.10.10" = ["repo.example.org"] }
  timezone = "Etc/UTC"
  packages = ["htop", "lsof"]
  sysctl   = { "vm.swappiness" = "1" }
  crontab  = ["30 4 * * 0 root /usr/sbin/fstrim --all"]
}

# Another way by SSH than the address that the cluster uses, and PostgreSQL's own packages.
resource "pigsty_node" "behind_nat" {
  address = "10.10.20.11"
  ssh     = { host = "203.0.113.11", port = 2222, user = "admin" }
  repositories = {
    pgdg = {
      uris       = ["https://packages.example.org/postgresql"]
      suites     = ["trixie-pgdg"]
      components = ["main"]
      signed_by  = file("${path.module}/ACCC4CF8.asc")
    }
  }
  trusted_certificates = { example = file("${path.module}/example-ca.pem") }
}

# Who may come in, and as whom.
resource "pigsty_node" "guarded" {
  address = "10.10.10.14"
  admin = {
    name            = "dba"
    ssh_public_keys = [file("${path.module}/dba.pub")]
  }
  firewall       = { trusted = ["10.10.10.0/24"], ports = [22] }
  dns            = { servers = ["10.10.10.10"] }
  ntp            = { servers = ["10.10.10.10"] }
  limits         = [{ domain = "postgres", item = "nofile", value = "1048576" }]
  kernel_modules = ["softdog"]
  swap           = false
}
