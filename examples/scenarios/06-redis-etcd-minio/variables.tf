# From the environment: TF_VAR_redis_passwords.
variable "redis_passwords" {
  description = "The clients' password of each Redis cluster."
  type        = object({ ms = string, meta = string, test = string })
  sensitive   = true
  default     = { ms = "redis.ms", meta = "redis.meta", test = "redis.test" }
}

variable "deletion_protection" {
  description = "Refuse to destroy what holds data or keys."
  type        = bool
  default     = true
}
