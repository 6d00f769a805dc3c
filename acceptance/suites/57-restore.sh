#!/usr/bin/env bash
# Clusters made out of a backup in MinIO, beside the running source and under other names: up to a time, a restore point, a place
# in the WAL, a transaction, the end of the backup, and all that is archived. What cannot be is refused before there are data.
# with: tofu
# takes: 600
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/changes.sh"

start_lab prepared minio-1=10.10.10.10 pg-src-1=10.10.10.11 pg-one-1=10.10.10.12 pg-two-1=10.10.10.13 pg-three-1=10.10.10.14
# A prepared node may know a repository from before MinIO's server was in it.
on minio-1 apt-get -qq update

# rows NODE: what the table holds there.
rows() { sql "$1" "SELECT coalesce(string_agg(name, ' ' ORDER BY number), 'none') FROM happened"; }
sysid() { sql "$1" 'SELECT system_identifier FROM pg_control_system()'; }
timeline() { sql "$1" 'SELECT timeline_id FROM pg_control_checkpoint()'; }
moment() { cat "$work_root/moment-$1"; }
# restored JSON: what the configuration is told to make.
restored() { printf '{ "restored": %s }\n' "$1" >restored.auto.tfvars.json; }
one() { restored "{ \"pg-one\": { \"address\": \"10.10.10.12\", \"archives\": true, \"target\": { \"time\": \"$(moment time)\" } } }"; }
three() {
  restored "{ \"pg-one\": { \"address\": \"10.10.10.12\", \"archives\": true, \"target\": { \"time\": \"$(moment time)\" } },
    \"pg-two\": { \"address\": \"10.10.10.13\", \"target\": { \"name\": \"before second\" } },
    \"pg-three\": { \"address\": \"10.10.10.14\", \"target\": { \"lsn\": \"$(moment lsn)\" } } }"
}
# override LINES: of pg-one's like, in restore_from.
override() { printf 'resource "pigsty_pg_cluster" "restored" {\n  restore_from = {\n    repository = pigsty_minio_cluster.this.access\n    cluster = "pg-src"\n%s\n  }\n}\n' "$1"; }
with_source() { override "    source = pigsty_pg_cluster.source.connection"$'\n'"$1"; }
nothing_is_left() {
  on "$1" sh -c 'for f in /pg/conf/restore.conf /pg/tmp/restore /run/pigsty-restore /var/lib/pigsty/secrets/pg-*/restore-cipher; do [ ! -e "$f" ] || { echo "$f is there"; exit 1; }; done'
}
no_data() { on "$1" sh -c '[ ! -e /pg/data/PG_VERSION ] && ! systemctl is-active -q patroni'; }
# Whoever is let in without a password is written down: somebody who has no login comes again and again, by every socket and by
# the loopback address.
strangers_knock_at() {
  on "$1" sh -c 'rm -f /var/tmp/let-in; cat >/var/tmp/knock <<"END"
while :; do
  for where in /run/pigsty-restore /var/run/postgresql 127.0.0.1; do
    setpriv --reuid=nobody --clear-groups psql -XAtqw "host=$where user=postgres dbname=postgres connect_timeout=1" -c "SELECT 1" >/dev/null 2>&1 && echo "$where" >>/var/tmp/let-in
  done
  date >/var/tmp/knocked
  sleep 0.05
done
END
  systemd-run --unit=knock -q sh /var/tmp/knock'
}
nobody_was_let_in() { on "$1" sh -c 'systemctl stop knock; [ -e /var/tmp/knocked ] && [ ! -e /var/tmp/let-in ]'; }

test_a_source_with_backups() {
  work_in restore
  tf init
  expect_status 0
  tf apply
  expect_status 0
  local node=pg-src-1
  expect sql $node "CREATE TABLE happened (number serial, name text); INSERT INTO happened (name) VALUES ('zero')"
  # Its own settings of the server are the source's affair.
  expect sql $node "ALTER SYSTEM SET log_min_duration_statement = '77s'"
  expect on $node sudo -u postgres /pg/bin/pg-backup full
  sql $node "BEGIN; INSERT INTO happened (name) VALUES ('first'); SELECT pg_current_xact_id(); COMMIT" >"$work_root/moment-xid"
  sleep 2
  sql $node "SELECT clock_timestamp() AT TIME ZONE 'UTC' || '+00'" >"$work_root/moment-time"
  sql $node "SELECT pg_current_wal_lsn()" >"$work_root/moment-lsn"
  expect sql $node "SELECT pg_create_restore_point('before second')"
  sleep 2
  expect sql $node "INSERT INTO happened (name) VALUES ('second')"
  expect sql $node 'SELECT pg_switch_wal()'
  expect sql $node 'ALTER SYSTEM RESET log_min_duration_statement'
  archived() { [[ $(sql pg-src-1 "SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'") == 0 ]]; }
  wait_until 60 archived
}

test_to_a_time_a_name_and_a_place_beside_the_source() {
  local node
  nodes=(pg-src-1)
  work_in restore
  expect audit_nodes "$work_root/source-before"
  for node in pg-one-1 pg-two-1; do expect strangers_knock_at $node; done
  three
  tf apply
  expect_status 0
  for node in pg-one-1 pg-two-1; do expect nobody_was_let_in $node; done
  plan_is_empty
  for node in pg-one-1 pg-two-1 pg-three-1; do
    expect_equal "$node $(rows $node)" "$node zero first"
    expect_equal "$(sysid $node)" "$(sysid pg-src-1)"
    (($(timeline $node) > $(timeline pg-src-1))) || failure "$node is on the source's timeline"
    expect_equal "$(sql $node 'SELECT pg_is_in_recovery()')" f
    expect nothing_is_left $node
  done
  expect audit_nodes "$work_root/source-after"
  expect "$suite_dir/lab/audit" diff "$work_root/source-before" "$work_root/source-after"
  expect_equal "$(rows pg-src-1)" "zero first second"
}

test_each_is_a_cluster_of_its_own() {
  local node verifier="SELECT rolpassword FROM pg_authid WHERE rolname = 'replicator'"
  for node in pg-one-1 pg-two-1; do
    [[ $(sql $node "$verifier") != $(sql pg-src-1 "$verifier") ]] || failure "$node has the source's password of replicator"
    expect_equal "$(sql $node 'SHOW hba_file') $(sql $node "SELECT count(*) FROM pg_hba_file_rules WHERE auth_method = 'trust'")" "/pg/conf/pg_hba.conf 0"
    # Less than the source has.
    expect_equal "$(sql $node 'SHOW max_connections') $(sql $node 'SHOW log_min_duration_statement')" "50 $(sql pg-src-1 'SHOW log_min_duration_statement')"
  done
  # Its own stanza, beside the source's.
  expect_equal "$(on pg-one-1 sudo -u postgres pgbackrest --stanza=pg-one --output=json info | jq -r '[.[0].backup[].type] | join(" ")')" full
  expect_equal "$(on pg-src-1 sudo -u postgres pgbackrest --stanza=pg-src --output=json info | jq -r '[.[0].backup[].type] | join(" ")')" "full full"
  expect_equal "$(sql pg-two-1 'SHOW archive_command')" /bin/true
  expect on pg-two-1 sh -c '[ ! -e /etc/pgbackrest/pgbackrest.conf ] && [ ! -e /var/lib/pigsty/secrets/pg-pg-two/s3.minio.pgbackrest ]'
}

test_a_second_apply_writes_nothing() {
  nodes=(pg-src-1 pg-one-1 pg-two-1 pg-three-1)
  work_in restore
  an_apply_writes_nothing
}

test_what_the_source_had_is_not_adopted() {
  work_in restore
  printf '{ "again": "pg-two" }\n' >again.auto.tfvars.json
  tf apply
  expect_status 1
  expect_output 'expected no role "app" in pg-two, found one that this configuration did not make'
  expect_output 'import it with the id pg-two/app@10.10.10.13'
  tf import 'pigsty_pg_user.again[0]' pg-two/app@10.10.10.13
  expect_status 0
  tf apply
  expect_status 0
  plan_is_empty
}

test_removed_it_has_no_effect_and_changed_it_is_refused() {
  work_in restore
  with_source '    target = { immediate = true }' | refused_at_plan restore_from 'A living cluster is not restored'
  rm case_override.tf
  printf 'resource "pigsty_pg_cluster" "restored" {\n  restore_from = null\n}\n' >change_override.tf
  applied_in_place
  expect_equal "$(rows pg-one-1) $(rows pg-two-1)" "zero first zero first"
  rm change_override.tf
  with_source '    target = { name = "before second" }' | refused_at_plan restore_from 'it was made empty'
  rm case_override.tf
}

test_bad_input_is_refused_at_plan() {
  work_in restore
  rm -f again.auto.tfvars.json
  restored '{ "pg-one": { "address": "10.10.10.12" }, "pg-new": { "address": "10.10.10.13" } }'
  with_source '    target = {}' | refused_at_plan restore_from.target 'exactly one of time, lsn, xid, name and immediate, found 0'
  with_source '    target = { xid = "800", immediate = true }' | refused_at_plan restore_from.target 'found 2'
  with_source '    target = { time = "2026-02-30 10:00:00+00" }' | refused_at_plan restore_from.target.time 'a time with its offset'
  with_source '    target = { time = "2026-02-03 10:00:00" }' | refused_at_plan restore_from.target.time 'a time with its offset'
  with_source '    target = { lsn = "5000148" }' | refused_at_plan restore_from.target.lsn '0/5000148'
  with_source '    target = { xid = "-1" }' | refused_at_plan restore_from.target.xid 'number of a transaction'
  with_source '    target = { name = "x", exclusive = true }' | refused_at_plan restore_from.target.exclusive 'goes with time, lsn and xid'
  with_source '    set = "newest"' | refused_at_plan restore_from.set 'the label of a backup'
  with_source '    timeline = "0"' | refused_at_plan restore_from.timeline 'a number from 1'
  override '    cipher_pass_wo = "x"' | refused_at_plan restore_from.cipher_pass_wo_version 'together or neither'
  with_source $'    cipher_pass_wo = "x"\n    cipher_pass_wo_version = 1' | refused_at_plan restore_from.cipher_pass_wo 'the key comes with `source`'
  printf 'resource "pigsty_pg_cluster" "restored" {\n  restore_from = { cluster = "pg-src" }\n}\n' | refused_at_plan repository 'expected the repository that the backup is in, found none'
  rm case_override.tf
}

# refused_at_apply TEXT <OVERRIDE: a create of pg-new on that machine ends before there are data.
refused_at_apply() {
  cat >change_override.tf
  tf apply
  expect_status 1
  expect_output "$1"
  expect no_data pg-two-1
  expect nothing_is_left pg-two-1
}

test_what_cannot_be_restored_is_refused_before_there_are_data() {
  work_in restore
  restored '{}'
  tf apply
  expect_status 0
  restored '{ "pg-new": { "address": "10.10.10.13" } }'
  printf 'resource "pigsty_pg_cluster" "restored" {\n  restore_from = {\n    repository = pigsty_minio_cluster.this.access\n    cluster = "pg-none"\n  }\n}\n' | refused_at_apply 'the repository holds no backups of a cluster pg-none'
  with_source '    target = { time = "2026-01-01 00:00:00+00" }' | refused_at_apply 'no backup of pg-src had ended by 2026-01-01 00:00:00+00'
  with_source '    set = "20200101-000000F"' | refused_at_apply 'the repository holds no backup 20200101-000000F'
  override '' | refused_at_apply 'the backups of pg-src are encrypted, and no key is given'
  override $'    cipher_pass_wo = "not-this-one"\n    cipher_pass_wo_version = 1' | refused_at_apply 'were not written with this key'
  with_source '    target = { name = "never" }' | refused_at_apply 'the archive ends before it'
  { with_source '' && printf 'resource "pigsty_pg_cluster" "restored" {\n  encoding = "LATIN1"\n}\n' >case_override.tf; } | refused_at_apply 'found encoding UTF8'
  rm case_override.tf change_override.tf
}

test_an_interrupted_create_goes_on_with_a_key_given_by_hand() {
  work_in restore
  export TF_VAR_cipher
  TF_VAR_cipher=$(on pg-src-1 sed 1d /var/lib/pigsty/secrets/pg-pg-src/backup-cipher)
  { printf 'variable "cipher" {\n  type = string\n  ephemeral = true\n}\n' && override "    cipher_pass_wo = var.cipher
    cipher_pass_wo_version = 1
    target = { xid = \"$(moment xid)\" }"; } >change_override.tf
  # `variable` is no override of anything.
  sed -n '1,4p' change_override.tf >cipher.tf && sed -i '1,4d' change_override.tf
  tf apply
  expect_status 0
  plan_is_empty
  expect_equal "$(rows pg-two-1)" "zero first"
  expect nothing_is_left pg-two-1
  expect_equal "$(grep -cF -- "$TF_VAR_cipher" terraform.tfstate)" 0
  rm cipher.tf change_override.tf
  restored '{}'
  tf apply
  expect_status 0
  unset TF_VAR_cipher
}

test_to_the_end_of_the_backup_and_to_all_that_is_archived() {
  work_in restore
  restored '{ "pg-one": { "address": "10.10.10.12", "target": { "immediate": true } }, "pg-two": { "address": "10.10.10.13" } }'
  tf apply
  expect_status 0
  plan_is_empty
  expect_equal "$(rows pg-one-1)" zero
  expect_equal "$(rows pg-two-1)" "zero first second"
}

test_destroyed_they_leave_the_source_alone() {
  work_in restore
  restored '{}'
  tf apply
  expect_status 0
  expect no_data pg-one-1
  expect_equal "$(on pg-src-1 sudo -u postgres pgbackrest --stanza=pg-src --output=json info | jq -r '[.[0].backup[].type] | join(" ")')" "full full"
  plan_is_empty
  tf destroy
  expect_status 0
}

run_tests
