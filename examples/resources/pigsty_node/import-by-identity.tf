import {
  to = pigsty_node.db["1"]
  identity = {
    address = "10.10.10.11"
  }
}
