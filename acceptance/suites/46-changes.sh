#!/usr/bin/env bash
# Every attribute is changed in place and brought back: the plan says update, the node has it, and the plan is empty again.
# with: tofu
# also on: bookworm
# takes: 300
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/changes.sh"

nodes=(pg-test-1)
one_node prepared

changed() { changed_in one-node; }
brought_back() { brought_back_in one-node; }
announced() { announced_for pigsty_pg_cluster.test; }

setting() { sql pg-test-1 "SHOW $1"; }

test_the_cluster_is_there() {
  work_in one-node
  tf init
  expect_status 0
  tf apply
  expect_status 0
  plan_is_empty
}

test_node() {
  local certificate=$work_root/one-node/extra-ca.pem
  expect openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -out "$certificate" -days 30 -subj /CN=extra-ca
  changed <<'END'
resource "pigsty_node" "one" {
  name                 = "renamed"
  hosts                = { "10.10.10.98" = ["other", "other.example"] }
  timezone             = "Europe/Prague"
  sysctl               = { "net.core.somaxconn" = "5000", "net.ipv4.ip_local_port_range" = "20000 60000" }
  crontab              = ["00 02 * * * root true", "00 03 * * * postgres true"]
  packages             = ["chrony"]
  repositories         = { extra = { uris = ["file:/var/cache/pigsty-repo"], suites = ["./"], trusted = true } }
  trusted_certificates = { extra = file("extra-ca.pem") }
}
END
  expect_equal "$(on pg-test-1 hostname)" renamed
  expect_equal "$(on pg-test-1 getent hosts other.example | tr -s ' ')" "10.10.10.98 other other.example"
  expect_equal "$(on pg-test-1 getent hosts elsewhere)" ""
  expect_equal "$(on pg-test-1 readlink -f /etc/localtime)" /usr/share/zoneinfo/Europe/Prague
  expect_equal "$(on pg-test-1 sysctl -n net.core.somaxconn net.ipv4.ip_local_port_range | tr -s '\t\n' '  ')" "5000 20000 60000 "
  expect_equal "$(on pg-test-1 sh -c 'cat /etc/cron.d/*pigsty* | grep -c true')" 2
  expect on pg-test-1 dpkg -s chrony
  expect on pg-test-1 sh -c 'grep -q "^URIs: file:/var/cache/pigsty-repo" /etc/apt/sources.list.d/*extra*'
  expect on pg-test-1 sh -c 'openssl x509 -noout -subject -in /etc/ssl/certs/*extra*.pem | grep -q extra-ca'
  brought_back
  expect_equal "$(on pg-test-1 hostname)" pg-test-1
  expect_equal "$(on pg-test-1 getent hosts other.example)" ""
  run on pg-test-1 sh -c 'ls /etc/apt/sources.list.d/*extra* /usr/local/share/ca-certificates/*extra* /etc/ssl/certs/*extra*'
  expect_equal "$(grep -v 'No such file' "$out")" ""
}

test_authority_and_etcd() {
  changed <<'END'
resource "pigsty_ca" "this" {
  leaf_validity_days = 3650
}
resource "pigsty_etcd_cluster" "this" {
  quota_backend_bytes = 4294967296
}
END
  expect on pg-test-1 grep -rq 4294967296 /etc/etcd
  wait_until 30 cluster_is_whole
  brought_back
  wait_until 30 cluster_is_whole
}

test_parameters_that_a_reload_takes() {
  local started
  started=$(sql pg-test-1 "SELECT pg_postmaster_start_time()")
  changed <<'END'
resource "pigsty_pg_cluster" "test" {
  parameters = { log_statement = "ddl", work_mem = "12MB", log_line_prefix = "%m it's % " }
  instances  = { 1 = { address = "10.10.10.11", role = "primary", parameters = { maintenance_work_mem = "99MB" } } }
}
END
  # At once: the apply ends when the server has read it.
  expect_equal "$(setting log_statement) $(setting work_mem) $(setting maintenance_work_mem) $(setting log_line_prefix)" "ddl 12MB 99MB %m it's % "
  # One setting, whatever its spelling; the same size and truth in other words.
  changed <<'END'
resource "pigsty_pg_cluster" "test" {
  restart    = "rolling"
  parameters = { log_statement = "DDL", Work_Mem = "12288kB", log_line_prefix = "%m it's % ", shared_buffers = "0.25GB", autovacuum = "t" }
}
END
  [[ $(announced) == *"restart postgresql"*"shared_buffers"* ]] || failure "the restart is not announced: $(announced)"
  started=$(sql pg-test-1 "SELECT pg_postmaster_start_time()")
  changed <<'END'
resource "pigsty_pg_cluster" "test" {
  restart    = "rolling"
  parameters = { log_statement = "ddl", work_mem = "12MB", log_line_prefix = "%m it's % ", shared_buffers = "262144kB", autovacuum = "yes" }
}
END
  [[ $(announced) != *postgresql* ]] || failure "announced although nothing changes: $(announced)"
  expect_equal "$(sql pg-test-1 "SELECT pg_postmaster_start_time()")" "$started"
  expect_equal "$(on pg-test-1 sh -c "sudo -u postgres patronictl -c /etc/patroni/patroni.yml show-config | grep -ci ' work_mem:'")" 1
  changed <<'END'
resource "pigsty_pg_cluster" "test" {
  restart = "rolling"
}
END
  brought_back
  started=$(sql pg-test-1 "SELECT pg_postmaster_start_time()")
  expect_equal "$(setting log_statement)" all
  [[ $(setting work_mem) != 12MB && $(setting maintenance_work_mem) != 99MB ]] || failure "the parameters stayed"
  expect_equal "$(sql pg-test-1 "SELECT pg_postmaster_start_time()")" "$started"
}

test_what_needs_a_restart_waits_for_one() {
  local before started
  before=$(setting max_connections)
  started=$(sql pg-test-1 "SELECT pg_postmaster_start_time()")
  changed <<'END'
resource "pigsty_pg_cluster" "test" {
  max_connections = 155
}
END
  [[ $(announced) == *max_connections* ]] || failure "last_change does not name max_connections: $(announced)"
  expect_equal "$(setting max_connections)" "$before"
  expect_equal "$(sql pg-test-1 "SELECT pg_postmaster_start_time()")" "$started"
}

# At once: Patroni itself says it at its next loop only, up to ten seconds later.
test_a_rolling_restart_applies_it() {
  changed <<'END'
resource "pigsty_pg_cluster" "test" {
  max_connections = 155
  restart         = "rolling"
}
END
  [[ $(announced) == "restart postgresql on pg-test-1: max_connections "*" → 155, "*", leader first, write gap about 5 s" ]] ||
    failure "what waits is not announced: $(announced)"
  expect_equal "$(setting max_connections)" 155
  changed <<'END'
resource "pigsty_pg_cluster" "test" {
  template = "olap"
  restart  = "rolling"
}
END
  [[ $(setting max_connections) != 155 ]] || failure "the template's max_connections did not come"
  changed <<'END'
resource "pigsty_pg_cluster" "test" {
  restart   = "rolling"
  instances = { 1 = { address = "10.10.10.11", role = "primary", parameters = { max_files_per_process = "900" } } }
}
END
  [[ $(announced) == *"restart postgresql on pg-test-1: "*"pg-test-1 max_files_per_process default → 900"* ]] ||
    failure "the member's own restart is not announced: $(announced)"
  expect_equal "$(setting max_files_per_process)" 900
  changed <<'END'
resource "pigsty_pg_cluster" "test" {
  restart = "rolling"
}
END
  brought_back
}

# A new change under "rolling" meets an older one that waits: both are announced, and done in the order that both need.
test_what_waits_is_restarted_together_with_what_is_new() {
  changed <<'END'
resource "pigsty_pg_cluster" "test" {
  max_connections = 120
}
END
  changed <<'END'
resource "pigsty_pg_cluster" "test" {
  max_connections = 120
  restart         = "rolling"
  parameters      = { log_statement = "all", shared_buffers = "200MB" }
}
END
  [[ $(announced) == *"max_connections "*" → 120, "*"shared_buffers "*" → 200MB, leader first"* ]] ||
    failure "what waits is not announced with what is new: $(announced)"
  expect_equal "$(setting max_connections) $(setting shared_buffers)" "120 200MB"
  expect_equal "$(sql pg-test-1 "SELECT count(*) FROM pg_settings WHERE pending_restart")" 0
  changed <<'END'
resource "pigsty_pg_cluster" "test" {
  restart = "rolling"
}
END
  brought_back
}

# What an extension's library brings along is known from the server.
test_settings_of_extensions_restart_where_the_server_says_so() {
  changed <<'END'
resource "pigsty_pg_cluster" "test" {
  restart    = "rolling"
  parameters = { log_statement = "all", shared_preload_libraries = "pg_stat_statements,auto_explain,pg_prewarm" }
}
END
  changed <<'END'
resource "pigsty_pg_cluster" "test" {
  restart    = "rolling"
  parameters = { log_statement = "all", shared_preload_libraries = "pg_stat_statements,auto_explain,pg_prewarm", "pg_prewarm.autoprewarm" = "off" }
}
END
  [[ $(announced) == *"restart postgresql on pg-test-1: pg_prewarm.autoprewarm"* ]] || failure "not announced: $(announced)"
  expect_equal "$(setting pg_prewarm.autoprewarm)" off
  changed <<'END'
resource "pigsty_pg_cluster" "test" {
  restart = "rolling"
}
END
  brought_back
}

# Our own sessions set what they need.
test_a_cluster_that_is_read_only_by_default_and_ends_statements_early() {
  work_in one-node
  cat >change_override.tf <<'END'
resource "pigsty_pg_cluster" "test" {
  parameters = { log_statement = "all", statement_timeout = "100ms", default_transaction_read_only = "on", idle_in_transaction_session_timeout = "50ms", lock_timeout = "1ms" }
}
END
  cat >slow.tf <<'END'
resource "pigsty_pg_database" "slow" {
  cluster             = pigsty_pg_cluster.test.connection
  name                = "slow"
  baseline            = "SELECT pg_sleep(0.5); CREATE TABLE made (id int);"
  deletion_protection = false
}
END
  tf apply
  expect_status 0
  plan_is_empty
  expect_equal "$(database=slow sql pg-test-1 "SELECT count(*) FROM made")" 0
  rm slow.tf
  brought_back
}

test_access_rules() {
  changed <<'END'
resource "pigsty_pg_cluster" "test" {
  networks  = { admin = ["10.10.10.0/24"], infra = ["10.10.20.0/24"] }
  hba_rules = [
    { title = "reports", user = "dbrole_readonly", db = "app", addr = "admin", auth = "ssl" },
    { title = "as they are", rules = ["host all probe 10.10.30.0/24 reject"], order = 10 },
  ]
}
END
  expect_equal "$(sql pg-test-1 "SELECT count(*) FILTER (WHERE error IS NOT NULL), count(*) FILTER (WHERE 'probe' = ANY (user_name)), count(*) FILTER (WHERE address = '10.10.10.0' AND 'app' = ANY (database)) FROM pg_hba_file_rules")" "0|1|1"
  changed <<'END'
resource "pigsty_pg_cluster" "test" {
  default_hba_rules = [
    { user = "$${dbsu}", db = "all", addr = "local", auth = "ident" },
    { user = "$${repl}", db = "replication", addr = "cluster", auth = "ssl" },
    { user = "all", db = "all", addr = "world", auth = "pwd" },
  ]
}
END
  expect_equal "$(sql pg-test-1 "SELECT count(*) < 8 FROM pg_hba_file_rules")" t
  brought_back
}

test_pgbouncer() {
  changed <<'END'
resource "pigsty_pg_cluster" "test" {
  pgbouncer = {
    port      = 6433
    pool_mode = "session"
    ssl_mode  = "prefer"
    hba_rules = [{ title = "reports", user = "all", db = "app", addr = "10.10.40.0/24", auth = "pwd" }]
  }
}
END
  through_the_pool() { [[ $(as_app 10.10.10.11 "$1" "SELECT current_user") == app ]]; }
  wait_until 30 through_the_pool 5433
  wait_until 30 through_the_pool 6433
  expect on pg-test-1 grep -q 'pool_mode *= *session' /etc/pgbouncer/pgbouncer.ini
  changed <<'END'
resource "pigsty_pg_cluster" "test" {
  pgbouncer = { auth_query = true }
}
END
  expect_equal "$(sql pg-test-1 "CREATE ROLE asked LOGIN PASSWORD 'asked' IN ROLE dbrole_readonly" && echo made)" made
  as_asked() { [[ $(PGPASSWORD=asked lab run -- psql -XAtq "host=10.10.10.11 port=6432 user=asked dbname=app" -c "SELECT current_user") == asked ]]; }
  wait_until 15 as_asked
  expect_equal "$(sql pg-test-1 "DROP ROLE asked" && echo gone)" gone
  changed <<'END'
resource "pigsty_pg_cluster" "test" {
  pgbouncer            = { enabled = false }
  default_service_dest = "postgres"
}
END
  run on pg-test-1 systemctl is-active pgbouncer
  expect_status 3
  wait_until 30 through_the_pool 5433
  brought_back
  wait_until 30 through_the_pool 6432
}

test_services() {
  changed <<'END'
resource "pigsty_pg_cluster" "test" {
  instances = { 1 = { address = "10.10.10.11", role = "primary", weight = 50, offline_query = true } }
  services  = { reports = { port = 5440, dest = "postgres", check = "/primary", selector = "[]", maxconn = 100 } }
}
END
  reached() { [[ $(as_app 10.10.10.11 "$1" "SELECT current_user") == app ]]; }
  wait_until 30 reached 5440
  expect on pg-test-1 grep -q 'pg-test-1 .* weight 50$' /etc/haproxy/conf.d/pg-test-offline.cfg
  changed <<'END'
resource "pigsty_pg_cluster" "test" {
  default_services = { primary = { port = 5443, dest = "postgres", check = "/primary", selector = "[]" } }
}
END
  wait_until 30 reached 5443
  run reached 5433
  expect_status 1
  brought_back
  wait_until 30 reached 5433
}

test_default_objects() {
  changed <<'END'
resource "pigsty_pg_cluster" "test" {
  default_roles = [
    { name = "dbrole_readonly", login = false, comment = "reads" },
    { name = "dbrole_readwrite", login = false, roles = ["dbrole_readonly"], comment = "writes" },
    { name = "dbrole_offline", login = false, comment = "reads offline" },
    { name = "dbrole_admin", login = false, roles = ["dbrole_readwrite"], comment = "administers" },
    { name = "auditor", login = true, roles = ["pg_read_all_settings"], connection_limit = 3, parameters = { search_path = "audit" } },
  ]
  default_schemas    = ["monitor", "audit"]
  default_extensions = [{ name = "pg_stat_statements", schema = "monitor" }, { name = "btree_gin" }]
  default_privileges = ["GRANT SELECT ON TABLES TO dbrole_readonly"]
}
END
  expect_equal "$(sql pg-test-1 "SELECT rolconnlimit, pg_has_role('auditor', 'pg_read_all_settings', 'member') FROM pg_roles WHERE rolname = 'auditor'")" "3|t"
  expect_equal "$(database=template1 sql pg-test-1 "SELECT string_agg(nspname, ',' ORDER BY nspname) FROM pg_namespace WHERE nspname IN ('monitor', 'audit')")" "audit,monitor"
  expect_equal "$(database=template1 sql pg-test-1 "SELECT count(*) FROM pg_extension WHERE extname = 'btree_gin'")" 1
  brought_back
}

test_what_only_the_provider_knows() {
  changed <<'END'
resource "pigsty_node" "one" {
  drift_policy = "report"
  timeouts     = { update = "9m" }
}
resource "pigsty_ca" "this" {
  deletion_protection = true
  drift_ignore        = ["nothing at all"]
}
resource "pigsty_etcd_cluster" "this" {
  deletion_protection = true
  drift_policy        = "report"
}
resource "pigsty_pg_cluster" "test" {
  deletion_protection = true
  drift_ignore        = ["nothing at all"]
  timeouts            = { create = "30m", update = "20m" }
}
resource "pigsty_pg_user" "app" {
  drift_policy = "report"
}
resource "pigsty_pg_database" "app" {
  deletion_protection = true
  force_disconnect    = true
}
END
  brought_back
}

test_user() {
  changed <<'END'
resource "pigsty_pg_user" "app" {
  createdb         = true
  createrole       = true
  replication      = true
  bypassrls        = true
  superuser        = true
  inherit          = false
  connection_limit = 7
  valid_until      = "2031-05-06"
  comment          = "it's the application"
  roles            = ["dbrole_readonly", "dbrole_admin"]
  role_options     = { dbrole_admin = { admin = true } }
  parameters       = { statement_timeout = "31s", search_path = "app, public" }
  pool_mode        = "session"
  pool_connlimit   = 9
}
END
  expect_equal "$(sql pg-test-1 "SELECT rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolconnlimit, rolvaliduntil::date, shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = 'app'")" \
    "t|f|t|t|t|t|7|2031-05-06|it's the application"
  expect_equal "$(sql pg-test-1 "SELECT string_agg(roleid::regrole || ' ' || admin_option, ', ' ORDER BY roleid::regrole::text) FROM pg_auth_members WHERE member = 'app'::regrole")" \
    "dbrole_admin true, dbrole_readonly false"
  expect_equal "$(as_app 10.10.10.11 5432 "SHOW statement_timeout")" 31s
  expect on pg-test-1 grep -q 'app.*pool_mode=session.*' /etc/pgbouncer/useropts.txt
  changed <<'END'
resource "pigsty_pg_user" "app" {
  login     = false
  expire_in = 30
  pgbouncer = false
}
END
  expect_equal "$(sql pg-test-1 "SELECT rolcanlogin, rolvaliduntil::date - current_date BETWEEN 29 AND 31 FROM pg_roles WHERE rolname = 'app'")" "f|t"
  run on pg-test-1 grep -q '"app"' /etc/pgbouncer/userlist.txt
  expect_status 1
  brought_back
  expect_equal "$(sql pg-test-1 "SELECT rolsuper, rolcanlogin, rolconnlimit, coalesce(rolvaliduntil, 'infinity') FROM pg_roles WHERE rolname = 'app'")" "f|t|-1|infinity"
  in_the_pool() { [[ $(as_app 10.10.10.11 6432 "SELECT 1") == 1 ]]; }
  wait_until 15 in_the_pool
}

test_database() {
  changed <<'END'
resource "pigsty_pg_database" "app" {
  owner             = "dbrole_admin"
  schemas           = ["sales", "stock"]
  schema_owners     = { stock = "dbrole_readwrite" }
  extensions        = [{ name = "pg_trgm" }, { name = "hstore", schema = "sales" }]
  comment           = "it's the shop"
  revoke_public     = true
  connection_limit  = 11
  baseline          = "CREATE TABLE IF NOT EXISTS seed AS SELECT 'sown' AS word;"
  baseline_version  = 2
  pool_mode         = "session"
  pool_size         = 3
  pool_size_min     = 1
  pool_reserve      = 2
  pool_connlimit    = 20
}
END
  expect_equal "$(sql pg-test-1 "SELECT datdba::regrole, datconnlimit, shobj_description(oid, 'pg_database'), has_database_privilege('public', oid, 'CONNECT') FROM pg_database WHERE datname = 'app'")" \
    "dbrole_admin|11|it's the shop|f"
  expect_equal "$(database=app sql pg-test-1 "SELECT string_agg(nspname || ' ' || nspowner::regrole, ', ' ORDER BY nspname) FROM pg_namespace WHERE nspname IN ('sales', 'stock')")" \
    "sales dbrole_admin, stock dbrole_readwrite"
  expect_equal "$(database=app sql pg-test-1 "SELECT extnamespace::regnamespace FROM pg_extension WHERE extname = 'hstore'")" sales
  expect_equal "$(database=app sql pg-test-1 "SELECT word FROM seed")" sown
  expect on pg-test-1 sh -c 'grep "^app " /etc/pgbouncer/database.txt | grep "pool_mode=session" | grep "pool_size=3" | grep "min_pool_size=1" | grep "reserve_pool=2" | grep -q "max_db_connections=20"'
  changed <<'END'
resource "pigsty_pg_database" "app" {
  allow_connections = false
  pgbouncer         = false
}
END
  expect_equal "$(sql pg-test-1 "SELECT datallowconn FROM pg_database WHERE datname = 'app'")" f
  run on pg-test-1 grep -q '^app ' /etc/pgbouncer/database.txt
  expect_status 1
  brought_back
  expect_equal "$(sql pg-test-1 "SELECT datdba::regrole, datallowconn, datconnlimit FROM pg_database WHERE datname = 'app'")" "app|t|-1"
}

test_a_second_apply_does_nothing() {
  # Statements that change something, and no others, are logged and so counted.
  changed <<'END'
resource "pigsty_pg_cluster" "test" {
  parameters = { log_statement = "mod" }
}
END
  mod() { [[ $(setting log_statement) == mod ]]; }
  wait_until 30 mod
  an_apply_writes_nothing
}

run_tests
