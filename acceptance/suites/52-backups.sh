#!/usr/bin/env bash
# Backups with pgBackRest: in MinIO from the create on, each attribute changed in place, a switchover between two backups, a member
# made out of the repository, what is damaged or cannot be reached, the members' own disks, switched off, destroyed.
# with: tofu
# takes: 700
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/changes.sh"

nodes=(pg-test-1 pg-test-2)
start_lab prepared minio-1=10.10.10.10 pg-test-1=10.10.10.11 pg-test-2=10.10.10.12
# A prepared node may know a repository from before MinIO's server was in it.
on minio-1 apt-get -qq update

changed() { changed_in backups; }
brought_back() { brought_back_in backups; }
announced() { announced_for pigsty_pg_cluster.test; }
expect_announced() { [[ $(announced) == *"$1"* ]] || failure "expected in last_change: $1, found: $(announced)"; }
# None of them comes due while this runs.
repository='repository = pigsty_minio_cluster.this.access'
schedules='full_schedule = "00 01 29 2 *"
    incr_schedule = "30 03 29 2 *"'
# backup LINES: as an override.
backup() { printf 'resource "pigsty_pg_cluster" "test" {\n  backup = {\n%s\n}\n}\n' "$1"; }
in_minio() { backup "$repository"$'\n'"$schedules"$'\n'"$1"; }

patronictl() { on pg-test-1 sudo -u postgres patronictl -c /etc/patroni/patroni.yml "$@"; }
backrest() { local node=$1; shift; on "$node" sudo -u postgres pgbackrest --stanza=pg-test "$@"; }
# sets NODE: "full incr", oldest first, as its repository has them.
sets() { backrest "$1" --output=json info | jq -r '[.[0].backup[].type] | join(" ")'; }
standby() { [[ $(leader) == pg-test-1 ]] && echo pg-test-2 || echo pg-test-1; }
archives_by() { sql "$1" 'SHOW archive_command'; }
pg_backup() { on "$1" sudo -u postgres /pg/bin/pg-backup "$2"; }
mc() { on minio-1 env SSL_CERT_FILE=/home/minio/.minio/certs/CAs/ca.crt timeout 30 minio-client --config-dir /var/lib/pigsty/minio-minio --json "$@"; }
# in_bucket FOLDER: how many objects lie there.
in_bucket() { mc ls --recursive "local/pgsql/$1" | grep -c '"key"'; }
# look JQ: of what the data source shows.
# gone NODE PATH…
gone() { local node=$1; shift; on "$node" sh -c 'for f; do [ ! -e "$f" ] && [ ! -L "$f" ] || { echo "$f is there"; exit 1; }; done' sh "$@"; }
look() {
  work_in backups-look
  rm -rf terraform.tfstate
  lab run -- "$cli" init -no-color >/dev/null && lab run -- "$cli" apply -auto-approve -no-color >/dev/null && lab run -- "$cli" output -json look | jq -r "$1"
}
switch_over() {
  local from
  from=$(leader)
  expect patronictl switchover pg-test --leader "$from" --candidate "$(standby)" --force
  wait_until 60 cluster_is_whole
  [[ $(leader) != "$from" ]] || failure "$from still leads"
}

test_a_create_ends_with_a_full_backup_in_minio() {
  work_in backups
  tf init
  expect_status 0
  tf apply
  expect_status 0
  plan_is_empty
  expect_equal "$(sets pg-test-1)" full
  expect_equal "$(archives_by pg-test-1)" "timeout 30 pgbackrest --stanza=pg-test archive-push %p"
  local node
  for node in "${nodes[@]}"; do
    expect_equal "$(on "$node" stat -c '%U:%G %a' /etc/pgbackrest/pgbackrest.conf)" "root:postgres 640"
    expect on "$node" grep -qx '00 01 29 2 \* postgres /pg/bin/pg-backup full' /etc/cron.d/pgbackrest-pg-test
    expect on "$node" grep -q 'restore_command: "timeout 10 pgbackrest --stanza=pg-test archive-get' "/pg/conf/$node.yml"
  done
  # Not a byte of it can be read without the key.
  expect_equal "$(backrest pg-test-1 --output=json info | jq -r '.[0].cipher')" aes-256-cbc
}

test_secrets_are_where_they_belong_and_nowhere_else() {
  work_in backups
  local node name secret
  for name in s3.minio.pgbackrest backup-cipher; do
    secret=$(on pg-test-1 sed 1d "/var/lib/pigsty/secrets/pg-pg-test/$name")
    ((${#secret} >= 32)) || failure "$name: no secret"
    expect_equal "$(grep -cF -- "$secret" terraform.tfstate)" 0
    for node in "${nodes[@]}"; do
      expect_equal "$(on "$node" sed 1d "/var/lib/pigsty/secrets/pg-pg-test/$name")" "$secret"
      expect_equal "$(printf '%s\n' "$secret" | on "$node" sh -c 'read -r secret; grep -rlF -- "$secret" /etc /pg/conf /pg/log /var/log /var/lib/pigsty/claims /var/lib/pigsty/journal 2>/dev/null')" /etc/pgbackrest/pgbackrest.conf
    done
  done
  expect_equal "$(on minio-1 sed 1d /var/lib/pigsty/secrets/minio-minio/user.pgbackrest)" "$(on pg-test-1 sed 1d /var/lib/pigsty/secrets/pg-pg-test/s3.minio.pgbackrest)"
}

test_a_second_apply_does_nothing() {
  work_in backups
  an_apply_writes_nothing
}

test_the_data_source_shows_label_age_and_newest_restorable_time() {
  expect_equal "$(look '"\(.enabled) \(.ok) \(.status) \(.encrypted) \(.backups | length) \(.backups[0].type) \(.newest == .backups[0].label) \(.newest_full == .newest) \(.archiving)"')" \
    "true true ok true 1 full true true true"
  expect_equal "$(look '.age_seconds < 600 and (.newest_restorable_time | fromdate) >= (.backups[0].stop | fromdate)')" true
  expect_equal "$(look .repository)" "bucket pgsql of MinIO cluster minio, below /pgbackrest"
}

test_the_leader_alone_makes_backups_and_a_switchover_continues_the_chain() {
  local old
  expect sql "$(leader)" "CREATE TABLE kept (n int); INSERT INTO kept VALUES (1)"
  expect pg_backup "$(standby)" full
  expect_equal "$(sets pg-test-1)" full
  expect pg_backup "$(leader)" incr
  expect_equal "$(sets pg-test-1)" "full incr"
  old=$(leader)
  switch_over
  expect sql "$(leader)" "INSERT INTO kept VALUES (2)"
  expect pg_backup "$old" full
  expect_equal "$(sets pg-test-1)" "full incr"
  # The seed's own cron line, from root's side of the machine.
  expect on "$(leader)" sh -c 'cd /tmp && /pg/bin/pg-backup incr'
  expect_equal "$(sets pg-test-1)" "full incr incr"
  expect_equal "$(backrest pg-test-2 --output=json info | jq -r '.[0].backup as $b | any($b[2].reference[]; . == $b[0].label) and $b[2].archive.start[0:8] > $b[0].archive.start[0:8]')" true
  work_in backups
  plan_is_empty
}

test_the_chain_restores() {
  local node
  node=$(standby)
  expect on "$node" sh -c 'rm -rf /var/tmp/restored && install -d -o postgres -m 0700 /var/tmp/restored'
  expect backrest "$node" --pg1-path=/var/tmp/restored --type=immediate --target-action=promote restore
  expect on "$node" sudo -u postgres sh -c "cd /var/tmp/restored && printf 'local all all trust\n' >hba &&
    /usr/lib/postgresql/17/bin/pg_ctl -D /var/tmp/restored -w -t 60 -l /var/tmp/restored/log start -o '-c port=5999 -c archive_mode=off -c hba_file=/var/tmp/restored/hba -c unix_socket_directories=/tmp -c listen_addresses= -c ssl=off -c shared_preload_libraries= -c logging_collector=off -c shared_buffers=32MB -c hot_standby=on'"
  both_rows() { [[ $(on "$node" sudo -u postgres psql -XAtq -h /tmp -p 5999 -d postgres -c 'SELECT count(*) FROM kept WHERE NOT pg_is_in_recovery()') == 2 ]]; }
  wait_until 60 both_rows
  expect on "$node" sudo -u postgres /usr/lib/postgresql/17/bin/pg_ctl -D /var/tmp/restored -m immediate stop
  expect on "$node" rm -rf /var/tmp/restored
}

test_a_large_member_comes_from_the_repository_and_a_small_one_from_the_leader() {
  local node
  made_by() { on "$1" sh -c "cat /pg/log/patroni/patroni.log* | grep -a 'replica has been created using' | tail -n 1" | sed 's/.*using //'; }
  node=$(standby)
  expect patronictl reinit pg-test "$node" --force --wait
  wait_until 90 cluster_is_whole
  expect_equal "$(made_by "$node")" basebackup
  changed < <(in_minio 'clone_above = "1MB"')
  expect patronictl reinit pg-test "$node" --force --wait
  wait_until 90 cluster_is_whole
  expect_equal "$(made_by "$node")" pgbackrest
  expect_equal "$(sql "$node" 'SELECT count(*) FROM kept')" 2
  brought_back
}

test_each_attribute_is_changed_in_place() {
  local since line node
  since=$(for node in "${nodes[@]}"; do sql "$node" 'SELECT pg_postmaster_start_time()'; done | paste -sd' ')
  changed < <(backup "$repository
    diff_schedule = \"@yearly\"
    full_schedule = \"15 03 29 2 *\"
    retention = { full = 9, type = \"time\", archive = 4 }
    compression = \"lz4\"
    clone_above = \"3GB\"
    options = { process-max = \"2\", repo1-block = \"y\" }")
  expect_announced 'check that WAL of pg-test gets to bucket pgsql of MinIO cluster minio, below /pgbackrest'
  expect_equal "$(on pg-test-2 grep -c 'pg-backup' /etc/cron.d/pgbackrest-pg-test)" 2
  expect on pg-test-2 grep -qx '@yearly postgres /pg/bin/pg-backup diff' /etc/cron.d/pgbackrest-pg-test
  for line in repo1-retention-full=9 repo1-retention-full-type=time repo1-retention-archive=4 compress-type=lz4 process-max=2 repo1-block=y; do
    expect on pg-test-2 grep -qx "$line" /etc/pgbackrest/pgbackrest.conf
  done
  expect on pg-test-2 grep -qx 'limit=3000000000' /pg/bin/pg-clone
  expect pg_backup "$(leader)" diff
  expect_equal "$(sets pg-test-1 | awk '{ print $NF }')" diff
  brought_back
  changed < <(in_minio 'path = "/elsewhere"')
  expect_announced 'archive WAL of pg-test to bucket pgsql of MinIO cluster minio, below /elsewhere, no restart; a full backup'
  expect_announced 'backups so far stay in bucket pgsql of MinIO cluster minio, below /pgbackrest'
  expect_equal "$(sets pg-test-1)" full
  changed < <(in_minio $'path = "/open"\nencryption = false\ninitial = false')
  expect_equal "$(backrest pg-test-1 --output=json info | jq -r '.[0].cipher') $(sets pg-test-1)" "none "
  brought_back
  expect_equal "$(sets pg-test-1 | awk '{ print $NF }')" full
  expect_equal "$(for node in "${nodes[@]}"; do sql "$node" 'SELECT pg_postmaster_start_time()'; done | paste -sd' ')" "$since"
}

test_what_is_old_expires() {
  changed < <(in_minio 'retention = { full = 1 }')
  expect pg_backup "$(leader)" full
  expect_equal "$(sets pg-test-1)" full
  brought_back
}

changes_by_hand() {
  cat <<'END'
echo process-max=1 >>/etc/pgbackrest/pgbackrest.conf => pg-test-2 /etc/pgbackrest/pgbackrest.conf: content differs
rm /pg/bin/pg-backup => pg-test-2 /pg/bin/pg-backup: missing
chmod 0700 /pg/bin/pg-clone => pg-test-2 /pg/bin/pg-clone: mode 0700, expected 0755
sed -i s/full/incr/ /etc/cron.d/pgbackrest-pg-test => pg-test-2 /etc/cron.d/pgbackrest-pg-test: content differs
sed -i s/10.10.10.10/10.10.10.99/ /etc/hosts => pg-test-2 /etc/hosts pg_cluster pg-test
rm -r /pg/log/pgbackrest => pg-test-2 /data/postgres/pg-test-17/log/pgbackrest
END
}

test_what_somebody_changed_is_seen_and_repaired() {
  local line
  work_in backups
  while IFS= read -r line <&3; do expect on pg-test-2 sh -c "${line%% => *}"; done 3< <(changes_by_hand)
  expect patronictl edit-config --force -p archive_command=/bin/true pg-test
  tf plan -detailed-exitcode -out=plan
  expect_status 2
  lab run -- "$cli" show -no-color plan >"$out"
  while IFS= read -r line <&3; do expect_output "${line##* => }"; done 3< <(changes_by_hand)
  expect_output 'pg-test dcs: postgresql.parameters.archive_command is /bin/true, expected timeout 30 pgbackrest'
  tf apply plan
  expect_status 0
  plan_is_empty
  expect_equal "$(archives_by "$(leader)")" "timeout 30 pgbackrest --stanza=pg-test archive-push %p"
  # WAL went nowhere meanwhile, so the chain begins anew.
  expect_equal "$(sets pg-test-1)" "full full"
}

test_a_missing_stanza_is_drift_and_made_again() {
  work_in backups
  expect mc rm --recursive --force local/pgsql/pgbackrest
  tf plan -detailed-exitcode
  expect_status 2
  expect_output 'pg-test backup: the repository holds no stanza'
  tf apply
  expect_status 0
  plan_is_empty
  expect_equal "$(sets pg-test-1)" full
}

test_another_key_in_minio_is_seen_and_read_anew() {
  work_in backups
  cat >change_override.tf <<'END'
resource "pigsty_minio_cluster" "this" {
  users = { pgbackrest = { policy = "pgsql", secret_wo = var.secret, secret_wo_version = 1 } }
}
END
  export TF_VAR_secret='rotated-Secret-1'
  tf apply
  expect_status 0
  tf plan -detailed-exitcode
  expect_status 2
  expect_output 'pg-test backup: the repository refuses the key of pgbackrest'
  expect_output 'read the key of pgbackrest from MinIO cluster minio anew'
  tf apply
  expect_status 0
  plan_is_empty
  expect pg_backup "$(leader)" incr
  expect_equal "$(grep -cF rotated-Secret terraform.tfstate)" 0
  brought_back_later
}
# The members' key is that of before once more: again it is MinIO's own apply that changes it, and the next one that follows.
brought_back_later() {
  rm change_override.tf
  unset TF_VAR_secret
  tf apply
  expect_status 0
  tf apply
  expect_status 0
  plan_is_empty
}

test_what_cannot_work_is_told_as_such_and_the_plan_stays_true() {
  work_in backups
  in_minio 'bucket = "nowhere"' >change_override.tf
  tf apply
  expect_status 1
  # Nobody else is told whether there is such a bucket.
  expect_output 'the repository denies pgbackrest what it asks for in bucket nowhere'
  tf plan -detailed-exitcode
  expect_status 2
  in_minio 'user = "nobody"' >change_override.tf
  tf apply
  expect_status 1
  expect_output 'MinIO cluster minio has no user nobody'
  brought_back
  # An outage is no drift.
  expect on minio-1 systemctl stop minio
  rm -f change_override.tf
  tf plan -out=plan
  expect_status 0
  expect_output 'pg-test: the repository is not reached'
  expect_equal "$(planned pigsty_pg_cluster.test | jq -r '.actions[0]')" no-op
  expect on minio-1 systemctl start minio
  plan_is_empty
}

test_a_full_disk_is_told_as_such() {
  local node
  for node in "${nodes[@]}"; do
    expect on "$node" sh -c 'mkdir -p /full && mount -t tmpfs -o size=2m tmpfs /full && chown postgres /full'
  done
  work_in backups
  backup 'path = "/full"
    full_schedule = "00 01 29 2 *"' >change_override.tf
  tf apply
  expect_status 1
  expect_output 'the repository is full'
  tf plan -detailed-exitcode
  expect_status 2
  brought_back
  for node in "${nodes[@]}"; do expect on "$node" umount /full; done
}

test_imports_plan_nothing() {
  work_in backups
  run lab run -- "$cli" state rm pigsty_pg_cluster.test
  expect_status 0
  tf import pigsty_pg_cluster.test pg-test@10.10.10.12
  expect_status 0
  plan_is_empty
}

test_bad_input_is_refused_at_plan() {
  work_in backups
  in_minio 'diff_schedule = "25 01 * *"' | refused_at_plan backup.diff_schedule 'five fields of time'
  in_minio 'diff_schedule = "0 1 * * * root true"' | refused_at_plan backup.diff_schedule 'five fields of time'
  in_minio 'retention = { full = 0 }' | refused_at_plan backup.retention.full '0'
  in_minio 'retention = { type = "days" }' | refused_at_plan backup.retention.type '"count"'
  in_minio 'retention = { full = 1, archive = 2 }' | refused_at_plan backup.retention.archive 'at most backup.retention.full'
  in_minio 'bucket = "Not a bucket"' | refused_at_plan backup.bucket 'lower-case letters'
  in_minio 'compression = "rar"' | refused_at_plan backup.compression '"zst"'
  in_minio 'clone_above = "much"' | refused_at_plan backup.clone_above 'a size such as 10GiB'
  in_minio 'options = { repo1-cipher-pass = "x" }' | refused_at_plan 'backup.options["repo1-cipher-pass"]' 'set by backup.encryption'
  in_minio 'options = { process-max = "1\n[global]" }' | refused_at_plan 'backup.options["process-max"]' 'on one line'
  in_minio 'encryption = false' | refused_at_plan backup.encryption 'Another `backup.path` begins anew'
  backup 'bucket = "pgsql"' | refused_at_plan backup.bucket 'says nothing without a repository'
  backup 'path = "/pg/data"' | refused_at_plan backup.path "outside the cluster's own"
  printf 'resource "pigsty_pg_cluster" "test" {\n  parameters = { archive_command = "true" }\n}\n' | refused_at_plan 'parameters["archive_command"]' 'set by backup'
  printf 'resource "pigsty_pg_cluster" "test" {\n  backup = { repository = merge(pigsty_minio_cluster.this.access, { ca_fingerprint = "" }) }\n}\n' | refused_at_plan backup.repository 'over TLS alone'
  rm case_override.tf
  # What pgBackRest alone can tell is refused before the file is used.
  in_minio 'options = { no-such-option = "1" }' >change_override.tf
  tf apply
  expect_status 1
  expect_output "invalid option 'no-such-option'"
  brought_back
}

test_each_member_has_a_repository_of_its_own_on_its_disk() {
  changed < <(backup "$schedules")
  expect_announced 'archive WAL of pg-test to /pg/backup of each member, no restart; a full backup'
  tf plan
  expect_output 'after a failover the new leader begins a history of its own'
  expect_equal "$(sets "$(leader)")" full
  expect_equal "$(backrest "$(standby)" --output=json info | jq -r '.[0].status.code')" 2
  run on "$(standby)" test -e /pg/bin/pg-clone
  expect_status 1
  switch_over
  # WAL arrives at the new leader's at once, and its first backup is a full one.
  expect backrest "$(leader)" --archive-timeout=30 check
  expect pg_backup "$(leader)" incr
  expect_equal "$(sets "$(leader)")" full
  work_in backups
  plan_is_empty
  an_apply_writes_nothing
  expect_equal "$(look '"\(.ok) \(.repository) \(.encrypted) \(.backups | length)"')" "true /pg/backup of each member false 1"
}

test_switched_off_nothing_is_left_but_the_backups() {
  local node
  printf 'resource "pigsty_pg_cluster" "test" {\n  backup = null\n}\n' >"$work_root/off"
  changed <"$work_root/off"
  expect_announced 'stop archiving WAL of pg-test; its backups stay in /pg/backup of each member'
  expect_equal "$(archives_by "$(leader)")" /bin/true
  for node in "${nodes[@]}"; do
    expect gone "$node" /etc/pgbackrest /etc/cron.d/pgbackrest-pg-test /pg/bin/pg-backup /pg/bin/pg-clone /pg/log/pgbackrest
    expect on "$node" sh -c '! grep -q sss.pigsty /etc/hosts && ! grep -q pgbackrest "/pg/conf/$1.yml"' sh "$node"
  done
  expect on "$(leader)" test -d /pg/backup/backup/pg-test
  expect_equal "$(look '"\(.enabled) \(.status)"')" "false off"
  # On again, where it was: what is there is still the cluster's, and the chain begins anew.
  brought_back
  expect_equal "$(sets pg-test-1 | awk '{ print $1, $NF }')" "full full"
}

test_destroy_leaves_nothing() {
  local node
  work_in backups
  tf destroy -target=pigsty_pg_cluster.test
  expect_status 0
  for node in "${nodes[@]}"; do
    expect gone "$node" /etc/pgbackrest /etc/cron.d/pgbackrest-pg-test /data/postgres/pg-test-17 /pg /var/lib/pigsty/secrets/pg-pg-test \
      /var/lib/pigsty/claims/pg_cluster-pg-test.json
    expect on "$node" sh -c '! grep -q sss.pigsty /etc/hosts'
  done
  # Its key went with the members.
  expect_equal "$(in_bucket pgbackrest/backup/pg-test) $(in_bucket pgbackrest/archive/pg-test)" "0 0"
  tf apply
  expect_status 0
  expect_equal "$(sets pg-test-1)" full
  tf destroy
  expect_status 0
}

run_tests
