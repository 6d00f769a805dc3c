#!/usr/bin/env bash
# Three MinIO members with two drives each: created on bare nodes, changed, damaged by hand, one node off, imported, destroyed.
# with: tofu
# takes: 320
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/changes.sh"
. "$(dirname "$0")/../lib/drives.sh"

nodes=(minio-1 minio-2 minio-3)
first_secret='first "x" $HOME `id` $(id) \ # '"'"' %s ü'
second_secret='second <&> {{root:1}} \n \\ end'
unset TF_VAR_deletion_protection
export TF_VAR_app_secret=$first_secret
export PIGSTY_FAULT_BINARY=${PIGSTY_FAULT_BINARY:-$repository/build/debug/provider/terraform-provider-pigsty}

start_lab bare minio-1=10.10.10.10 minio-2=10.10.10.11 minio-3=10.10.10.12
for node in "${nodes[@]}"; do
  on "$node" sh -c 'useradd -m canary && echo canary >/etc/canary.conf && echo "10.9.9.9 canary # mine" >>/etc/hosts && mkdir -p /data && echo canary >/data/canary'
done

apply_override() { changed_in minio; }
announced() { announced_for pigsty_minio_cluster.minio; }
expect_announced() { [[ $(announced) == *"$1"* ]] || failure "expected in last_change: $1, found: $(announced)"; }
brought_back() { brought_back_in minio; }
cluster() { printf 'resource "pigsty_minio_cluster" "minio" {\n%s\n}\n' "$1"; }

# mc NODE ARGUMENTS…: as the server's root, on a member.
mc() {
  local node=$1
  shift
  on "$node" env SSL_CERT_FILE=/home/minio/.minio/certs/CAs/ca.crt timeout 30 minio-client --config-dir /var/lib/pigsty/minio-minio --json "$@"
}
# as_app NODE SECRET COMMAND: sh on a member, where `app ARGUMENTS…` is a client of user app.
as_app() {
  jq -nc --arg secret "$2" '{url: "https://10.10.10.11:9000", accessKey: "app", secretKey: $secret, api: "S3v4", path: "auto"}' |
    lab exec "$1" -- sh -c "umask 077; cat >/run/app.json; export SSL_CERT_FILE=/home/minio/.minio/certs/CAs/ca.crt
      app() { timeout 30 minio-client --config-dir /run/app \"\$@\"; }
      app alias import a /run/app.json >/dev/null; rm /run/app.json; $3; s=\$?; rm -rf /run/app; exit \$s"
}
# Which start of the unit runs on each member.
starts() { for node in "${nodes[@]}"; do on "$node" systemctl show --property=InvocationID --value minio; done; }

test_drives_on_the_root_disk_are_refused_before_anything_is_written() {
  work_in minio
  tf init
  expect_status 0
  tf apply
  expect_status 1
  expect_output 'expected /data1 to be on a file system of its own, found it on the root disk'
  expect_output 'mount a disk at /data1'
  for node in "${nodes[@]}"; do
    expect on "$node" sh -c '! ls /var/lib/pigsty/claims/minio_cluster-* /usr/bin/minio /data1 2>/dev/null'
  done
  for node in "${nodes[@]}"; do give_drives "$node" /data1 /data2 || failure "no drives on $node"; done
}

test_an_unfinished_create_is_released() {
  work_in minio
  # Another build is another version: it takes an init to change to it, and one to come back.
  PIGSTY_PROVIDER_BINARY=$PIGSTY_FAULT_BINARY tf init -upgrade
  expect_status 0
  PIGSTY_PROVIDER_BINARY=$PIGSTY_FAULT_BINARY PIGSTY_FAULT="start minio:minio-1:after:error" tf apply
  expect_status 1
  expect_output 'a fault was asked for'
  expect lab run -- "$PIGSTY_FAULT_BINARY" release minio 10.10.10.10
  expect_output 'undone on all its members'
  for node in "${nodes[@]}"; do nothing_is_left "$node"; done
  tf init -upgrade
  expect_status 0
}

nothing_is_left() {
  expect on "$1" sh -c '! ls -d /var/lib/pigsty/claims/minio_cluster-* /var/lib/pigsty/secrets/minio-minio /var/lib/pigsty/minio-minio /etc/default/minio \
    /etc/systemd/system/minio.service /home/minio /data1/.minio.sys /data2/.minio.sys /data1/pgsql 2>/dev/null; ! id minio 2>/dev/null; ! grep -q pigsty /etc/hosts; ! systemctl is-active minio'
}

test_a_bare_cluster_is_created() {
  work_in minio
  tf apply
  expect_status 0
  plan_is_empty
  expect_equal "$(mc minio-1 admin info local | jq -r '.info.backend | "\(.onlineDisks) \(.offlineDisks)"')" "6 0"
  expect_equal "$(mc minio-3 ls local | jq -r .key | sort | paste -sd' ')" "meta/ pgsql/"
}

test_a_second_apply_writes_nothing() {
  work_in minio
  an_apply_writes_nothing
  expect grep -q 'minio minio bucket meta' <(tr '\t' ' ' <"$work_root/before")
}

test_hostile_secrets_are_stored_exactly_and_nowhere_in_the_open() {
  work_in minio
  expect as_app minio-2 "$first_secret" 'echo one | app pipe a/meta/one && [ "$(app cat a/meta/one)" = one ] && ! app ls a/pgsql/x/y --versions 2>/dev/null | grep -q .'
  run as_app minio-2 "$first_secret" 'echo one | app pipe a/pgsql/one'
  ((status != 0)) || failure 'app writes where it has no rights'
  expect_equal "$(grep -cF 'first \"x' terraform.tfstate)" 0
  for node in "${nodes[@]}"; do
    expect on "$node" sh -c '! grep -rlF "first \"x" /etc /home /var/log /var/lib/pigsty/claims /var/lib/pigsty/journal'
    expect_equal "$(on "$node" stat -c '%a %U' /etc/default/minio /var/lib/pigsty/secrets/minio-minio/given.app /var/lib/pigsty/minio-minio/config.json | sort -u)" "600 root"
  done
}

test_buckets_users_and_policies_change_and_come_back() {
  local before
  before=$(starts)
  apply_override < <(cluster '
    buckets = { pgsql = { versioning = true, quota = "1GiB" }, meta = { versioning = true }, locked = { versioning = true, object_lock = true } }
    users = { pgbackrest = { policies = ["pgsql", "locked"] }, app = { policy = "meta", policies = ["lookers"], secret_wo = var.app_secret, secret_wo_version = 1 }, another = { policy = "readonly" } }
    policies = { lookers = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["s3:ListBucket", "s3:GetObject"], Resource = "arn:aws:s3:::*" }] }) }')
  expect_announced 'make minio bucket locked'
  expect_announced 'set minio user pgbackrest'
  expect_equal "$(mc minio-1 stat local/locked | jq -r '.ObjectLock.enabled + .Versioning.status')" "EnabledEnabled"
  expect_equal "$(mc minio-1 quota info local/pgsql | jq -r .quota)" 1073741824
  expect_equal "$(mc minio-1 admin user info local pgbackrest | jq -r .policyName)" "locked,pgsql"
  brought_back
  expect_equal "$(mc minio-1 stat local/pgsql | jq -r .Versioning.status)" "Suspended"
  expect_equal "$(mc minio-1 admin user list local | jq -r .accessKey | sort | paste -sd' ')" "app pgbackrest"
  expect_equal "$(starts)" "$before"
}

test_a_secret_is_rotated() {
  export TF_VAR_app_secret=$second_secret
  apply_override < <(cluster 'users = { pgbackrest = { policy = "pgsql" }, app = { policy = "meta", policies = ["lookers"], secret_wo = var.app_secret, secret_wo_version = 2 } }')
  expect as_app minio-1 "$second_secret" 'app cat a/meta/one'
  run as_app minio-1 "$first_secret" 'app cat a/meta/one'
  ((status != 0)) || failure 'the old secret still works'
  export TF_VAR_app_secret=$first_secret
  apply_override < <(cluster 'users = { pgbackrest = { policy = "pgsql" }, app = { policy = "meta", policies = ["lookers"], secret_wo = var.app_secret, secret_wo_version = 1 } }')
  rm change_override.tf
  plan_is_empty
}

test_another_domain_changes_certificates_without_a_restart() {
  local before
  before=$(starts)
  apply_override < <(cluster 'domain = "s3.example"')
  expect_announced 'reload minio'
  lab run -- openssl s_client -connect 10.10.10.10:9000 </dev/null 2>/dev/null | openssl x509 -noout -ext subjectAltName >"$out"
  expect_output 'DNS:s3.example'
  brought_back
  expect_equal "$(starts)" "$before"
}

test_what_the_server_reads_once_restarts_all_members_together() {
  local before
  before=$(starts)
  apply_override < <(cluster '
    region = "eu-central-1"
    storage_class = "EC:2"
    environment = { MINIO_SCANNER_SPEED = "slow", LAB_VALUE = "a \"b\" $c \\d" }
    port = 9010
    console_port = 9011')
  expect_announced 'all members of minio restart at once'
  expect on minio-1 sh -c "tr '\\0' '\\n' </proc/\$(systemctl show --property=MainPID --value minio)/environ | grep -qxF 'LAB_VALUE=a \"b\" \$c \\d'"
  expect_equal "$(mc minio-2 admin info local | jq -r '.info | "\(.region) \(.backend.standardSCParity)"')" "eu-central-1 2"
  [[ $(starts) != "$before" ]] || failure "no member restarted"
  brought_back
}

test_a_unit_changed_by_hand_restarts_that_member_alone() {
  local before after
  work_in minio
  mapfile -t before < <(starts)
  expect on minio-2 sh -c 'echo "# by hand" >>/etc/systemd/system/minio.service'
  tf apply
  expect_status 0
  expect_output 'restart minio on minio-2'
  plan_is_empty
  mapfile -t after < <(starts)
  expect_equal "${after[0]} ${after[2]}" "${before[0]} ${before[2]}"
  [[ ${after[1]} != "${before[1]}" ]] || failure 'minio-2 did not restart'
}

changes_by_hand() {
  cat <<'END'
minio-1 mc version enable local/pgsql => minio bucket pgsql: versioning is on, expected off
minio-1 mc rb local/empty => minio bucket empty: is not there
minio-1 mc admin policy detach local meta --user app => minio user app: policies are lookers, expected lookers, meta
minio-1 mc admin user disable local pgbackrest => minio user pgbackrest: is disabled
minio-1 sh printf "app\nby hand secret\n" | SSL_CERT_FILE=/home/minio/.minio/certs/CAs/ca.crt minio-client --config-dir /var/lib/pigsty/minio-minio admin user add local => minio user app: has another secret
minio-1 sh printf '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*"],"Resource":["arn:aws:s3:::*"]}]}' | SSL_CERT_FILE=/home/minio/.minio/certs/CAs/ca.crt minio-client --config-dir /var/lib/pigsty/minio-minio admin policy create local lookers /dev/stdin => minio policy lookers: says something else
minio-2 sh sed -i s/10.10.10.12/10.10.10.99/ /etc/hosts => minio-2 /etc/hosts
minio-2 sh echo x >>/etc/default/minio => minio-2 /etc/default/minio
minio-2 sh rm /home/minio/.minio/certs/public.crt => minio-2 /home/minio/.minio/certs/public.crt
minio-3 sh systemctl stop minio && rm /etc/systemd/system/minio.service && systemctl mask -q minio => minio-3 service minio.service: masked
minio-3 sh chmod 0777 /data1 => minio-3 /data1
END
}

test_every_change_by_hand_is_seen_in_words_and_repaired_alone() {
  local line command
  apply_override < <(cluster 'buckets = { pgsql = {}, meta = { versioning = true }, empty = {} }')
  while IFS= read -r line <&3; do
    command=${line%% => *}
    if [[ $command == *' mc '* ]]; then
      # shellcheck disable=SC2086
      expect mc ${command/ mc / }
    else
      expect on "${command%% *}" sh -c "${command#* sh }"
    fi
  done 3< <(changes_by_hand)
  tf plan -detailed-exitcode -out=plan
  expect_status 2
  lab run -- "$cli" show -no-color plan >"$out"
  while IFS= read -r line <&3; do expect_output "${line##* => }"; done 3< <(changes_by_hand)
  tf apply plan
  expect_status 0
  plan_is_empty
  expect as_app minio-1 "$first_secret" 'app cat a/meta/one'
  brought_back
}

test_tolerated_drift_stays() {
  apply_override < <(cluster 'drift_ignore = ["minio bucket pgsql"]')
  expect mc minio-1 version enable local/pgsql
  plan_is_empty
  apply_override < <(cluster $'drift_ignore = ["minio bucket pgsql"]\nbuckets = { pgsql = {}, meta = { versioning = true, quota = "1GB" } }')
  expect_equal "$(mc minio-1 stat local/pgsql | jq -r .Versioning.status)" "Enabled"
  brought_back
  expect_equal "$(mc minio-1 stat local/pgsql | jq -r .Versioning.status)" "Suspended"
}

test_a_bucket_that_holds_objects_is_never_removed() {
  work_in minio
  tf apply -refresh-only
  cluster 'buckets = { pgsql = {} }
    users = { pgbackrest = { policy = "pgsql" } }' >change_override.tf
  tf plan
  expect_status 1
  expect_output 'Bucket meta holds objects'
  expect_output 'found 1 object (versions counted) in meta'
  cluster 'buckets = { pgsql = { object_lock = true, versioning = true }, meta = { versioning = true } }' >change_override.tf
  tf plan
  expect_status 1
  expect_output 'S3 decides it when a bucket is made'
  rm change_override.tf
}

test_one_node_off_is_no_change_and_service_goes_on() {
  work_in minio
  expect lab kill minio-3
  expect as_app minio-1 "$first_secret" 'echo two | app pipe a/meta/two && [ "$(app cat a/meta/two)$(app cat a/meta/one)" = twoone ]'
  tf plan -detailed-exitcode
  expect_status 0
  expect_output 'minio: minio-3 does not answer'
  expect_equal "$(look '"\(.serves) \(.parity) \(.members["1"].state) \(.members["3"].state) \(.members["3"].drives_online) \(.buckets.meta.versioning) \(.buckets.meta.is_empty) \(.users.app.policies | join(","))"')" \
    "true 3 online offline 0 on false lookers,meta"
  work_in minio
  expect lab start minio-3
  # Its drives came back empty, as new disks do.
  tf apply
  expect_status 0
  plan_is_empty
  wait_until 60 six_drives_are_online
}
# look JQ: of what the data source shows.
look() {
  work_in minio-look
  rm -rf terraform.tfstate
  lab run -- "$cli" init -no-color >/dev/null && lab run -- "$cli" apply -auto-approve -no-color >/dev/null && lab run -- "$cli" output -json look | jq -r "$1"
}
six_drives_are_online() { [[ $(mc minio-1 admin info local | jq -r .info.backend.onlineDisks) == 6 ]]; }

test_imports_plan_nothing() {
  work_in minio
  run lab run -- "$cli" state rm pigsty_minio_cluster.minio
  expect_status 0
  tf import pigsty_minio_cluster.minio minio@10.10.10.11
  expect_status 0
  plan_is_empty
  run lab run -- "$cli" state rm pigsty_minio_cluster.minio
  printf 'import {\n  to = pigsty_minio_cluster.minio\n  identity = { name = "minio", address = "10.10.10.12" }\n}\n' >imports.tf
  tf apply
  expect_status 0
  expect_output '1 imported, 0 added, 0 changed, 0 destroyed.'
  rm imports.tf
  plan_is_empty
}

test_bad_input_is_refused_at_plan() {
  work_in minio
  local users='users = { pgbackrest = { policy = "pgsql" } }'
  cluster 'data = "/data{2...1}"' | refused_at_plan 'data' 'at most one range'
  cluster 'data = "/data{1...2}/{1...2}"' | refused_at_plan 'data' 'at most one range'
  cluster 'members = { 1 = { address = "10.10.10.10" }, 3 = { address = "10.10.10.12" } }' | refused_at_plan 'members' 'found none with 2 before 3'
  cluster 'members = { 1 = { address = "10.10.10.10" }, 2 = { address = "10.10.10.10" } }' | refused_at_plan 'members' '10.10.10.10'
  cluster "buckets = { Pgsql = {} }" | refused_at_plan 'buckets' 'lower-case letters, digits and hyphens'
  cluster "buckets = { a_b = {} }" | refused_at_plan 'buckets' 'lower-case letters, digits and hyphens'
  cluster 'buckets = { pgsql = { quota = "much" }, meta = {} }' | refused_at_plan 'buckets["pgsql"].quota' 'a size such as 10GiB'
  cluster 'policies = { lookers = "{" }' | refused_at_plan 'policies["lookers"]' 'a policy as JSON'
  cluster 'users = { app = { policy = "nowhere" } }' | refused_at_plan 'users["app"].policy' 'the name of a bucket'
  cluster 'users = { app = { policy = "meta", secret_wo = "short", secret_wo_version = 1 } }' | refused_at_plan 'secret_wo' '8 to 512 bytes'
  cluster 'users = { app = { policy = "meta", secret_wo = "long enough" } }' | refused_at_plan 'secret_wo' 'secret_wo_version'
  cluster 'environment = { MINIO_ROOT_PASSWORD = "x" }' | refused_at_plan 'environment["MINIO_ROOT_PASSWORD"]' 'made on the nodes'
  cluster 'environment = { LAB = "a\nb" }' | refused_at_plan 'environment' 'control characters'
  cluster 'console_port = 9000' | refused_at_plan 'console_port' 'ports of their own'
  cluster 'node_pattern = "minio.pigsty"' | refused_at_plan 'node_pattern' '${minio_seq}'
  cluster 'storage_class = "RAID5"' | refused_at_plan 'storage_class' 'EC:2'
  cluster 'data = "/data{1...3}"' | refused_at_plan 'data' 'Make a cluster of another name'
  rm case_override.tf
}

test_destroy_is_refused_under_protection_and_then_complete() {
  work_in minio
  tf destroy
  expect_status 1
  expect_output 'deletion_protection'
  TF_VAR_deletion_protection=false tf apply
  expect_status 0
  TF_VAR_deletion_protection=false tf destroy
  expect_status 0
  for node in "${nodes[@]}"; do
    nothing_is_left "$node"
    expect on "$node" sh -c 'id canary && grep -qx canary /etc/canary.conf && grep -qx "10.9.9.9 canary # mine" /etc/hosts && grep -qx canary /data/canary && findmnt /data1 && [ -z "$(ls -A /data1)" ]'
  done
}

test_one_node_with_one_drive_in_plaintext() {
  work_in minio-single
  tf init
  tf apply
  expect_status 0
  expect_output 'small: plaintext'
  plan_is_empty
  expect_equal "$(on minio-1 sh -c 'minio-client --config-dir /var/lib/pigsty/minio-small --json ls local | wc -l')" 1
  expect on minio-1 grep -qx 'MINIO_VOLUMES="/data/minio"' /etc/default/minio
  tf destroy
  expect_status 0
  expect on minio-1 sh -c 'grep -qx canary /data/canary && [ ! -e /data/minio ]'
}

run_tests
