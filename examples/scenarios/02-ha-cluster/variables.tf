variable "addresses" {
  description = "The three machines by instance number."
  type        = map(string)
  default     = { 1 = "10.10.10.11", 2 = "10.10.10.12", 3 = "10.10.10.13" }
}

variable "sizing" {
  description = "What a machine offers to PostgreSQL; null takes the smallest machine's own facts at creation."
  type        = object({ cpu = number, memory_mb = number, disk_gb = number })
  default     = null
}

variable "deletion_protection" {
  description = "Refuse to destroy what holds data or keys."
  type        = bool
  default     = true
}

# From the environment: TF_VAR_app_password.
variable "app_password" {
  description = "Password of the application's login."
  type        = string
  sensitive   = true
  ephemeral   = true
}
