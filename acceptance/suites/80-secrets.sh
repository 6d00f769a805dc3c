#!/usr/bin/env bash
# A write-only password is in nothing that is kept or shown: state, plan, logs, process lists, claims, journal.
# with: tofu terraform
# takes: 30
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"

nodes=(pg-test-1)
one_node prepared
# Of this run alone: process lists show what suites beside this one look for, too.
export TF_VAR_app_password=never-to-be-seen-$cli-$RANDOM$RANDOM

watch_processes() {
  while :; do
    ps -eo args
    sleep 0.1
  done >"$work_root/processes"
}

test_an_apply_with_a_write_only_password() {
  work_in one-node
  tf init
  expect_status 0
  watch_processes &
  local watcher=$!
  TF_LOG=TRACE TF_LOG_PATH=$work_root/trace.log tf apply
  kill "$watcher"
  expect_status 0
  # Another password: an update, through a saved plan.
  printf 'resource "pigsty_pg_user" "app" {\n  password_wo_version = 2\n}\n' >version_override.tf
  TF_LOG=TRACE TF_LOG_PATH=$work_root/trace.log tf plan -out=plan
  expect_status 0
  TF_LOG=TRACE TF_LOG_PATH=$work_root/trace.log tf apply plan
  expect_status 0
  plan_is_empty
}

test_the_password_works() {
  expect_equal "$(as_app 10.10.10.11 5433 "SELECT current_user")" app
}

test_the_password_is_nowhere_here() {
  work_in one-node
  expect test -s "$work_root/trace.log" -a -s "$work_root/processes" -a -s plan -a -s terraform.tfstate
  # The samples show what runs here and what runs on the node: its processes are this machine's, seen from outside.
  expect grep -q terraform-provider-pigsty "$work_root/processes"
  expect grep -q /etc/patroni/ "$work_root/processes"
  # A saved plan is a zip file.
  expect python3 -m zipfile -e plan "$work_root/plan-parts"
  run grep -rlF "$TF_VAR_app_password" "$work_root" --exclude=out
  expect_equal "$(cat "$out")" ""
}

test_the_password_is_nowhere_on_the_node() {
  run on pg-test-1 grep -rlF "$TF_VAR_app_password" /var/lib/pigsty /var/log /pg/log /pg/conf /etc /tmp /root /home
  expect_equal "$(cat "$out")" ""
  run on pg-test-1 sh -c "journalctl --no-pager | grep -F '$TF_VAR_app_password'"
  expect_equal "$(cat "$out")" ""
}

run_tests
