# A verifier can be stored where the password must not be. Each login has a salt of its own.
resource "random_bytes" "salt" {
  length = 16
}

locals {
  verifier = provider::pigsty::scram_sha_256(var.app_password, random_bytes.salt.base64, 4096)
}
