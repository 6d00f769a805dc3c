# From the environment: TF_VAR_passwords.
variable "passwords" {
  description = "Passwords of the two logins."
  type        = object({ dbuser_meta = string, dbuser_view = string })
  sensitive   = true
  default     = { dbuser_meta = "DBUser.Meta", dbuser_view = "DBUser.Viewer" }
}

variable "interface" {
  description = "Network interface of the virtual address; auto takes the one with the machine's address."
  type        = string
  default     = "auto"
}

variable "delay" {
  description = "How late the copy is."
  type        = string
  default     = "1h"
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
