# NAME@ADDRESS: ADDRESS of one of the nodes that hold the key
terraform import pigsty_ca.this 'pigsty-ca@10.10.10.11'
