import {
  to       = test_thing.a
  identity = { name = "a" }
}
