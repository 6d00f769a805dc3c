#!/usr/bin/env bash
# What many users and databases cost, as a table: a thousand users and a hundred databases, each with a schema and an extension, on
# one prepared machine, beside the same statements in one session of psql. Exits 1 where a bound is broken.
#
#   acceptance/bench/objects.sh          about six minutes; the lab must be down, and is down afterwards
#
# PIGSTY_BENCH_USERS, PIGSTY_BENCH_DATABASES   how many (1000, 100)
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/measure.sh"

users=${PIGSTY_BENCH_USERS:-1000}
databases=${PIGSTY_BENCH_DATABASES:-100}
nodes=(pg-test-1)

# The statements, as somebody would write them down who knows that nothing is there yet. Passwords come as verifiers, as ours do.
floor_sql() {
  local i verifier='SCRAM-SHA-256$4096:c2FsdHNhbHRzYWx0c2FsdA==$ldYO4eZCAyX26PX5cVBZY3PRaTYDrnzdnGu9W4OFBfs=:0Jzh2ZC3OAtVBXrS5v+SHnYeaMYCQZ+vYJG5bF6YyKs='
  for ((i = 0; i < users; ++i)); do
    printf "CREATE ROLE floor_%d LOGIN PASSWORD '%s';\nGRANT dbrole_readwrite TO floor_%d;\nCOMMENT ON ROLE floor_%d IS 'user %d';\n" "$i" "$verifier" "$i" "$i" "$i"
  done
  for ((i = 0; i < databases; ++i)); do
    printf 'CREATE DATABASE floor_%d OWNER floor_%d;\n' "$i" "$i"
    printf '\\c floor_%d\nCREATE SCHEMA app AUTHORIZATION floor_%d;\nCREATE EXTENSION pg_trgm;\n' "$i" "$i"
  done
}
floor() { floor_sql | on pg-test-1 sudo -u postgres psql -XqAt -v ON_ERROR_STOP=1 -d postgres -f -; }

configuration() {
  cat >objects.tf <<TF
resource "pigsty_pg_user" "many" {
  count               = $users
  cluster             = local.cluster
  name                = "user_\${count.index}"
  password            = "word of \${count.index}"
  roles               = ["dbrole_readwrite"]
  comment             = "user \${count.index}"
}
resource "pigsty_pg_database" "many" {
  count               = $databases
  cluster             = local.cluster
  name                = "database_\${count.index}"
  owner               = pigsty_pg_user.many[count.index].name
  schemas             = ["app"]
  extensions          = [{ name = "pg_trgm" }]
  pgbouncer           = false
  deletion_protection = false
}
# Evaluated once, where a reference in each of them would be decoded each time.
locals { cluster = pigsty_pg_cluster.test.connection }
TF
}

# The other way's objects go before ours are made: what is on the server is the same for both.
drop_the_floor() {
  {
    local i
    for ((i = 0; i < databases; ++i)); do printf 'DROP DATABASE floor_%d;\n' "$i"; done
    for ((i = 0; i < users; ++i)); do printf 'DROP ROLE floor_%d;\n' "$i"; done
  } | on pg-test-1 sudo -u postgres psql -XqAt -v ON_ERROR_STOP=1 -d postgres -f -
}

measure() {
  local -a refreshed=() unread=()
  local floor_took
  one_node prepared
  work_in one-node
  quiet_tf init
  quiet_tf apply
  timed run floor
  expect_status 0
  floor_took=$took
  expect drop_the_floor
  configuration
  row "$users users and $databases databases, create: one session of psql (s)" "$floor_took"
  timed logged quiet_tf apply
  row "$users users and $databases databases, create: ours (s)" "$took"
  bound '  ratio' "$(calculate "$took / $floor_took" 2)" 0.85
  expect_equal "$(sql pg-test-1 "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'user\_%'") $(sql pg-test-1 "SELECT count(*) FROM pg_database WHERE datname LIKE 'database\_%'")" "$users $databases"
  logged quiet_tf plan -detailed-exitcode
  # Database postgres, template1 and app, and each of ours.
  bound 'plan without a change: SQL connections' "$(counted connections)" $((databases + 3))
  row 'plan without a change: SQL statements' "$(counted statements)"
  bound 'plan without a change: root requests' "$(counted requests)" 2
  for _ in 1 2 3; do
    timed quiet_tf plan
    refreshed+=("$took")
    timed quiet_tf plan -refresh=false
    unread+=("$took")
  done
  row 'plan without a change (s, best of 3)' "$(best "${refreshed[@]}")"
  row '  the same without reading anything (-refresh=false)' "$(best "${unread[@]}")"
  bound '  the difference' "$(calculate "$(best "${refreshed[@]}") - $(best "${unread[@]}")" 2)" 0.5
}

row what measured bound
measure
exit "$broken"
