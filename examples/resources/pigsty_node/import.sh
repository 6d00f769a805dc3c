# ADDRESS
terraform import 'pigsty_node.db["1"]' '10.10.10.11'
