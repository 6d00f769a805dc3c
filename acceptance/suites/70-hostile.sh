#!/usr/bin/env bash
# Names and values that a shell, SQL or a configuration file would take for something else are stored exactly and
# executed nowhere.
# with: tofu
# takes: 50
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"

nodes=(pg-test-1)
one_node prepared
# Must appear neither on the node nor here.
trap_file=/tmp/was-run
rm -f "$trap_file"

test_hostile_values_are_applied() {
  work_in hostile
  tf init
  expect_status 0
  tf apply
  expect_status 0
  plan_is_empty
  lab run -- "$cli" output -json names >"$work_root/names"
}

# Whoever reads them names them to psql in the environment: no shell of ours is in between.
as_hostile() {
  PGUSER=$1 PGDATABASE=$1 PGPASSWORD="$1 password" PGCONNECT_TIMEOUT=5 lab run -- psql -XAtq -h 10.10.10.11 -p 5432 -v "name=$1"
}

test_they_read_back_equal() {
  local key name
  for key in $(jq -r 'keys[]' "$work_root/names"); do
    name=$(jq -r --arg key "$key" '.[$key]' "$work_root/names")
    expect_equal "$key: $(as_hostile "$name" <<'END'
SELECT concat_ws(' ', current_user = :'name', current_database() = :'name', shobj_description(r.oid, 'pg_authid') = :'name',
  shobj_description(d.oid, 'pg_database') = :'name', d.datdba = r.oid, current_setting('pigsty.hostile') = :'name',
  (SELECT count(*) FROM pg_namespace WHERE nspname = :'name'))
FROM pg_roles r, pg_database d WHERE r.rolname = current_user AND d.datname = current_database()
END
    )" "$key: t t t t t t 1"
  done
}

test_files_hold_them_as_they_are() {
  expect_equal "$(sql pg-test-1 "SHOW log_line_prefix")" "'%m \$(touch /tmp/was-run) \\ \"x\" "
  expect_equal "$(sql pg-test-1 "SELECT count(*) FILTER (WHERE error IS NOT NULL), count(*) FILTER (WHERE user_name[1] LIKE 'x''; DROP ROLE%') FROM pg_hba_file_rules")" "0|1"
  expect on pg-test-1 grep -rqF "root echo 'x' \"\$(touch /tmp/never)\" \\ %s ž  " /etc/cron.d
}

test_nothing_was_executed() {
  expect test ! -e "$trap_file"
  expect on pg-test-1 test ! -e "$trap_file"
  expect_equal "$(sql pg-test-1 "SELECT count(*) FROM pg_roles WHERE rolname = 'dbrole_readonly'")" 1
}

test_they_go_again() {
  work_in hostile
  tf destroy
  expect_status 0
}

run_tests
