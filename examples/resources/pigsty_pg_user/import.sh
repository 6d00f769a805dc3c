# CLUSTER/NAME@ADDRESS: NAME percent-encoded, ADDRESS of one of the cluster's machines
terraform import pigsty_pg_user.app 'pg-test/app@10.10.10.11'
