#!/usr/bin/env bash
# Users and databases are followed by what they are, not by what they are called; PostgreSQL's own ways with memberships,
# lists, encodings and locales settle.
# with: tofu
# takes: 90
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"

nodes=(pg-test-1)
one_node prepared

test_they_are_made() {
  work_in sql-objects
  tf init
  expect_status 0
  tf apply
  expect_status 0
  plan_is_empty
  expect_equal "$(database=latin sql pg-test-1 "SELECT length(text), octet_length(text) FROM notes")" "5|5"
  expect_equal "$(sql pg-test-1 "SELECT datlocprovider, datlocale FROM pg_database WHERE datname = 'builtin'")" "b|C.UTF-8"
  expect_equal "$(sql pg-test-1 "SELECT count(*) FROM pigsty.claim WHERE object_oid = 0")" 0
}

test_memberships_follow_inherit() {
  work_in sql-objects
  local members="SELECT count(*) FILTER (WHERE inherit_option), count(*) FROM pg_auth_members WHERE member = 'member'::regrole"
  expect_equal "$(sql pg-test-1 "$members")" "0|2"
  tf apply -var member_inherits=true
  expect_status 0
  expect_equal "$(sql pg-test-1 "$members")" "2|2"
  tf plan -detailed-exitcode -var member_inherits=true
  expect_status 0
  expect sql pg-test-1 "GRANT pg_monitor TO member WITH INHERIT FALSE"
  tf plan -detailed-exitcode -var member_inherits=true
  expect_status 2
  expect_output 'roles: \"pg_monitor\" is granted without inherit'
  tf apply -var member_inherits=true
  expect_status 0
  expect_equal "$(sql pg-test-1 "$members")" "2|2"
  tf apply
  expect_status 0
  expect_equal "$(sql pg-test-1 "$members")" "0|2"
  plan_is_empty
}

test_what_postgresql_grants_a_creator_is_left_alone() {
  work_in sql-objects
  expect sql pg-test-1 "SET ROLE member; SET createrole_self_grant = 'inherit'; CREATE ROLE made_by_member"
  plan_is_empty
  expect sql pg-test-1 "ALTER ROLE member CONNECTION LIMIT 7"
  tf apply
  expect_status 0
  expect_equal "$(sql pg-test-1 "SELECT count(*) FILTER (WHERE admin_option) FROM pg_auth_members WHERE roleid = 'made_by_member'::regrole")" 1
  # What somebody granted on top goes, and only that.
  expect sql pg-test-1 "CREATE ROLE dba; GRANT made_by_member TO dba WITH ADMIN OPTION; GRANT made_by_member TO member GRANTED BY dba"
  tf plan -detailed-exitcode
  expect_status 2
  tf apply
  expect_status 0
  expect_equal "$(sql pg-test-1 "SELECT count(*) FILTER (WHERE admin_option), count(*) FILTER (WHERE grantor = 'dba'::regrole) FROM pg_auth_members WHERE roleid = 'made_by_member'::regrole AND member = 'member'::regrole")" "1|0"
  plan_is_empty
  expect sql pg-test-1 "DROP ROLE made_by_member"
  expect sql pg-test-1 "DROP ROLE dba"
}

test_an_owner_and_a_group_get_other_names_in_one_apply() {
  work_in sql-objects
  tf apply -var owner=owner_two -var group=group_two
  expect_status 0
  tf plan -detailed-exitcode -var owner=owner_two -var group=group_two
  expect_status 0
  expect_equal "$(sql pg-test-1 "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'app'")" owner_two
  expect_equal "$(sql pg-test-1 "SELECT string_agg(roleid::regrole::text, ',' ORDER BY roleid::regrole::text) FROM pg_auth_members WHERE member = 'member'::regrole")" "group_two,pg_monitor"
  tf apply
  expect_status 0
  plan_is_empty
}

test_an_odd_name_does_not_hide_the_others() {
  work_in sql-objects
  expect on pg-test-1 sh -c "printf 'SET client_encoding = UTF8; CREATE ROLE \"caf\303\251\";' | sudo -u postgres psql -Xqd latin"
  tf plan -detailed-exitcode
  expect_status 0
  expect_output 'whose name is not UTF-8'
  expect on pg-test-1 sh -c "printf 'SET client_encoding = UTF8; DROP ROLE \"caf\303\251\";' | sudo -u postgres psql -Xqd latin"
}

test_an_interrupted_drop_is_told_and_made_good() {
  work_in sql-objects
  expect sql pg-test-1 "UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'builtin'"
  tf plan -detailed-exitcode
  expect_status 2
  expect_output 'an interrupted DROP DATABASE left it behind'
  tf apply
  expect_status 0
  plan_is_empty
  expect_equal "$(database=builtin sql pg-test-1 "SELECT datlocale FROM pg_database WHERE datname = current_database()")" C.UTF-8
}

test_a_database_of_another_locale_is_imported() {
  work_in sql-objects
  run lab run -- "$cli" state rm pigsty_pg_database.builtin
  expect_status 0
  expect sql pg-test-1 "DELETE FROM pigsty.claim WHERE name = 'builtin'"
  tf import pigsty_pg_database.builtin pg-test/builtin@10.10.10.11
  expect_status 0
  tf apply
  expect_status 0
  plan_is_empty
}

test_two_applies_at_once_do_not_collide() {
  work_in sql-objects
  cat >"$work_root/many.tf" <<'END'
terraform {
  required_providers {
    pigsty = { source = "pigsty/pigsty" }
  }
}
provider "pigsty" {}
variable "prefix" { type = string }
data "pigsty_pg_cluster" "test" {
  name  = "pg-test"
  nodes = [{ address = "10.10.10.11" }]
}
resource "pigsty_pg_user" "many" {
  count   = 20
  cluster = data.pigsty_pg_cluster.test.connection
  name    = "${var.prefix}${count.index}"
  roles   = ["pg_monitor"]
}
resource "pigsty_pg_database" "one" {
  cluster             = data.pigsty_pg_cluster.test.connection
  name                = "${var.prefix}db"
  pgbouncer           = false
  deletion_protection = false
}
END
  local prefix
  for prefix in a b; do
    mkdir -p "$work_root/many-$prefix"
    cp "$work_root/many.tf" "$work_root/many-$prefix/main.tf"
    cd "$work_root/many-$prefix" || exit 1
    tf init
    expect_status 0
  done
  for prefix in a b; do
    (cd "$work_root/many-$prefix" && lab run -- "$cli" apply -auto-approve -no-color -input=false -var "prefix=$prefix" >apply.log 2>&1; echo $? >status) &
  done
  wait
  for prefix in a b; do
    cp "$work_root/many-$prefix/apply.log" "$out"
    expect_equal "$(cat "$work_root/many-$prefix/status")" 0
  done
  expect_equal "$(sql pg-test-1 "SELECT count(*) FROM pigsty.claim WHERE name ~ '^[ab][0-9]+\$' AND state = 'ready'")" 40
  for prefix in a b; do
    cd "$work_root/many-$prefix" || exit 1
    tf destroy -var "prefix=$prefix"
    expect_status 0
  done
}

test_a_stranger_with_its_name_is_not_dropped() {
  work_in sql-objects
  expect sql pg-test-1 "CREATE DATABASE other"
  expect on pg-test-1 systemctl stop pgbouncer
  expect sql pg-test-1 "ALTER DATABASE app RENAME TO app_old"
  expect sql pg-test-1 "ALTER DATABASE other RENAME TO app"
  expect on pg-test-1 systemctl start pgbouncer
  tf plan -detailed-exitcode
  expect_status 2
  expect_output 'name: is \"app_old\" on the server, where another database is called \"app\"'
  tf apply -var app=false
  expect_status 0
  expect_equal "$(sql pg-test-1 "SELECT string_agg(datname, ',') FROM pg_database WHERE datname LIKE 'app%'")" app
  # Made anew by hand: another one as well.
  expect sql pg-test-1 "DROP DATABASE app"
  tf apply
  expect_status 0
  expect sql pg-test-1 "DROP DATABASE app WITH (FORCE)"
  expect sql pg-test-1 "CREATE DATABASE app"
  tf plan
  expect_output "ours is gone: the database that is called \"app\" now is another one"
  tf apply
  expect_status 1
  expect_output "import it with the id pg-test/app@10.10.10.11"
  expect_equal "$(sql pg-test-1 "SELECT count(*) FROM pg_database WHERE datname = 'app'")" 1
}

run_tests
