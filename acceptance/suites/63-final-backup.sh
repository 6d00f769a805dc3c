#!/usr/bin/env bash
# A destroy that begins with a last full backup: told by the plan and with its label, kept in the repository with a key of one's own,
# and made into another cluster once its own is gone. Where it cannot be made, nothing is touched.
# with: tofu
# takes: 260
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/changes.sh"

nodes=(pg-src-1 pg-src-2)
start_lab prepared minio-1=10.10.10.10 pg-src-1=10.10.10.11 pg-src-2=10.10.10.12 pg-new-1=10.10.10.13
# A prepared node may know a repository from before MinIO's server was in it.
on minio-1 apt-get -qq update
export TF_VAR_backup_key='a key of my own, kept elsewhere'

clusters() { printf '{ "clusters": [%s] }\n' "$1" >clusters.auto.tfvars.json; }
source_like() { printf 'resource "pigsty_pg_cluster" "source" {\n%s\n}\n' "$1"; }
with_backup() { source_like "  backup = {
    repository = pigsty_minio_cluster.this.access
    full_schedule = \"00 01 29 2 *\"
$1
  }"; }
sets() { on "$1" sudo -u postgres pgbackrest --stanza=pg-src --output=json info | jq -r '[.[0].backup[].type] | join(" ")'; }
newest() { on "$1" sudo -u postgres pgbackrest --stanza=pg-src --output=json info | jq -r '.[0].backup[-1].label'; }
labels_in_minio() {
  on minio-1 env SSL_CERT_FILE=/home/minio/.minio/certs/CAs/ca.crt timeout 30 minio-client --config-dir /var/lib/pigsty/minio-minio --json \
    ls local/pgsql/pgbackrest/backup/pg-src/ | jq -r '.key' | grep -oE '^[0-9]{8}-[0-9]{6}F' | sort -u
}

test_it_is_made_with_a_key_of_ones_own_that_no_state_has() {
  local node
  work_in final-backup
  tf init
  expect_status 0
  tf apply
  expect_status 0
  plan_is_empty
  an_apply_writes_nothing
  for node in "${nodes[@]}"; do
    expect_equal "$(on "$node" sed 1d /var/lib/pigsty/secrets/pg-pg-src/backup-cipher.1)" "$TF_VAR_backup_key"
  done
  expect_equal "$(grep -cF -- "$TF_VAR_backup_key" terraform.tfstate)" 0
  expect_equal "$(sets pg-src-1)" full
}

test_an_import_plans_nothing() {
  work_in final-backup
  run lab run -- "$cli" state rm 'pigsty_pg_cluster.source[0]'
  expect_status 0
  tf import 'pigsty_pg_cluster.source[0]' pg-src@10.10.10.12
  expect_status 0
  plan_is_empty
}

test_what_nobody_could_read_is_refused_at_plan() {
  work_in final-backup
  with_backup '' | refused_at_plan final_backup 'encrypted with a key that the members alone have'
  source_like '  backup = null' | refused_at_plan final_backup 'whose repository a final backup goes to'
  source_like '  backup = { full_schedule = "@daily" }' | refused_at_plan final_backup "a destroy removes the repositories on the members' own disks"
  with_backup '    cipher_pass_wo = var.backup_key' | refused_at_plan backup.cipher_pass_wo_version 'together or neither'
  with_backup '    encryption = false
    cipher_pass_wo = var.backup_key
    cipher_pass_wo_version = 1' | refused_at_plan backup.cipher_pass_wo 'says nothing without encryption'
  with_backup '    path = "/pgbackrest"' >change_override.tf
  source_like '  final_backup = false' | refused_at_plan backup.cipher_pass_wo 'were written with, found none'
  rm case_override.tf change_override.tf
}

test_another_key_for_what_is_there_is_refused_and_in_another_place_it_counts() {
  work_in final-backup
  with_backup '    cipher_pass_wo = "another one"
    cipher_pass_wo_version = 2' >change_override.tf
  tf apply
  expect_status 1
  expect_output 'the members of pg-src have another key'
  rm change_override.tf
  plan_is_empty
  with_backup '    path = "/elsewhere"
    cipher_pass_wo = "another one"
    cipher_pass_wo_version = 2' >change_override.tf
  applied_in_place
  expect_equal "$(sets pg-src-1)" full
  with_backup '    cipher_pass_wo = var.backup_key
    cipher_pass_wo_version = 3' >change_override.tf
  applied_in_place
  expect_equal "$(sets pg-src-1 | awk '{ print $1 }') $(on pg-src-2 sed 1d /var/lib/pigsty/secrets/pg-pg-src/backup-cipher.3)" "full $TF_VAR_backup_key"
}

test_without_the_backup_nothing_is_destroyed() {
  work_in final-backup
  expect sql pg-src-1 "CREATE TABLE happened (name text); INSERT INTO happened VALUES ('first')"
  expect on minio-1 systemctl stop minio
  tf destroy '-target=pigsty_pg_cluster.source'
  expect_status 1
  expect_output 'no final backup of pg-src:'
  expect_output 'the repository is not reached'
  expect_output 'Nothing was touched. To destroy the cluster without a final backup, set final_backup = false'
  expect sql "$(leader pg-src-1)" "INSERT INTO happened VALUES ('second')"
  expect_equal "$(on pg-src-2 grep -c '"state": "ready"' /var/lib/pigsty/claims/pg_cluster-pg-src.json)" 1
  expect on minio-1 systemctl start minio
  plan_is_empty
}

test_the_plan_tells_of_it_and_the_destroy_tells_its_label() {
  local label node
  work_in final-backup
  tf plan -destroy '-target=pigsty_pg_cluster.source'
  expect_status 0
  expect_output 'Before anything is stopped, a full backup of pg-src is made in bucket pgsql of MinIO cluster minio, below /pgbackrest'
  label=$(newest pg-src-1)
  expect sql "$(leader pg-src-1)" "INSERT INTO happened VALUES ('last')"
  tf destroy '-target=pigsty_pg_cluster.source'
  expect_status 0
  expect_output 'final backup of pg-src: '
  labels_in_minio >"$work_root/labels"
  [[ $(tail -n 1 "$work_root/labels") > $label ]] || failure "the newest backup in MinIO is $(tail -n 1 "$work_root/labels"), of before the destroy"
  expect_output "final backup of pg-src: $(tail -n 1 "$work_root/labels"), in bucket pgsql of MinIO cluster minio, below /pgbackrest"
  for node in "${nodes[@]}"; do
    expect on "$node" sh -c 'for f in /etc/pgbackrest /pg /data/postgres /var/lib/pigsty/secrets/pg-pg-src /var/lib/pigsty/claims/pg_cluster-pg-src.json; do [ ! -e "$f" ] || { echo "$f is there"; exit 1; }; done'
  done
}

test_what_was_written_last_comes_back_in_another_cluster() {
  work_in final-backup
  clusters '"restored"'
  tf apply
  expect_status 0
  plan_is_empty
  expect_equal "$(sql pg-new-1 "SELECT string_agg(name, ' ') FROM happened")" "first second last"
}

test_the_same_cluster_anew_does_not_write_over_them() {
  work_in final-backup
  clusters '"source", "restored"'
  tf apply
  expect_status 1
  expect_output 'what the repository holds under this name is of another PostgreSQL cluster'
  expect lab run -- "$binary" release pg-src 10.10.10.11
  expect_equal "$(labels_in_minio)" "$(<"$work_root/labels")"
  clusters '"restored"'
  tf destroy
  expect_status 0
}

run_tests
