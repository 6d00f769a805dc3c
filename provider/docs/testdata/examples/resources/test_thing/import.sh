terraform import test_thing.a a@10.0.0.1
