#!/usr/bin/env bash
# Who gets in through pgbouncer: many users at once, roles that may log in no more, passwords of another kind, lists that
# somebody edited or a killed run left; and users that a killed run made.
# with: tofu
# takes: 75
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"

nodes=(pg-test-1)
one_node prepared

userlist() { on pg-test-1 cat /etc/pgbouncer/userlist.txt; }
# known_to_pgbouncer NAME: by what it runs with.
known_to_pgbouncer() {
  on pg-test-1 sudo -u postgres psql -XAtq -h /run/postgresql -p 6432 -U postgres pgbouncer -c 'SHOW USERS' | cut -d'|' -f1 | grep -qx -- "$1"
}
# as_user NAME PASSWORD PORT
as_user() { PGPASSWORD=$2 PGCONNECT_TIMEOUT=5 lab run -- psql -XAtq "host=10.10.10.11 port=$3 user=$1 dbname=app" -c "SELECT current_user"; }

test_many_users_reload_pgbouncer_a_few_times() {
  work_in access
  tf init
  expect_status 0
  tf apply -target=pigsty_pg_database.app
  expect_status 0
  logged tf apply
  expect_status 0
  # Ten at a time, gathered: far fewer than one for each of the forty.
  expect_counted pool_reloads 20
  expect_equal "$(userlist | grep -c '"many-')" 40
  plan_is_empty
  expect as_user many-7 many-7-password 6432
  expect_output many-7
}

test_a_role_whose_time_is_over_leaves_the_lists() {
  work_in access
  expect as_user guest guest-password 6432
  expect sql pg-test-1 "ALTER ROLE guest VALID UNTIL '2020-01-01'"
  tf plan -detailed-exitcode -var guest_until=2020-01-01
  expect_status 2
  expect_output 'userlist.d/guest is there, and its valid_until has passed'
  tf apply -var guest_until=2020-01-01
  expect_status 0
  expect_output "pgbouncer's lists leave it out: its valid_until has passed"
  run as_user guest guest-password 6432
  ((status != 0)) || failure "guest still gets in through pgbouncer"
  tf plan -detailed-exitcode -var guest_until=2020-01-01
  expect_status 0
  tf apply
  expect_status 0
  expect as_user guest guest-password 6432
}

test_an_md5_password_concerns_nobody_else() {
  work_in access
  expect sql pg-test-1 "SET password_encryption = 'md5'; ALTER ROLE bare PASSWORD 'old'"
  tf plan -detailed-exitcode
  expect_status 2
  expect_output "leaves"
  expect_output "an MD5 hash, no SCRAM-SHA-256 verifier"
  tf apply
  expect_status 1
  expect_output "set its password anew"
  expect as_user guest guest-password 6432
  expect sql pg-test-1 "ALTER ROLE bare PASSWORD NULL"
  tf apply
  expect_status 0
  plan_is_empty
}

test_an_edited_list_and_an_owed_reload_are_drift() {
  work_in access
  expect on pg-test-1 sed -i '/"guest"/d' /etc/pgbouncer/userlist.txt
  tf plan -detailed-exitcode
  expect_status 2
  expect_output 'userlist.txt is not what its fragments say'
  tf apply
  expect_status 0
  plan_is_empty
  expect on pg-test-1 sh -c 'echo userlist.d/guest >/etc/pgbouncer/fragments/.owed'
  tf plan -detailed-exitcode
  expect_status 2
  expect_output 'userlist.d/guest was written by a run that ended before pgbouncer took it'
  tf apply
  expect_status 0
  plan_is_empty
  expect known_to_pgbouncer guest
}

test_a_user_that_a_killed_run_made_is_taken_over() {
  work_in access
  expect_equal "$(sql pg-test-1 "SELECT count(*) FROM pigsty.claim WHERE handover <> ''")" 0
  local id
  id=$(sql pg-test-1 "SELECT id FROM pigsty.claim WHERE name = 'guest'")
  run lab run -- "$cli" state rm pigsty_pg_user.guest
  expect_status 0
  tf apply
  expect_status 1
  expect_output 'found one that this configuration did not make'
  expect sql pg-test-1 "UPDATE pigsty.claim SET handover = '0a0b0c0d-1111' WHERE name = 'guest'"
  tf apply
  expect_status 0
  expect_output 'takes over the role "guest"'
  expect_equal "$(sql pg-test-1 "SELECT id, handover FROM pigsty.claim WHERE name = 'guest'")" "$id|"
  plan_is_empty
}

run_tests
