# NAME@ADDRESS: ADDRESS of one of the members
terraform import pigsty_pg_cluster.test 'pg-test@10.10.10.11'
