#!/usr/bin/env bash
# examples/scenarios/03-deep-custom: one bare machine with six databases, seven users, a baseline of SQL, a service, an HBA rule, a
# virtual address, a backup schedule, PostGIS and TimescaleDB (a stand-in of the lab). Made, empty plan, each of its fields
# changed once and brought back, imported, destroyed.
# with: tofu terraform
# takes: 200
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/changes.sh"

nodes=(pg-meta-1)
start_lab bare pg-meta-1=10.10.10.10
app_user=dbuser_meta app_database=meta TF_VAR_app_password=DBUser.Meta
businesses=(bytebase gitea grafana kong wiki)

changed() { changed_in 03-deep-custom; }
# of TYPE NAME LINES: an override of one resource.
of() { printf 'resource "%s" "%s" {\n%s\n}\n' "$1" "$2" "$3"; }
meta_sql() { sql pg-meta-1 "$1"; }
list_line() { on pg-meta-1 sh -c "cat /etc/pgbouncer/fragments/$1.d/$2"; }

test_the_scenario_applies() {
  work_in 03-deep-custom
  # Statements of the audit are writes.
  of pigsty_pg_cluster meta '  parameters = { log_statement = "mod" }' >statements_override.tf
  tf init
  expect_status 0
  tf plan -out=plan
  expect_status 0
  expect_output "17 to add"
  tf apply plan
  expect_status 0
  plan_is_empty
}

test_a_second_apply_does_nothing() {
  work_in 03-deep-custom
  logged tf plan -detailed-exitcode
  expect_status 0
  expect_counted requests 2
  an_apply_writes_nothing
}

test_all_of_it_is_there() {
  local name
  expect_equal "$(meta_sql "SELECT count(*) FROM pg_database WHERE datname IN ('meta', 'bytebase', 'gitea', 'grafana', 'kong', 'wiki')")" 6
  expect_equal "$(meta_sql "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'dbuser\_%' AND rolname NOT IN ('dbuser_dba', 'dbuser_monitor')")" 7
  # The baseline: 20 objects and more, and its rows.
  expect_equal "$(database=meta sql pg-meta-1 "SELECT count(*) >= 20 FROM pg_class WHERE relnamespace = 'pigsty'::regnamespace")" t
  expect_equal "$(as_app 10.10.10.10 5433 "SELECT name FROM pigsty.inventory ORDER BY 1")" $'etcd\npg-meta'
  expect_equal "$(as_app 10.10.10.10 5433 "SELECT round(ST_Distance('POINT(0 0)', 'POINT(3 4)'))")" 5
  expect_equal "$(as_app 10.10.10.10 5433 "SELECT time_bucket('1 hour', TIMESTAMPTZ '2026-01-02 03:04:05+00') = '2026-01-02 03:00:00+00'")" t
  # By the virtual address, as each owner, who alone may come in.
  expect_equal "$(as_app 10.10.10.2 5433 "SELECT current_user")" dbuser_meta
  for name in "${businesses[@]}"; do
    expect_equal "$(app_user=dbuser_$name app_database=$name TF_VAR_app_password=DBUser.${name^} as_app 10.10.10.10 5433 "SELECT current_user")" "dbuser_$name"
    run as_app 10.10.10.10 5433 "SELECT 1" # dbuser_meta in its own database
    expect_status 0
    app_database=$name run as_app 10.10.10.10 5436 "SELECT 1"
    ((status != 0)) || failure "dbuser_meta comes into $name"
  done
  expect_equal "$(on pg-meta-1 crontab -l -u postgres 2>/dev/null; on pg-meta-1 grep -c '^00 01 \* \* \* postgres /pg/bin/pg-backup full' /etc/cron.d/pgbackrest-pg-meta)" 1
  expect_equal "$(on pg-meta-1 sudo -u postgres pgbackrest --stanza=pg-meta --output=json info | jq -r '.[0].backup | length')" 1
  expect_equal "$(list_line database meta)" "meta = host=/var/run/postgresql port=5432 auth_user=postgres pool_mode=transaction pool_size=64 min_pool_size=0 reserve_pool=32 max_db_connections=100"
}

test_each_field_of_a_user_is_changed_once() {
  changed < <(of pigsty_pg_user meta '  password         = "Other.Meta.7"
  login            = true
  superuser        = true
  createdb         = true
  createrole       = true
  inherit          = false
  replication      = true
  bypassrls        = true
  pgbouncer        = false
  connection_limit = 5
  expire_in        = 30
  comment          = "somebody else"
  roles            = ["dbrole_readwrite"]
  parameters       = { work_mem = "8MB" }
  pool_mode        = "session"
  pool_connlimit   = 3')
  expect_equal "$(meta_sql "SELECT rolsuper, rolcreatedb, rolcreaterole, rolinherit, rolreplication, rolbypassrls, rolconnlimit, rolconfig,
    rolvaliduntil::date - current_date BETWEEN 29 AND 31, shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = 'dbuser_meta'")" \
    "t|t|t|f|t|t|5|{work_mem=8MB}|t|somebody else"
  expect_equal "$(TF_VAR_app_password=Other.Meta.7 as_app 10.10.10.10 5436 "SELECT pg_has_role('dbrole_readwrite', 'MEMBER'), pg_has_role('dbrole_admin', 'MEMBER')")" "t|t"
  expect_equal "$(meta_sql "SELECT string_agg(roleid::regrole::text, ' ') FROM pg_auth_members WHERE member = 'dbuser_meta'::regrole")" dbrole_readwrite
  run list_line userlist dbuser_meta
  ((status != 0)) || failure "it stands in the pool's list"
  changed < <(of pigsty_pg_user meta '  login = false')
  run as_app 10.10.10.10 5436 "SELECT 1"
  expect_output "is not permitted to log in"
  brought_back_in 03-deep-custom
  expect_equal "$(as_app 10.10.10.10 5433 "SELECT current_user")" dbuser_meta
}

test_each_field_of_a_database_is_changed_once() {
  local began
  work_in 03-deep-custom
  # A changed baseline alone is not run; another version runs it.
  printf '%s\n' "CREATE TABLE pigsty.later (n int);" >later.sql
  changed < <(of pigsty_pg_database meta '  baseline          = file("${path.module}/later.sql")
  schemas           = ["pigsty", "more"]
  extensions        = [{ name = "postgis", schema = "public" }, { name = "timescaledb" }, { name = "pg_trgm" }]
  comment           = "another database"
  owner             = pigsty_pg_user.meta.name
  revoke_public     = true
  connection_limit  = 9
  pool_auth_user    = pigsty_pg_user.view.name
  pool_mode         = "session"
  pool_size         = 7
  pool_reserve      = 3
  pool_size_min     = 1
  pool_connlimit    = 11')
  expect_equal "$(meta_sql "SELECT pg_get_userbyid(datdba), datconnlimit, shobj_description(oid, 'pg_database'), has_database_privilege('dbuser_view', oid, 'CONNECT') FROM pg_database WHERE datname = 'meta'")" \
    "dbuser_meta|9|another database|f"
  expect_equal "$(database=meta sql pg-meta-1 "SELECT to_regclass('pigsty.later') IS NULL, to_regnamespace('more') IS NOT NULL, count(*) FROM pg_extension WHERE extname = 'pg_trgm'")" "t|t|1"
  expect_equal "$(list_line database meta)" "meta = host=/var/run/postgresql port=5432 auth_user=postgres pool_mode=session pool_size=7 min_pool_size=1 reserve_pool=3 max_db_connections=11"
  changed < <(of pigsty_pg_database meta '  baseline         = file("${path.module}/later.sql")
  baseline_version = 2
  pgbouncer        = false
  allow_connections = true')
  expect_equal "$(database=meta sql pg-meta-1 "SELECT to_regclass('pigsty.later') IS NOT NULL")" t
  run list_line database meta
  ((status != 0)) || failure "it stands in the pool's list"
  changed < <(of pigsty_pg_database meta '  allow_connections = false')
  expect_equal "$(meta_sql "SELECT datallowconn FROM pg_database WHERE datname = 'meta'")" f
  brought_back_in 03-deep-custom
  expect_equal "$(as_app 10.10.10.10 5433 "SELECT count(*) FROM pigsty.member")" 2
  # What is decided when a database is made is refused, with the way out.
  of pigsty_pg_database meta '  encoding = "LATIN1"' | refused_at_plan encoding "make a database of another name"
  of pigsty_pg_database meta '  lc_ctype = "C.UTF-8"' | refused_at_plan lc_ctype "make a database of another name"
  of pigsty_pg_database meta '  template = "template0"' | refused_at_plan template "make a database of another name"
  of pigsty_pg_database meta '  tablespace = "fast"' | refused_at_plan tablespace "make a database of another name"
  rm case_override.tf
}

test_each_field_of_the_cluster_is_changed_once() {
  local began
  began=$(meta_sql "SELECT pg_postmaster_start_time()")
  changed < <(of pigsty_pg_cluster meta '  networks           = { infra = ["10.10.10.0/28"] }
  instances          = { 1 = { address = pigsty_node.meta.address, role = "primary" } }
  extension_packages = ["postgis", "timescaledb", "pgvector"]
  hba_rules          = [{ user = "dbuser_view", db = "meta", addr = "infra", auth = "ssl", title = "reports" }]
  vip                = { address = "10.10.10.3/24" }
  backup             = { full_schedule = "00 02 * * *", incr_schedule = "00 03 * * *" }
  services = {
    standby = { port = 5445, ip = "10.10.10.10", selector = "[? pg_seq == `1` ]", dest = "postgres", check = "/health", maxconn = 10, balance = "leastconn", options = "inter 1s" }
  }')
  expect_equal "$(meta_sql "SELECT pg_postmaster_start_time()")" "$began"
  expect_equal "$(meta_sql "SELECT count(*) FROM pg_hba_file_rules WHERE 'dbuser_view' = ANY (user_name) AND type = 'hostssl' AND netmask = '255.255.255.240'")" 1
  expect on pg-meta-1 dpkg -s postgresql-17-pgvector
  expect on pg-meta-1 grep -q '^00 03 .* /pg/bin/pg-backup incr' /etc/cron.d/pgbackrest-pg-meta
  on_the_new_address() { [[ $(as_app 10.10.10.3 5433 "SELECT 1") == 1 ]]; }
  wait_until 20 on_the_new_address
  expect_equal "$(on pg-meta-1 ip -o addr show to 10.10.10.2)" ""
  answers() { [[ $(as_app 10.10.10.10 5445 "SELECT 1") == 1 ]]; }
  wait_until 20 answers
  changed < <(of pigsty_pg_cluster meta '  libs    = ["timescaledb", "pg_stat_statements"]
  restart = "rolling"')
  expect_equal "$(meta_sql "SHOW shared_preload_libraries")" "timescaledb, pg_stat_statements"
  changed < <(of pigsty_pg_cluster meta '  restart = "rolling"')
  brought_back_in 03-deep-custom
  expect_equal "$(meta_sql "SHOW shared_preload_libraries")" "timescaledb, pg_stat_statements, auto_explain"
}

test_imports_plan_nothing() {
  local name
  work_in 03-deep-custom
  run lab run -- "$cli" state rm pigsty_pg_cluster.meta pigsty_pg_user.view pigsty_pg_database.meta 'pigsty_pg_database.business["wiki"]'
  expect_status 0
  for name in "cluster.meta pg-meta@10.10.10.10" "user.view pg-meta/dbuser_view@10.10.10.10" "database.meta pg-meta/meta@10.10.10.10" 'database.business["wiki"] pg-meta/wiki@10.10.10.10'; do
    tf import "pigsty_pg_${name% *}" "${name##* }"
    expect_status 0
  done
  plan_is_empty
}

test_what_cannot_be_is_refused_at_plan() {
  work_in 03-deep-custom
  # timescaledb must be preloaded.
  of pigsty_pg_database meta '  extensions = [{ name = "postgis" }, { name = "postgis" }]' | refused_at_plan 'extensions[1]' "twice"
  of pigsty_pg_user meta '  valid_until = "2030-01-01"' | refused_at_plan 'expire_in' "exclude each other"
  of pigsty_pg_cluster meta '  vip = { address = "10.10.20.2/24" }' | refused_at_plan vip.address "expected an address in the network of the members"
  rm case_override.tf
}

test_destroy_leaves_nothing() {
  work_in 03-deep-custom
  TF_VAR_deletion_protection=false tf apply
  expect_status 0
  TF_VAR_deletion_protection=false tf destroy
  expect_status 0
  run on pg-meta-1 sh -c 'ls -d /pg /data/postgres /etc/patroni/patroni.yml /etc/haproxy/conf.d/pg-* /etc/cron.d/pgbackrest-* /var/lib/pigsty/claims/* /var/lib/pigsty/secrets/* 2>/dev/null; ip -o addr show to 10.10.10.2'
  expect_equal "$(<"$out")" ""
}

# With the second CLI the scenario itself: what a change does on the machine does not depend on it.
[[ $cli == tofu ]] || unset -f test_each_field_of_a_user_is_changed_once test_each_field_of_a_database_is_changed_once \
  test_each_field_of_the_cluster_is_changed_once test_what_cannot_be_is_refused_at_plan

run_tests
