#!/usr/bin/env bash
# libs and extension_packages: libraries that PostgreSQL loads as it starts, and the packages that bring them, on three members.
# with: tofu
# takes: 250
export TF_VAR_app_password=word-$RANDOM-$RANDOM-Secret # passwordcheck minds a user's name in it
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/changes.sh"

fresh_nodes prepared

announced() { announced_for pigsty_pg_cluster.test; }
# cluster LINES: of the cluster in scenario 02.
cluster() { printf 'resource "pigsty_pg_cluster" "test" {\n%s\n}\n' "$1"; }
changed() { changed_in 02-ha-cluster; }
libraries() { local node; for node in "${nodes[@]}"; do sql "$node" "SHOW shared_preload_libraries"; done | uniq; }
installed() { local node; for node in "${nodes[@]}"; do on "$node" dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null || echo absent; done | uniq; }
started() { local node; for node in "${nodes[@]}"; do sql "$node" "SELECT pg_postmaster_start_time()"; done | paste -sd' '; }

test_a_package_that_nobody_offers_ends_a_create_before_its_first_write() {
  work_in 02-ha-cluster
  tf init
  expect_status 0
  tf apply -target=pigsty_etcd_cluster.this
  expect_status 0
  cluster '  extension_packages = ["pgvector", "pg_qualstats"]' >change_override.tf
  tf apply
  expect_status 1
  expect_output "expected package postgresql-17-pg-qualstats in a repository of this node"
  local node
  for node in "${nodes[@]}"; do
    run on "$node" sh -c 'ls -d /pg /data/postgres /var/lib/pigsty/claims/pg_cluster-* 2>/dev/null'
    expect_equal "$(<"$out")" ""
  done
  rm change_override.tf
}

test_a_cluster_is_made_with_libraries_of_its_own() {
  work_in 02-ha-cluster
  # shellcheck disable=SC2016
  cluster '  libs = ["pg_stat_statements", "$libdir/passwordcheck"]' >libs_override.tf
  tf apply
  expect_status 0
  plan_is_empty
  # shellcheck disable=SC2016
  expect_equal "$(libraries)" 'pg_stat_statements, $libdir/passwordcheck'
  run on pg-test-1 sudo -u postgres psql -XAtq -c "CREATE ROLE weak PASSWORD 'weak'"
  expect_output "password is too short"
  rm libs_override.tf
}

# The database asks for the extension in the same apply.
test_an_extension_comes_with_its_package() {
  expect_equal "$(installed postgresql-17-pgvector)" absent
  # shellcheck disable=SC2016
  changed < <(
    cluster '  libs = ["pg_stat_statements", "$libdir/passwordcheck"]
  extension_packages = ["pgvector", "postgresql-17-hypopg"]'
    printf 'resource "pigsty_pg_database" "app" {\n  extensions = [{ name = "pg_trgm" }, { name = "vector" }]\n}\n'
  )
  expect_equal "$(installed postgresql-17-pgvector) $(installed postgresql-17-hypopg)" "installed installed"
  expect_equal "$(database=app sql pg-test-1 "SELECT '[1,2]'::vector <-> '[1,3]'")" 1
}

test_a_library_waits_for_a_restart_or_gets_one() {
  local since
  since=$(started)
  # shellcheck disable=SC2016
  changed < <(
    cluster '  libs = ["pg_cron", "pg_stat_statements", "$libdir/passwordcheck"]
  extension_packages = ["pg_cron", "pgvector"]'
    printf 'resource "pigsty_pg_database" "app" {\n  extensions = [{ name = "pg_trgm" }, { name = "vector" }]\n}\n'
  )
  [[ $(announced) == *'waits for a restart (restart = "manual"): '*"shared_preload_libraries"* ]] || failure "not announced: $(announced)"
  expect_equal "$(started)" "$since"
  work_in 02-ha-cluster
  sed -i 's/^  libs/  restart = "rolling"\n  libs/' change_override.tf
  applied_in_place
  [[ $(announced) == *"restart postgresql on pg-test-1, pg-test-2, pg-test-3"* ]] || failure "not announced: $(announced)"
  # shellcheck disable=SC2016
  expect_equal "$(libraries)" 'pg_cron, pg_stat_statements, $libdir/passwordcheck'
  expect sql "$(leader)" "CREATE EXTENSION pg_cron"
  expect sql "$(leader)" "DROP EXTENSION pg_cron"
}

test_a_library_that_is_not_there_reaches_no_server() {
  work_in 02-ha-cluster
  local since
  since=$(started)
  cp change_override.tf change.kept
  sed -i 's/"pg_cron", "pg_stat/"pg_nosuch", "pg_stat/' change_override.tf
  tf apply
  expect_status 1
  expect_output "expected the library /usr/lib/postgresql/17/lib/pg_nosuch.so, found no such file"
  expect_equal "$(started)" "$since"
  expect_equal "$(on pg-test-1 sudo -u postgres patronictl -c /etc/patroni/patroni.yml show-config | grep -c pg_nosuch)" 0
  mv change.kept change_override.tf
  tf apply
  expect_status 0
  plan_is_empty
}

test_imports_plan_nothing_and_a_second_apply_writes_nothing() {
  work_in 02-ha-cluster
  run lab run -- "$cli" state rm pigsty_pg_cluster.test
  expect_status 0
  tf import pigsty_pg_cluster.test pg-test@10.10.10.12
  expect_status 0
  plan_is_empty
  sed -i 's/^  libs/  parameters = { log_statement = "mod" }\n  libs/' change_override.tf
  applied_in_place
  an_apply_writes_nothing
}

test_what_cannot_be_is_refused_at_plan() {
  work_in 02-ha-cluster
  mv change_override.tf change.kept
  cluster '  libs = ["auto_explain", "auto_explain"]' | refused_at_plan 'libs[1]' 'is there twice'
  cluster '  libs = ["a, b"]' | refused_at_plan 'libs[0]' 'expected the name of a library'
  cluster '  extension_packages = ["pgvector-"]' | refused_at_plan 'extension_packages[0]' 'pgvector-'
  cluster '  libs = []
  parameters = { shared_preload_libraries = "auto_explain" }' | refused_at_plan 'parameters["shared_preload_libraries"]' 'is set by the attribute libs'
  rm case_override.tf
  mv change.kept change_override.tf
}

test_left_out_they_are_the_template_s_again() {
  work_in 02-ha-cluster
  cluster '  restart = "rolling"' >change_override.tf
  tf apply
  expect_status 0
  plan_is_empty
  expect_equal "$(libraries)" 'pg_stat_statements, auto_explain'
  # Whoever else uses it may need it: packages stay.
  expect_equal "$(installed postgresql-17-pgvector)" installed
}

run_tests
