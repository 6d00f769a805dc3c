#!/usr/bin/env bash
# The roles that a cluster brings with it, as an example of Pigsty's writes them: dates, places in the pool, passwords that no
# state has, HBA rules with certificates; each changed, changed by hand and repaired, brought back.
# with: tofu
# takes: 75
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/changes.sh"

nodes=(pg-test-1)
one_node prepared

changed() { changed_in one-node; }

# roles DAYS MONITOR VERSION: the configuration with the example's roles; MONITOR are the attributes of the last one. Passwords
# come as a variable, for a plan holds the text of its configuration.
roles() {
  cat <<END
resource "pigsty_pg_cluster" "test" {
  parameters                = { log_statement = "ddl" } # not every statement, so that the audit counts what writes
  networks = { infra = ["10.10.10.11/32"] }
  role_passwords_wo         = var.role_passwords
  role_passwords_wo_version = $3
  default_roles = [
    { name = "dbrole_readonly", login = false, comment = "role for global read-only access" },
    { name = "dbrole_offline", login = false, comment = "role for restricted read-only access" },
    { name = "dbrole_readwrite", login = false, roles = ["dbrole_readonly"], comment = "role for global read-write access" },
    { name = "dbrole_admin", login = false, roles = ["pg_monitor", "dbrole_readwrite"], comment = "role for object creation" },
    { name = "postgres", superuser = true, expire_in = $1, comment = "system superuser" },
    { name = "replicator", replication = true, expire_in = 7300, roles = ["pg_monitor", "dbrole_readonly"], comment = "system replicator" },
    { name = "dbuser_dba", superuser = true, expire_in = 7300, roles = ["dbrole_admin"], pgbouncer = true, pool_mode = "session", pool_connlimit = 16, comment = "pgsql admin user" },
    { name = "dbuser_monitor", $2, expire_in = 7300, comment = "pgsql monitor user" },
  ]
  default_hba_rules = [
    { user = "\$\${dbsu}", db = "all", addr = "local", auth = "ident", title = "dbsu access via local os user ident" },
    { user = "\$\${dbsu}", db = "replication", addr = "local", auth = "ident", title = "dbsu replication from local os ident" },
    { user = "\$\${repl}", db = "replication", addr = "localhost", auth = "ssl", title = "replicator replication from localhost" },
    { user = "\$\${repl}", db = "replication", addr = "intra", auth = "ssl", title = "replicator replication from intranet" },
    { user = "\$\${repl}", db = "postgres", addr = "intra", auth = "ssl", title = "replicator postgres db from intranet" },
    { user = "\$\${monitor}", db = "all", addr = "localhost", auth = "pwd", title = "monitor from localhost with password" },
    { user = "\$\${monitor}", db = "all", addr = "infra", auth = "ssl", title = "monitor from infra host with password" },
    { user = "\$\${admin}", db = "all", addr = "infra", auth = "ssl", title = "admin @ infra nodes with pwd & ssl" },
    { user = "\$\${admin}", db = "all", addr = "world", auth = "cert", title = "admin @ everywhere with ssl & cert" },
    { user = "+dbrole_readonly", db = "all", addr = "localhost", auth = "ssl", title = "pgbouncer read/write via local socket" },
    { user = "+dbrole_readonly", db = "all", addr = "intra", auth = "ssl", title = "read/write biz user via password" },
    { user = "+dbrole_offline", db = "all", addr = "intra", auth = "ssl", title = "allow etl offline tasks from intranet" },
  ]
}
END
}
monitor='roles = ["pg_monitor"], pgbouncer = true, parameters = { log_min_duration_statement = "1000" }, pool_mode = "session", pool_connlimit = 8'
# One that a shell, SQL and pgbouncer's list would each read in their own way.
dba_password='Dba'"'"'s $(id) "pass\word'
passwords() { jq -nc --arg dba "$dba_password" --arg monitor "$1" '{dbuser_dba: $dba, dbuser_monitor: $monitor}'; }
TF_VAR_role_passwords=$(passwords DBUser.Monitor)
export TF_VAR_role_passwords

fragments() { on pg-test-1 sh -c "cat /etc/pgbouncer/fragments/$1.d/$2"; }
until_of() { sql pg-test-1 "SELECT to_char(valuntil AT TIME ZONE 'UTC', 'YYYY-MM-DD') FROM pg_user WHERE usename = '$1'"; }
in_days() { date -u -d "+$1 days" +%F; }
# with_password USER PASSWORD PORT: on the member itself.
with_password() {
  on pg-test-1 env PGPASSWORD="$2" PGCONNECT_TIMEOUT=5 psql -XAtq "host=10.10.10.11 port=$3 user=$1 dbname=app sslmode=prefer" -c "SELECT current_user"
}
at_the_pool_s_console() {
  on pg-test-1 env PGPASSWORD="$1" psql -XAtq "host=10.10.10.11 port=6432 user=dbuser_monitor dbname=pgbouncer" -c "SHOW VERSION"
}
nothing_of_the_passwords() {
  ! grep -rqF -e DBUser.Monitor -e 'pass\\word' -e DBUser.Watcher "$work_root/one-node/terraform.tfstate" "$work_root/plan.json" || failure "a password is in the state or the plan"
}

test_a_create_says_who_has_no_password() {
  work_in one-node
  cat >passwords.tf <<'END'
variable "role_passwords" {
  type      = map(string)
  sensitive = true
  ephemeral = true
}
END
  tf init
  expect_status 0
  tf plan
  expect_output "dbuser_dba, dbuser_monitor may log in by peer or certificate only"
  tf apply
  expect_status 0
  plan_is_empty
  [[ $(cat "$out") != *"peer or certificate"* ]] || failure "said more than once"
  # Pigsty's own default roles are in the pool.
  expect_equal "$(fragments useropts dbuser_dba)" "dbuser_dba = pool_mode=session max_user_connections=16"
  expect_equal "$(fragments userlist dbuser_monitor)" '"dbuser_monitor" ""'
}

test_roles_with_dates_passwords_and_places_in_the_pool() {
  work_in one-node
  roles 7300 "$monitor" 1 | tee change_override.tf >/dev/null
  applied_in_place
  expect_equal "$(announced_for pigsty_pg_cluster.test | grep -o 'update pg-test role passwords')" "update pg-test role passwords"
  an_apply_writes_nothing
  nothing_of_the_passwords
  for role in postgres replicator dbuser_dba dbuser_monitor; do expect_equal "$(until_of "$role")" "$(in_days 7300)"; done
  expect_equal "$(sql pg-test-1 "SELECT array_to_string(useconfig, ',') FROM pg_user WHERE usename = 'dbuser_monitor'")" "log_min_duration_statement=1000"
  expect_equal "$(sql pg-test-1 "SELECT pg_has_role('dbuser_monitor', 'dbrole_readonly', 'member')")" f
  # By password where rules say so: TLS from an infra node, the pool.
  local port
  for port in 5432 6432; do
    expect with_password dbuser_dba "$dba_password" "$port"
    expect_output dbuser_dba
  done
  expect with_password dbuser_monitor DBUser.Monitor 5432
  expect_output dbuser_monitor
  # The pool lets the monitor look at itself, and nowhere else.
  expect at_the_pool_s_console DBUser.Monitor
  run at_the_pool_s_console wrong
  ((status != 0)) || failure "let in with a wrong password"
}

# From anywhere: by a certificate of the authority, and by nothing else.
test_the_admin_comes_in_by_certificate() {
  work_in one-node
  expect on pg-test-1 sh -c 'mkdir -p -m 0700 /root/admin && cd /root/admin && umask 077 &&
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -subj /CN=dbuser_dba -out request 2>/dev/null &&
    openssl x509 -req -in request -CA /var/lib/pigsty/ca/pigsty-ca/ca.crt -CAkey /var/lib/pigsty/ca/pigsty-ca/ca.key -days 1 -out certificate 2>/dev/null'
  local file
  for file in key certificate; do on pg-test-1 cat "/root/admin/$file" >"$work_root/admin-$file"; done
  chmod 600 "$work_root/admin-key"
  from_outside() { PGCONNECT_TIMEOUT=5 lab run -- psql -XAtq "host=10.10.10.11 user=$1 dbname=app sslmode=require sslkey=$work_root/admin-key sslcert=$work_root/admin-certificate" -c "SELECT current_user"; }
  run from_outside dbuser_dba
  expect_status 0
  expect_output dbuser_dba
  run from_outside dbuser_monitor
  ((status != 0)) || failure "the admin's certificate let the monitor in"
  run env PGPASSWORD="$dba_password" PGCONNECT_TIMEOUT=5 lab run -- psql -XAtq "host=10.10.10.11 user=dbuser_dba dbname=app sslmode=require" -c "SELECT 1"
  ((status != 0)) || failure "the admin came in without a certificate"
  expect on pg-test-1 rm -r /root/admin
}

test_each_is_changed_in_place() {
  work_in one-node
  TF_VAR_role_passwords=$(passwords DBUser.Watcher)
  roles 365 'pgbouncer = true, pool_connlimit = 4' 2 | tee change_override.tf >/dev/null
  applied_in_place
  nothing_of_the_passwords
  expect_equal "$(until_of postgres)" "$(in_days 365)"
  expect_equal "$(until_of replicator)" "$(in_days 7300)"
  expect_equal "$(sql pg-test-1 "SELECT useconfig IS NULL, pg_has_role('dbuser_monitor', 'pg_monitor', 'member') FROM pg_user WHERE usename = 'dbuser_monitor'")" "t|f"
  expect_equal "$(fragments useropts dbuser_monitor)" "dbuser_monitor = max_user_connections=4"
  expect at_the_pool_s_console DBUser.Watcher
  run with_password dbuser_monitor DBUser.Monitor 5432
  ((status != 0)) || failure "the password before still lets in"
  # Out of the pool; what another granted stays.
  expect sql pg-test-1 "GRANT pg_read_all_stats TO dbuser_monitor; ALTER ROLE dbuser_monitor SET work_mem = '8MB'"
  plan_is_empty
  roles 365 'roles = ["pg_monitor"]' 2 | tee change_override.tf >/dev/null
  applied_in_place
  run fragments userlist dbuser_monitor
  ((status != 0)) || failure "it stands in the pool's list still"
  expect_equal "$(sql pg-test-1 "SELECT array_to_string(useconfig, ','), pg_has_role('dbuser_monitor', 'pg_read_all_stats', 'member') FROM pg_user WHERE usename = 'dbuser_monitor'")" "work_mem=8MB|t"
  expect sql pg-test-1 "REVOKE pg_read_all_stats FROM dbuser_monitor; ALTER ROLE dbuser_monitor RESET ALL"
}

test_what_somebody_changed_is_repaired() {
  work_in one-node
  expect on pg-test-1 rm /etc/pgbouncer/fragments/userlist.d/dbuser_dba
  expect on pg-test-1 sh -c 'echo "dbuser_dba = pool_mode=statement" >/etc/pgbouncer/fragments/useropts.d/dbuser_dba'
  expect sql pg-test-1 "ALTER ROLE dbuser_dba VALID UNTIL 'infinity'; ALTER ROLE dbuser_dba NOSUPERUSER; REVOKE dbrole_admin FROM dbuser_dba; ALTER ROLE replicator VALID UNTIL '2039-01-01'"
  tf plan -detailed-exitcode
  expect_status 2
  expect_output "userlist.d/dbuser_dba is missing"
  expect_output "useropts.d/dbuser_dba differs"
  expect_output 'needs ALTER ROLE \"dbuser_dba\" SUPERUSER'
  tf apply
  expect_status 0
  plan_is_empty
  expect_equal "$(until_of dbuser_dba)" "$(in_days 7300)"
  # Another end is somebody's decision: the role has one.
  expect_equal "$(until_of replicator)" "2039-01-01"
  expect_equal "$(fragments useropts dbuser_dba)" "dbuser_dba = pool_mode=session max_user_connections=16"
  expect with_password dbuser_dba "$dba_password" 6432
}

test_an_import_is_an_empty_plan() {
  work_in one-node
  run lab run -- "$cli" state rm pigsty_pg_cluster.test
  expect_status 0
  tf import pigsty_pg_cluster.test pg-test@10.10.10.11
  expect_status 0
  tf plan -detailed-exitcode
  expect_status 0
}

test_what_cannot_be_is_refused_at_plan() {
  work_in one-node
  mv change_override.tf example
  override() { sed "s|^  role_passwords_wo  .*|  role_passwords_wo = { $1 }|" example; }
  override 'nobody = "x"' | refused_at_plan 'role_passwords_wo["nobody"]' "expected the name of a default role"
  override 'dbrole_admin = "x"' | refused_at_plan 'role_passwords_wo["dbrole_admin"]' "may not log in"
  override 'replicator = "x"' | refused_at_plan 'role_passwords_wo["replicator"]' "made on the nodes"
  override 'dbuser_dba = ""' | refused_at_plan 'role_passwords_wo' "empty"
  sed '/role_passwords_wo_version/d' example | refused_at_plan role_passwords_wo_version "role_passwords_wo"
  sed 's/name = "dbuser_dba", /&valid_until = "2040-01-01", /' example | refused_at_plan 'default_roles[6].expire_in' "exclude each other"
  sed 's/pool_connlimit = 16/pool_connlimit = -2/' example | refused_at_plan 'default_roles[6].pool_connlimit' "-1"
  rm case_override.tf
  mv example change_override.tf
}

test_they_are_brought_back() {
  brought_back_in one-node
  expect_equal "$(fragments userlist dbuser_monitor | cut -d' ' -f1)" '"dbuser_monitor"'
  expect_equal "$(until_of dbuser_dba)" ""
  tf destroy
  expect_status 0
}

run_tests
