data "pigsty_node" "candidate" {
  address = "10.10.10.11"
}

# What a PostgreSQL cluster on such machines would be tuned for.
output "sizing" {
  value = data.pigsty_node.candidate.sizing
}

output "already_here" {
  value = [for thing in data.pigsty_node.candidate.resources : "${thing.type} ${thing.name}"]
}
