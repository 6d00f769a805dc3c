#!/usr/bin/env bash
# Backups in a store that is not ours, written by hand (`backup.s3`, `restore_from.s3`): a MinIO that knows nothing of the cluster
# stands for it. Made, the secret changed and a wrong one told, changed by hand, imported, restored from, taken out, destroyed.
# with: tofu
# takes: 150
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/changes.sh"

nodes=(pg-test-1)
export TF_VAR_secret=none
start_lab prepared minio-1=10.10.10.10 pg-test-1=10.10.10.11 pg-copy-1=10.10.10.12
# A prepared node may know a repository from before MinIO's server was in it.
on minio-1 apt-get -qq update

changed() { changed_in foreign-s3; }
backrest() { on pg-test-1 sudo -u postgres pgbackrest --stanza=pg-test "$@"; }
sets() { backrest --output=json info | jq -r '[.[0].backup[].type] | join(" ")'; }
# s3 LINES: what the cluster has of the store; LINES are added or win.
s3() {
  cat <<END
resource "pigsty_pg_cluster" "test" {
  parameters = { log_statement = "mod" }
  backup = {
    bucket = "pgsql"
    path   = "/by-hand"
    s3 = {
      endpoint  = "sss.pigsty"
      port      = 9000
      uri_style = "path"
      key       = "pgbackrest"
      ca        = file("ca.pem")
      key_secret_wo         = var.secret
      key_secret_wo_version = $1
    }
    full_schedule = "00 01 29 2 *"
  }
}
END
}

test_the_store_is_there() {
  local node
  work_in foreign-s3
  tf init
  expect_status 0
  tf apply -target=pigsty_minio_cluster.store -target=pigsty_etcd_cluster.this
  expect_status 0
  on minio-1 cat /home/minio/.minio/certs/CAs/ca.crt >ca.pem
  for node in pg-test-1 pg-copy-1; do expect on "$node" sh -c 'echo "10.10.10.10 sss.pigsty" >>/etc/hosts'; done
}
# Each test has a shell of its own.
secret() { TF_VAR_secret=$(on minio-1 sed 1d /var/lib/pigsty/secrets/minio-minio/user.pgbackrest) && export TF_VAR_secret; }

test_a_create_ends_with_a_full_backup_there() {
  # Overrides count in the order of their names: this one comes before case_override.tf.
  work_in foreign-s3
  secret
  s3 1 >base_override.tf
  tf plan -out=plan
  expect_status 0
  expect_equal "$(lab run -- "$cli" show -json plan | grep -cF -- "$TF_VAR_secret")" 0
  tf apply plan
  expect_status 0
  plan_is_empty
  expect_equal "$(sets)" full
  expect_equal "$(grep -cF -- "$TF_VAR_secret" terraform.tfstate)" 0
  expect_equal "$(on pg-test-1 grep -rlF -- "$TF_VAR_secret" /etc /pg/conf /var/lib/pigsty/claims /var/lib/pigsty/journal /var/log)" /etc/pgbackrest/pgbackrest.conf
  expect_equal "$(on pg-test-1 stat -c '%U:%G %a' /etc/pgbackrest/pgbackrest.conf /etc/pgbackrest/s3-ca.crt | paste -sd' ')" "root:postgres 640 root:root 644"
  expect_equal "$(backrest --output=json info | jq -r '.[0].cipher')" aes-256-cbc
  an_apply_writes_nothing
}

test_another_secret_takes_its_version() {
  work_in foreign-s3
  secret
  # A new value without a new version is not acted on.
  TF_VAR_secret=not-the-secret
  plan_is_empty
  s3 2 >base_override.tf
  tf apply
  expect_status 1
  expect_output "the repository refuses the key of pgbackrest"
  expect_output "s3.key_secret_wo"
  secret
  tf apply
  expect_status 0
  plan_is_empty
  expect on pg-test-1 sudo -u postgres /pg/bin/pg-backup incr
  expect_equal "$(sets)" "full incr"
}

test_what_somebody_changed_is_seen_and_repaired() {
  work_in foreign-s3
  secret
  expect on pg-test-1 sed -i 's/^repo1-s3-key=.*/repo1-s3-key=somebody/' /etc/pgbackrest/pgbackrest.conf
  expect on pg-test-1 rm /etc/pgbackrest/s3-ca.crt
  tf plan -detailed-exitcode
  expect_status 2
  expect_output "/etc/pgbackrest/s3-ca.crt: missing"
  tf apply
  expect_status 0
  plan_is_empty
  expect_equal "$(sets)" "full incr"
}

test_an_import_is_an_empty_plan() {
  work_in foreign-s3
  secret
  run lab run -- "$cli" state rm pigsty_pg_cluster.test
  expect_status 0
  tf import pigsty_pg_cluster.test pg-test@10.10.10.11
  expect_status 0
  plan_is_empty
}

test_another_cluster_is_restored_from_it() {
  work_in foreign-s3
  secret
  local segment
  expect sql pg-test-1 "CREATE TABLE public.kept AS SELECT 7 AS n"
  segment=$(sql pg-test-1 "SELECT pg_walfile_name(pg_switch_wal())")
  cat >copy.tf <<'END'
resource "pigsty_pg_cluster" "copy" {
  name                = "pg-copy"
  instances           = { 1 = { address = "10.10.10.12", role = "primary" } }
  ca                  = pigsty_ca.this.ref
  dcs                 = pigsty_etcd_cluster.this.access
  sizing              = var.sizing
  deletion_protection = false
  restore_from = {
    cluster = "pg-test"
    source  = pigsty_pg_cluster.test.connection
    bucket  = "pgsql"
    path    = "/by-hand"
    s3 = {
      endpoint      = "sss.pigsty"
      port          = 9000
      uri_style     = "path"
      key           = "pgbackrest"
      ca            = file("ca.pem")
      key_secret_wo = var.secret
    }
  }
}
END
  archived() { [[ ! $(sql pg-test-1 "SELECT last_archived_wal FROM pg_stat_archiver") < "$segment" ]]; }
  wait_until 60 archived
  tf apply
  expect_status 0
  plan_is_empty
  expect_equal "$(sql pg-copy-1 "SELECT n FROM public.kept")" 7
  # The key was there for as long as it was used.
  expect_equal "$(on pg-copy-1 grep -rlF -- "$TF_VAR_secret" /etc /pg/conf /var/lib/pigsty)" ""
  rm copy.tf
  tf apply
  expect_status 0
}

test_what_cannot_be_is_refused_at_plan() {
  work_in foreign-s3
  secret
  s3 2 | sed '/^    bucket/d' | refused_at_plan backup.bucket 'expected the bucket of sss.pigsty, found none'
  s3 2 | sed 's/"sss.pigsty"/"https:\/\/sss.pigsty"/' | refused_at_plan backup.s3.endpoint 'without https://'
  s3 2 | sed 's/^    bucket .*/&\n    repository = pigsty_minio_cluster.store.access/' | refused_at_plan backup.s3 'found both'
  s3 2 | sed 's/^    bucket .*/&\n    user = "pgbackrest"/' | refused_at_plan backup.user 'backup.s3.key'
  s3 2 | sed 's/"path"$/"virtual"/' | refused_at_plan backup.s3.uri_style virtual
  s3 2 | sed '/key_secret_wo  /d' | refused_at_plan key_secret_wo 'required'
  s3 2 | sed 's/file("ca.pem")/"x"/' | refused_at_plan backup.s3.ca 'PEM'
  rm case_override.tf
}

test_taken_out_backups_stay_there() {
  work_in foreign-s3
  secret
  printf 'resource "pigsty_pg_cluster" "test" {\n  parameters = { log_statement = "mod" }\n}\n' >base_override.tf
  applied_in_place
  run on pg-test-1 ls /etc/pgbackrest/pgbackrest.conf /etc/pgbackrest/s3-ca.crt
  expect_equal "$(grep -c 'No such file' "$out")" 2
  # Keys stay with the members' other secrets, root only, until the cluster goes: backups are still there.
  expect_equal "$(on pg-test-1 grep -rlF -- "$TF_VAR_secret" /etc /pg/conf)" ""
  expect on minio-1 sh -c 'find /data/minio/pgsql/by-hand/backup/pg-test -type d | grep -q .'
  tf destroy
  expect_status 0
  expect_equal "$(on pg-test-1 sh -c 'ls /var/lib/pigsty/secrets')" ""
}

run_tests
