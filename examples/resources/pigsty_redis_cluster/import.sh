# NAME@ADDRESS: ADDRESS of one of the nodes
terraform import pigsty_redis_cluster.ms 'redis-ms@10.10.10.10'
