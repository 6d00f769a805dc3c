#!/usr/bin/env bash
# Creates and updates of Redis (standalone, sentinel, cluster), MinIO and HAProxy that do not come to their end, by an error, a
# kill, a machine that is cut off or a full disk: the next plan destroys nothing, the next apply finishes, the plan after it is
# empty; and `release` undoes such a create, wherever it stopped.
#
# Wants a build with fault points, which PIGSTY_FAULT_BINARY names (default: the debug build of this tree).
# INTERRUPT_PLACES   where in a step (default "after"; acceptance/drills/interrupted.sh wants "before written after")
# INTERRUPT_STEPS    at how many places of each resource's table, spread over it (default 2; the drill wants all)
# with: tofu
# takes: 700
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/changes.sh"
. "$(dirname "$0")/../lib/drives.sh"
. "$(dirname "$0")/../lib/redis-client.sh"

nodes=(in-1 in-2 in-3)
addresses=(10.10.10.11 10.10.10.12 10.10.10.13)
unset TF_VAR_deletion_protection
export PIGSTY_PROVIDER_BINARY=${PIGSTY_FAULT_BINARY:-$repository/build/debug/provider/terraform-provider-pigsty}
[[ -x $PIGSTY_PROVIDER_BINARY ]] || failure "$PIGSTY_PROVIDER_BINARY is not there: cmake --preset debug && cmake --build --preset debug --target terraform-provider-pigsty"
read -ra places <<<"${INTERRUPT_PLACES:-after}"
start_lab bare in-1=10.10.10.11 in-2=10.10.10.12 in-3=10.10.10.13
for node in "${nodes[@]}"; do give_drives "$node" /data1 /data2 || failure "no drives on $node"; done

# Each resource, its name (its first member is NAME-1), and the steps of its kind that its table does not have.
resources=(pigsty_redis_cluster.ms pigsty_redis_cluster.meta pigsty_redis_cluster.shards pigsty_minio_cluster.minio pigsty_haproxy_service.web)
declare -A name_of=([pigsty_redis_cluster.ms]=redis-ms [pigsty_redis_cluster.meta]=redis-meta [pigsty_redis_cluster.shards]=redis-shards
  [pigsty_minio_cluster.minio]=minio [pigsty_haproxy_service.web]=web)
declare -A without=([pigsty_redis_cluster.ms]=cluster [pigsty_redis_cluster.meta]='cluster|replication|restart' [pigsty_redis_cluster.shards]=replication)

# points_of RESOURCE: where it is interrupted, a line each, in the order of its table; the last is always among them.
points_of() {
  local point i steps=${INTERRUPT_STEPS:-2}
  local -a all=()
  while IFS= read -r point; do
    [[ " ${places[*]} " == *" ${point##*:} "* && ! ${point%%:*} =~ ^(${without[$1]:-none})$ ]] && all+=("$point")
  done < <("$PIGSTY_PROVIDER_BINARY" fault-points "${1%%.*}")
  ((${#all[@]} > 0)) || failure "no fault points of $1"
  [[ $steps != all && $steps -lt ${#all[@]} ]] || steps=${#all[@]}
  for ((i = 1; i <= steps; i++)); do printf '%s\n' "${all[i * ${#all[@]} / steps - 1]}"; done
}

# faults_of ROUND HOW: what PIGSTY_FAULT is to say, a fault for each resource, on its first member alone: the others come as far
# as they come. No fault is left when all resources had each of theirs.
faults_of() {
  local resource faults=
  local -a points
  for resource in "${resources[@]}"; do
    mapfile -t points < <(points_of "$resource")
    (($1 < ${#points[@]})) || continue
    faults+="${faults:+;}${points[$1]%:*}:${name_of[$resource]}-1:${points[$1]##*:}:$2"
  done
  printf '%s' "$faults"
}

# interrupted FAULTS: an apply that meets them, and the plan after it. A step that nothing is done in is not met: then the apply
# comes to its end, and `met` stays as it is.
met=0
interrupted() {
  printf '    %s\n' "$1"
  PIGSTY_FAULT=$1 tf apply
  if ((status == 0)); then
    expect_no_output "a fault was asked for"
    printf '    not met\n'
    return
  fi
  met=$((met + 1))
  # After a kill the CLI has only lost a plugin.
  [[ $1 == *:kill* ]] || expect_output "a fault was asked for"
  expect_no_output "exists already"
  tf plan -detailed-exitcode
  expect_status 2
  expect_output "0 to destroy"
}

finished() {
  tf apply
  expect_status 0
  expect_output "0 destroyed"
  plan_is_empty
}

# nothing_is_left AFTER: on any node; the authority and the packages stay.
nothing_is_left() {
  local node
  for node in "${nodes[@]}"; do
    run on "$node" sh -c 'cd /var/lib/pigsty && ls -d claims/[!c]* redis/* secrets/redis* secrets/minio* minio-* /etc/redis/redis-* /data/redis/* /etc/systemd/system/redis-* \
      /etc/systemd/system/minio.service /etc/default/minio /home/minio /data?/.minio.sys /etc/haproxy/conf.d /etc/pki 2>/dev/null
      grep -n pigsty /etc/hosts; pgrep -a "redis-server|redis-sentinel|minio|haproxy"'
    [[ ! -s $out ]] || failure "left on $node after $1"
  done
}

claims_of() {
  local node
  for node in "${nodes[@]}"; do on "$node" sh -c "ls /var/lib/pigsty/claims/*-$1.json 2>/dev/null"; done
}

# As an operator would, by hand; a resource that came to its end is destroyed.
undo_all() {
  local resource name known undone=0
  local -a made=()
  known=$(lab run -- "$cli" state list 2>/dev/null)
  for resource in "${resources[@]}"; do
    name=${name_of[$resource]}
    if grep -qxF "$resource" <<<"$known"; then
      made+=("-target=$resource")
    elif [[ -n $(claims_of "$name") ]]; then
      expect lab run -- "$PIGSTY_PROVIDER_BINARY" release "$name" "${addresses[@]}"
      expect_output "undone on all its members"
      undone=$((undone + 1))
    else
      # The claim comes with the first write.
      run lab run -- "$PIGSTY_PROVIDER_BINARY" release "$name" "${addresses[@]}"
      expect_status 1
      expect_output "found none"
    fi
  done
  printf '    %d undone, %d finished\n' "$undone" "${#made[@]}"
  ((${#made[@]} == 0)) || { tf destroy "${made[@]}" && expect_status 0; }
}

test_release_undoes_what_was_interrupted() {
  work_in interrupted
  tf init
  expect_status 0
  tf apply -target=pigsty_ca.this
  expect_status 0
  local round faults
  for ((round = 0; ; round++)); do
    faults=$(faults_of "$round" error)
    [[ -n $faults ]] || break
    interrupted "$faults"
    undo_all
    nothing_is_left "$faults"
  done
  ((met > 0)) || failure "no create was interrupted"
}

# Errors and kills in turn. Where all places are tried, each create is finished and begun anew; else it goes on with the next.
test_creates_that_were_interrupted_are_finished() {
  work_in interrupted
  local round faults how
  for ((round = 0; ; round++)); do
    how=$( ((round % 2)) && echo error || echo kill)
    faults=$(faults_of "$round" "$how")
    [[ -n $faults ]] || break
    interrupted "$faults"
    [[ ${INTERRUPT_STEPS:-} == all ]] || continue
    finished
    tf destroy "${resources[@]/#/-target=}"
    expect_status 0
    nothing_is_left "$faults"
  done
  ((met > 0)) || failure "no create was interrupted"
  finished
  expect all_serve
}

# client NODE PASSWORD PORT COMMAND…: by TLS.
client() {
  redis_client "$1" "$2" --tls --cacert "$(on "$1" sh -c 'ls /etc/redis/*-ca.crt | head -n 1')" -h "$(address_of "$1")" -p "${@:3}"
}
address_of() { printf '10.10.10.1%s' "${1##*-}"; }
# What each of them answers stays in the output, for whoever waits in vain. Either member of redis-ms may lead: while its password
# is another one already than the sentinel has, which is a resource of its own, the sentinel may call the master down.
all_serve() {
  local word=first port=9002 leader follower=in-1
  [[ ! -e change_override.tf ]] || word=second port=9012
  leader=$(client in-3 meta-word 26379 SENTINEL GET-MASTER-ADDR-BY-NAME redis-ms | head -n 1)
  [[ $leader != 10.10.10.11 ]] || follower=in-2
  {
    echo "meta: $leader"
    echo "ms: $(client $follower $word-word 6379 INFO replication | tr -d '\r' | grep -E '^master_(host|link_status):' | paste -sd' ')"
    echo "shards: $(client in-1 shards-word 7001 CLUSTER INFO | tr -d '\r' | grep -E '^cluster_(state|slots_ok|known_nodes):' | sort | paste -sd' ')"
    echo "web: $(lab run -- curl -sSk --max-time 5 -o /dev/null -w '%{http_code}' "https://10.10.10.12:$port/minio/health/cluster")"
  } >"$out" 2>&1
  [[ $leader == 10.10.10.1[12] && $(<"$out") == "meta: $leader
ms: master_host:$leader master_link_status:up
shards: cluster_known_nodes:3 cluster_slots_ok:16384 cluster_state:ok
web: 200" ]]
}

# Of every resource something that is set while it runs, something that it restarts for, and a password.
change() {
  cat >change_override.tf <<'END'
resource "pigsty_redis_cluster" "ms" {
  password   = "second-word"
  max_memory = "48MB"
  parameters = { hz = "20", databases = "20" }
}

resource "pigsty_redis_cluster" "meta" {
  sentinel_monitor = [{ name = "redis-ms", host = "10.10.10.11", password = "second-word", quorum = 1, down_after = 15000 }]
  parameters       = { maxclients = "500" }
}

resource "pigsty_redis_cluster" "shards" {
  max_memory = "24MB"
  parameters = { tcp-backlog = "256" }
}

resource "pigsty_minio_cluster" "minio" {
  region  = "eu-central-1"
  buckets = { pgsql = { versioning = true }, meta = {} }
  users   = { pgbackrest = { policy = "pgsql" }, app = { policy = "meta" } }
}

resource "pigsty_haproxy_service" "web" {
  port    = 9012
  maxconn = 77
  options = ["retries 2"]
}
END
}

# There and back in turn.
test_updates_that_were_interrupted_are_finished() {
  work_in interrupted
  local round faults
  for ((round = 0; ; round++)); do
    faults=$(faults_of "$round" "$( ((round % 2)) && echo kill || echo error)")
    [[ -n $faults ]] || break
    ((round % 2)) && rm change_override.tf || change
    interrupted "$faults"
    finished
    wait_until 20 all_serve
  done
  ((met > 0)) || failure "no update was interrupted"
  rm -f change_override.tf
  finished
}

test_all_of_it_is_destroyed() {
  work_in interrupted
  tf destroy "${resources[@]/#/-target=}"
  expect_status 0
  nothing_is_left "the destroy"
}

# cut_off_during WHAT COMMAND…: an apply of that resource, whose third machine is cut off as soon as the command succeeds.
cut_off_during() {
  local what=$1 applying
  shift
  lab run -- "$cli" apply -auto-approve -input=false -no-color -target="$what" >apply.log 2>&1 &
  applying=$!
  wait_until 60 "$@"
  expect lab cut in-3
  status=0
  wait "$applying" || status=$?
  cp apply.log "$out"
  expect_status 1
}

test_a_member_that_is_cut_off_during_the_apply() {
  work_in interrupted
  # It still has to start, and to be met by the others.
  cut_off_during pigsty_redis_cluster.shards on in-3 test -e /etc/redis/redis-shards-3-7001.own.conf
  expect_output "redis-shards-3 (10.10.10.13)"
  expect lab join in-3
  # Its server begins late: the others wait for it, however fast they are, and say so in their journals.
  expect on in-3 sh -c 'mkdir /etc/systemd/system/minio.service.d && printf "[Service]\nExecStartPre=/bin/sleep 100\n" >/etc/systemd/system/minio.service.d/late.conf'
  cut_off_during pigsty_minio_cluster.minio on in-1 sh -c "journalctl -u minio --since @$EPOCHSECONDS | grep -q https://minio-3.pigsty:9000"
  expect_output "https://minio-3.pigsty:9000"
  expect lab join in-3
  expect on in-3 sh -c 'rm -r /etc/systemd/system/minio.service.d && systemctl daemon-reload && systemctl stop minio'
  tf plan -detailed-exitcode
  expect_status 2
  expect_output "0 to destroy"
  finished
  tf destroy "${resources[@]/#/-target=}"
  expect_status 0
  nothing_is_left "the destroy"
}

# full PATH…: of a file system of their own on the first node nothing is left. What fills it is nobody's data.
full() { on in-1 sh -c 'for path; do mkdir -p "$path/lost+found"; ! cat /dev/zero >"$path/lost+found/taken" 2>/dev/null || exit 1; done' sh "$@"; }
emptied() { on in-1 sh -c 'for path; do rm -r "$path/lost+found" || exit 1; done' sh "$@"; }

test_a_full_disk_is_said_and_once_there_is_room_the_create_finishes() {
  work_in interrupted
  local path
  for path in /data/redis /etc/haproxy/conf.d; do
    expect on in-1 sh -c "mkdir -p $path && mount -t tmpfs -o size=2m tmpfs $path"
  done
  expect full /data/redis /etc/haproxy/conf.d
  tf apply
  expect_status 1
  expect_output "redis-shards-1 (10.10.10.11)"
  expect_output "web-1 (10.10.10.11)"
  expect_output "No space left"
  tf plan -detailed-exitcode
  expect_status 2
  expect_output "0 to destroy"
  expect emptied /data/redis /etc/haproxy/conf.d
  finished
  wait_until 20 all_serve
}

# A server of Redis does not end while it cannot save.
test_a_full_disk_does_not_keep_anything_from_being_destroyed() {
  work_in interrupted
  expect full /data/redis /data1 /data2
  tf destroy "${resources[@]/#/-target=}"
  expect_status 0
  expect emptied /data/redis /data1 /data2
  expect on in-1 sh -c 'umount /data/redis /etc/haproxy/conf.d; rmdir /etc/haproxy/conf.d'
  nothing_is_left "the destroy"
}

run_tests
