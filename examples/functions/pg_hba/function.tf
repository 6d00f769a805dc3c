output "hba" {
  value = provider::pigsty::pg_hba(
    [
      { title = "application servers", user = "app", db = "app", addr = "10.20.0.0/16", auth = "ssl" },
      { title = "administrators", user = "$${admin}", addr = "admin", auth = "cert", order = 10 },
    ],
    { admin = ["10.10.10.10/32"] }
  )
}
