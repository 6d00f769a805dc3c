# NAME@ADDRESS: ADDRESS of one of the machines
terraform import pigsty_vip.web 'web@10.10.10.11'
