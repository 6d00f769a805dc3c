# NAME@ADDRESS: ADDRESS of one of the nodes
terraform import pigsty_haproxy_service.minio 'minio@10.10.10.10'
