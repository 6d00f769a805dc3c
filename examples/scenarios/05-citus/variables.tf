variable "names" {
  description = "Names of the machines by address."
  type        = map(string)
  default = {
    "10.10.10.10" = "pg-citus0-1"
    "10.10.10.11" = "pg-citus1-1"
    "10.10.10.12" = "pg-citus2-1"
    "10.10.10.13" = "pg-citus3-1"
    "10.10.10.14" = "pg-citus3-2"
  }
}

variable "extension_packages" {
  description = "Extensions whose packages the machines get."
  type        = list(string)
  default     = ["citus", "postgis", "timescaledb", "pgvector"]
}

variable "libs" {
  description = "Libraries that PostgreSQL loads; citus is the first."
  type        = list(string)
  default     = ["citus", "timescaledb", "pg_stat_statements", "auto_explain"]
}

variable "extensions" {
  description = "Extensions of the distributed database."
  type        = list(string)
  default     = ["citus", "postgis", "timescaledb"]
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

# From the environment: TF_VAR_dbsu_password, TF_VAR_app_password.
variable "dbsu_password" {
  description = "Password of postgres, the same in all groups."
  type        = string
  sensitive   = true
}

variable "app_password" {
  description = "Password of the application's login."
  type        = string
  sensitive   = true
}
