locals {
  parameters = provider::pigsty::pg_tune("oltp", 8, 32768, 500)
}

output "shared_buffers" {
  value = local.parameters["shared_buffers"] # "8192MB"
}
