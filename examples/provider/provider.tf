terraform {
  required_providers {
    pigsty = { source = "pigsty/pigsty" }
  }
}

provider "pigsty" {
  ssh = {
    user             = "admin"
    private_key_file = "~/.ssh/id_ed25519"
    known_hosts_file = "~/.ssh/known_hosts"
    bastions         = [{ host = "bastion.example.org", user = "jump" }]
  }
}
