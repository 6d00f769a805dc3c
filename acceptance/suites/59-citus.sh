#!/usr/bin/env bash
# Citus: four groups of one shard on five nodes, with the lab's stand-in for the extension. The coordinator knows all groups, through
# switchover and power cut of one; each attribute that is for life is refused; drift is repaired; a group leaves, and comes back.
# with: tofu terraform
# takes: 180
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/changes.sh"

nodes=(pg-citus0-1 pg-citus1-1 pg-citus2-1 pg-citus3-1 pg-citus3-2)
export TF_VAR_dbsu_password=DBUser.Postgres
# What the lab's nodes are offered.
export TF_VAR_extension_packages='["citus", "pgvector"]'
export TF_VAR_libs='["citus", "pg_stat_statements", "auto_explain"]'
export TF_VAR_extensions='["citus", "vector"]'
start_lab prepared pg-citus0-1=10.10.10.10 pg-citus1-1=10.10.10.11 pg-citus2-1=10.10.10.12 pg-citus3-1=10.10.10.13 pg-citus3-2=10.10.10.14
# A prepared node may know a repository from before the stand-in was in it.
for node in "${nodes[@]}"; do on "$node" apt-get -qq update; done

everybody='0|10.10.10.10|primary 1|10.10.10.11|primary 2|10.10.10.12|primary 3|10.10.10.13|primary 3|10.10.10.14|secondary'
moved='0|10.10.10.10|primary 1|10.10.10.11|primary 2|10.10.10.12|primary 3|10.10.10.14|primary 3|10.10.10.13|secondary'
without_1='0|10.10.10.10|primary 2|10.10.10.12|primary 3|10.10.10.13|primary 3|10.10.10.14|secondary'

in_meta() { database=meta sql "$1" "$2"; }
known() { in_meta pg-citus0-1 "SELECT groupid, nodename, noderole FROM pg_dist_node ORDER BY groupid, noderole" | paste -sd' '; }
knows() { [[ $(known) == "$1" ]]; }
patronictl() { on "$1" sudo -u postgres patronictl -c /etc/patroni/patroni.yml "${@:2}"; }
# streams NODE: the member follows its group's leader.
streams() { [[ $(sql "$1" "SELECT status FROM pg_stat_wal_receiver") == streaming ]]; }
# etcd_keys PREFIX: with the group's own login.
etcd_keys() {
  # shellcheck disable=SC2016
  on pg-citus0-1 sh -c 'secret=/var/lib/pigsty/secrets/pg-pg-citus0/etcd
    ETCDCTL_PASSWORD=$(tail -n +2 "$secret") ETCDCTL_USER=pg-citus0 ETCDCTL_API=3 etcdctl --endpoints=https://10.10.10.10:2379 \
      --cacert=/pg/cert/ca.crt --cert=/pg/cert/etcd.crt --key=/pg/cert/etcd.key get --prefix --keys-only -- "$1"' sh "$1"
}
# logs_in PASSWORD: a worker at the coordinator, as groups do.
logs_in() {
  # shellcheck disable=SC2016
  on pg-citus2-1 sh -c 'PGPASSWORD=$1 psql -XAtq "host=10.10.10.10 user=postgres dbname=meta sslmode=verify-ca sslrootcert=/pg/cert/ca.crt connect_timeout=5" -c "SELECT 1"' sh "$1"
}
# group_1_leaves: the configuration has it no more.
group_1_leaves() {
  cat >groups_override.tf <<'END'
locals {
  groups = {
    0 = { 1 = { address = "10.10.10.10", role = "primary" } }
    2 = { 1 = { address = "10.10.10.12", role = "primary" } }
    3 = { 1 = { address = "10.10.10.13", role = "primary" }, 2 = { address = "10.10.10.14", role = "replica" } }
  }
}
END
}
cluster() { printf 'resource "pigsty_pg_cluster" "citus" {\n  %s\n}\n' "$1"; }

test_groups_are_made_and_know_each_other() {
  work_in 05-citus
  tf init
  expect_status 0
  tf apply
  expect_status 0
  expect_output "takes over the database"
  # Primaries are known when the apply ends; of a replica Patroni tells in its own time.
  expect_equal "$(known | tr ' ' '\n' | grep -c primary)" 4
  wait_until 30 knows "$everybody"
  plan_is_empty
}

test_an_apply_writes_nothing() {
  work_in 05-citus
  an_apply_writes_nothing
}

test_settings_are_what_the_plan_says() {
  work_in 05-citus
  local node
  for node in "${nodes[@]}"; do
    expect_equal "$(sql "$node" "SHOW wal_level")" logical
    expect_equal "$(sql "$node" "SHOW max_prepared_transactions")" "$(sql "$node" "SHOW max_connections")"
    expect_equal "$(sql "$node" "SHOW shared_preload_libraries" | cut -d, -f1)" citus
  done
  # Patroni's own for a group would be quorum.
  expect_equal "$(patronictl pg-citus3-1 show-config | grep '^synchronous_mode:')" "synchronous_mode: false"
  expect_equal "$(in_meta pg-citus1-1 "SELECT string_agg(extname, ' ' ORDER BY extname) FROM pg_extension WHERE extname IN ('citus', 'vector', 'pg_stat_statements')")" "citus pg_stat_statements vector"
  expect logs_in DBUser.Postgres
  ! logs_in wrong >/dev/null 2>&1 || failure "anybody logs in"
}

# told_by NODE: what the coordinator's Patroni answers to a word of this member's, with the password in its patroni.yml.
told_by() {
  on "$1" python3 -c 'import base64, json, ssl, urllib.request, yaml
login = yaml.safe_load(open("/etc/patroni/patroni.yml"))["restapi"]["authentication"]
word = json.dumps({"type": "after_promote", "group": 99, "leader": "x", "timeout": 1, "cooldown": 1}).encode()
key = base64.b64encode((login["username"] + ":" + login["password"]).encode()).decode()
ask = urllib.request.Request("https://10.10.10.10:8008/citus", data=word, headers={"Authorization": "Basic " + key})
print(urllib.request.urlopen(ask, context=ssl.create_default_context(cafile="/pg/cert/ca.crt"), timeout=10).status)'
}

test_groups_have_their_own_keys_and_one_password_of_patroni() {
  work_in 05-citus
  expect_equal "$(etcd_keys /pg/pg-citus/ | grep -c '/config$')" 4
  # So a worker tells the coordinator of its switchovers.
  expect_equal "$(told_by pg-citus1-1)" 200
  expect_equal "$(told_by pg-citus3-2)" 200
}

test_a_switchover_of_a_worker_is_known_and_no_drift() {
  work_in 05-citus
  expect patronictl pg-citus3-1 switchover --force --group 3 --leader pg-citus3-1 --candidate pg-citus3-2 pg-citus
  wait_until 60 knows "$moved"
  plan_is_empty
  wait_until 30 streams pg-citus3-1
  expect patronictl pg-citus3-1 switchover --force --group 3 --leader pg-citus3-2 --candidate pg-citus3-1 pg-citus
  wait_until 60 knows "$everybody"
  wait_until 30 streams pg-citus3-2
  plan_is_empty
}

test_a_power_cut_of_a_worker_is_known_and_no_drift() {
  work_in 05-citus
  follows() { [[ $(known) == *"3|10.10.10.13|primary"* ]]; }
  expect patronictl pg-citus3-1 switchover --force --group 3 --leader pg-citus3-1 --candidate pg-citus3-2 pg-citus
  wait_until 60 knows "$moved"
  expect lab kill pg-citus3-2
  wait_until 90 follows
  tf plan
  expect_status 0
  expect_output "No changes."
  expect lab start pg-citus3-2
  wait_until 90 knows "$everybody"
  wait_until 60 streams pg-citus3-2
  # By its leader's word, too, which is what a plan goes by.
  is_sent() { [[ $(sql pg-citus3-1 "SELECT state FROM pg_stat_replication WHERE application_name = 'pg-citus3-2'") == streaming ]]; }
  wait_until 60 is_sent
  plan_is_empty
}

test_what_somebody_changed_is_seen_and_repaired() {
  work_in 05-citus
  expect in_meta pg-citus0-1 "SELECT citus_remove_node('10.10.10.12', 5432)"
  expect sql pg-citus1-1 "ALTER ROLE postgres PASSWORD 'another'"
  expect in_meta pg-citus2-1 "UPDATE pg_dist_authinfo SET authinfo = 'password=another'"
  expect patronictl pg-citus3-1 edit-config --force --group 3 -s synchronous_mode=quorum pg-citus
  tf plan -detailed-exitcode -out=plan
  expect_status 2
  lab run -- "$cli" show -no-color plan >"$out"
  expect_output "pg-citus0 citus: pg_dist_node lacks the leader of group 2"
  expect_output "pg-citus1 dbsu password: the server has another one"
  expect_output "pg-citus2 dbsu password: pg_dist_authinfo has another one"
  expect_output "pg-citus3 dcs: synchronous_mode is quorum, expected off"
  expect_output "Plan: 0 to add, 4 to change, 0 to destroy."
  tf apply plan
  expect_status 0
  expect knows "$everybody"
  plan_is_empty
  an_apply_writes_nothing
}

test_what_is_for_life_is_refused() {
  work_in 05-citus
  cluster 'citus = { shard = "pg-other", group = each.key, database = "meta" }' | refused_at_plan "Fixed after creation: citus.shard" "A cluster is one group for life"
  cluster 'citus = { shard = "pg-citus", group = each.key + 10, database = "meta" }' | refused_at_plan "Fixed after creation: citus.group" "A cluster is one group for life"
  cluster 'citus = { shard = "pg-citus", group = each.key, database = "other" }' | refused_at_plan "Fixed after creation: citus.database" "A cluster is one group for life"
  printf 'resource "pigsty_pg_cluster" "citus" {\n  mode = "pgsql"\n  citus = null\n}\n' | refused_at_plan "Fixed after creation: mode" "group of Citus is made as one"
  rm case_override.tf
  plan_is_empty
}

test_bad_input_is_refused() {
  work_in 05-citus
  cluster 'mode = "pgsql"' | refused_at_plan citus 'says nothing while mode = "pgsql"'
  cluster 'citus = null' | refused_at_plan citus "expected shard, group and database"
  cluster 'libs = ["pg_stat_statements", "citus"]' | refused_at_plan libs "expected citus first, found it behind pg_stat_statements"
  cluster 'libs = ["pg_stat_statements"]' | refused_at_plan libs "expected citus as the first library, found none"
  cluster 'libs = null' | refused_at_plan libs "expected citus as the first library, found none"
  cluster 'dbsu_password = null' | refused_at_plan dbsu_password "with which the groups of a shard log in to each other"
  cluster 'dbsu_password = "two words"' | refused_at_plan dbsu_password "visible ASCII characters"
  cluster 'parameters = { wal_level = "replica" }' | refused_at_plan 'parameters["wal_level"]' "expected logical"
  cluster 'parameters = { max_prepared_transactions = "0" }' | refused_at_plan 'parameters["max_prepared_transactions"]' "two phases"
  cluster 'citus = { shard = "pg-citus", group = each.key, database = "postgres" }' | refused_at_plan citus.database "PostgreSQL's own"
  rm case_override.tf
}

test_another_password_in_all_groups() {
  export TF_VAR_dbsu_password=Another.Postgres
  work_in 05-citus
  applied_in_place
  [[ $(announced_for 'pigsty_pg_cluster.citus["1"]') == *"give postgres another password"* ]] || failure "not announced"
  expect logs_in Another.Postgres
  ! logs_in DBUser.Postgres >/dev/null 2>&1 || failure "the old password still logs in"
  export TF_VAR_dbsu_password=DBUser.Postgres
  applied_in_place
  expect logs_in DBUser.Postgres
  expect knows "$everybody"
}

test_its_database_is_given_back_and_taken_over() {
  work_in 05-citus
  expect in_meta pg-citus0-1 "CREATE TABLE public.kept (n int)"
  tf destroy -target=pigsty_pg_database.meta
  expect_status 0
  expect_output "stays in pg-citus0 until the cluster goes"
  expect in_meta pg-citus0-1 "SELECT FROM public.kept"
  tf apply
  expect_status 0
  expect_output "takes over the database"
  expect in_meta pg-citus0-1 "DROP TABLE public.kept"
  plan_is_empty
}

test_imports_plan_nothing() {
  work_in 05-citus
  local -A at=([0]=10.10.10.10 [1]=10.10.10.11 [2]=10.10.10.12 [3]=10.10.10.14)
  local group
  for group in 0 1 3; do
    expect lab run -- "$cli" state rm "pigsty_pg_database.meta[\"$group\"]"
    expect lab run -- "$cli" state rm "pigsty_pg_cluster.citus[\"$group\"]"
    tf import "pigsty_pg_cluster.citus[\"$group\"]" "pg-citus$group@${at[$group]}"
    expect_status 0
    tf import "pigsty_pg_database.meta[\"$group\"]" "pg-citus$group/meta@${at[$group]}"
    expect_status 0
  done
  plan_is_empty
}

test_a_group_that_holds_shards_is_not_destroyed() {
  work_in 05-citus
  expect in_meta pg-citus0-1 "INSERT INTO pg_dist_placement VALUES (1, 102008, 1)"
  group_1_leaves
  tf apply
  ((status != 0)) || failure "destroyed with the only placement of a shard"
  expect_output "the coordinator of pg-citus does not forget group 1; nothing was removed"
  expect_output "contains the only shard placement"
  expect_output "citus_drain_node"
  expect sql pg-citus1-1 "SELECT 1"
  expect in_meta pg-citus0-1 "DELETE FROM pg_dist_placement"
}

test_a_group_leaves_the_others() {
  work_in 05-citus
  tf apply
  expect_status 0
  expect_equal "$(known)" "$without_1"
  expect_equal "$(etcd_keys /pg/pg-citus/1/)" ""
  expect_equal "$(etcd_keys /pg/pg-citus/ | grep -c '/config$')" 3
  expect_equal "$(on pg-citus1-1 sh -c 'ls -d /pg /data/postgres /etc/patroni/patroni.yml /var/lib/pigsty/secrets/pg-pg-citus1 2>/dev/null')" ""
  plan_is_empty
}

test_a_group_is_one_cluster() {
  work_in 05-citus
  cat >twin.tf <<'END'
resource "pigsty_pg_cluster" "twin" {
  name                = "pg-twin"
  mode                = "citus"
  citus               = { shard = "pg-citus", group = 0, database = "meta" }
  instances           = { 1 = { address = "10.10.10.11", role = "primary" } }
  dcs                 = pigsty_etcd_cluster.this.access
  ca                  = pigsty_ca.this.ref
  dbsu_password       = var.dbsu_password
  libs                = var.libs
  extension_packages  = ["citus"]
  deletion_protection = false
}
END
  tf apply
  ((status != 0)) || failure "two coordinators"
  expect_output "group 0 of shard pg-citus is pg-citus0 already"
  expect_equal "$(on pg-citus1-1 sh -c 'ls -d /pg /var/lib/pigsty/claims/pg_cluster* 2>/dev/null')" ""
  rm twin.tf
  plan_is_empty
}

test_a_group_comes_back() {
  work_in 05-citus
  rm groups_override.tf
  tf apply
  expect_status 0
  wait_until 30 knows "$everybody"
  plan_is_empty
}

test_a_destroy_leaves_nothing() {
  work_in 05-citus
  # Shards hold nobody back where the coordinator goes as well.
  expect in_meta pg-citus0-1 "INSERT INTO pg_dist_placement VALUES (1, 102008, 1), (2, 102009, 2)"
  tf destroy
  expect_status 0
  local node
  for node in "${nodes[@]}"; do
    run on "$node" pgrep -a 'patroni|postgres|etcd|pgbouncer'
    expect_status 1
    run on "$node" sh -c 'ls -d /pg /data/postgres /data/etcd /etc/patroni/patroni.yml /var/lib/pigsty/claims/* /var/lib/pigsty/secrets/* 2>/dev/null'
    expect_equal "$(cat "$out")" ""
  done
}

# What follows the switchover is not proved yet (roadmap, Citus): acceptance/drills/citus.sh runs all of it.
[[ -n ${CITUS_ALL:-} ]] || unset -f test_a_power_cut_of_a_worker_is_known_and_no_drift test_what_somebody_changed_is_seen_and_repaired \
  test_what_is_for_life_is_refused test_bad_input_is_refused test_another_password_in_all_groups \
  test_its_database_is_given_back_and_taken_over test_imports_plan_nothing test_a_group_that_holds_shards_is_not_destroyed \
  test_a_group_leaves_the_others test_a_group_is_one_cluster test_a_group_comes_back test_a_destroy_leaves_nothing

run_tests
