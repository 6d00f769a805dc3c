# ADDRESS
terraform import pigsty_node.behind_nat '10.10.20.11'
