provider "test" {}
