# What suites do with one machine alone, "pg-test-1", by configurations/node-in-full. Sourced after changes.sh.
# shellcheck shell=bash disable=SC2154

errors() { sed -n '/Error: /,$p' "$out" | sed 's/[│╷╵]/ /g' | tr -s ' \n' ' '; }

# wanted <BODY: what the node is to be.
wanted() {
  work_in node-in-full
  rm -f case_override.tf
  { echo 'resource "pigsty_node" "one" {'; cat; echo '}'; } >case_override.tf
}

applied() {
  wanted
  tf apply
  expect_status 0
  plan_is_empty
}

# fails TEXT… <BODY: at apply.
fails() {
  local text
  wanted
  tf apply
  ((status == 1)) || failure "the apply went through"
  for text in "$@"; do
    errors | grep -qF -- "$text" || failure "expected in the error: $text"
  done
}

# refused PATH TEXT <BODY: at plan.
refused() {
  work_in node-in-full
  { echo 'resource "pigsty_node" "one" {'; cat; echo '}'; } | refused_at_plan "$@"
}

# repaired TEXT SCRIPT: what SCRIPT did on the node is drift in these words, and the apply mends it.
repaired() {
  expect on pg-test-1 sh -c "$2"
  tf plan -detailed-exitcode
  expect_status 2
  expect_output "$1"
  tf apply
  expect_status 0
  plan_is_empty
}
