# NAME@ADDRESS: ADDRESS of one of the members
terraform import pigsty_etcd_cluster.this 'etcd@10.10.10.11'
