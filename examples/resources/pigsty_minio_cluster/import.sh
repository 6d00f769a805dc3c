# NAME@ADDRESS: ADDRESS of one of the members
terraform import pigsty_minio_cluster.this 'minio@10.10.10.10'
