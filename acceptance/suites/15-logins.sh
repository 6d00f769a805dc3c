#!/usr/bin/env bash
# The tests of core/node that need a node behind SSH and sudo, for each way in: a sudo without a password, root, a sudo that
# asks for one. No CLI takes part.
# with: tofu
# takes: 15
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"

one_node bare
program=${PIGSTY_NODE_TESTS:-$repository/build/debug/core/node/pigsty_core_node_test}

# node_tests USER FILTER: all of them run, none is skipped.
node_tests() {
  expect test -x "$program"
  expect lab run -- env PIGSTY_SSH_USER="$1" PIGSTY_TEST_NODE=10.10.10.11 "$program" --gtest_filter="$2"
  expect_no_output SKIPPED
  grep -qE 'PASSED +\] ([2-9]|[0-9]{2,}) tests' "$out" || failure "expected several tests to pass"
}

# The one that gives a wrong password needs a sudo that asks.
test_a_user_whose_sudo_asks_nothing() { node_tests vagrant 'LabNode*-*wrong_password*'; }
test_root() { node_tests root 'LabNode*-*wrong_password*'; }
test_a_user_whose_sudo_asks_for_a_password() {
  PIGSTY_TEST_BECOME_PASSWORD=$(cat "${PIGSTY_LAB_DIR:-/var/tmp/pigsty-lab}/keys/ops.password")
  export PIGSTY_TEST_BECOME_PASSWORD
  node_tests ops 'LabNode*'
}

run_tests
