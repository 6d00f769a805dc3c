# What the suites do with Redis on four nodes. Sourced after suite.sh and cluster.sh.
# shellcheck shell=bash disable=SC2034,SC2154

. "$suite_dir/lib/redis-client.sh"

nodes=(rd-1 rd-2 rd-3 rd-4)
addresses=(10.10.10.10 10.10.10.11 10.10.10.12 10.10.10.13)
lab_nodes=(rd-1=10.10.10.10 rd-2=10.10.10.11 rd-3=10.10.10.12 rd-4=10.10.10.13)
export TF_VAR_ms_password=${TF_VAR_ms_password:-ms-$RANDOM-$RANDOM}
export TF_VAR_test_password=${TF_VAR_test_password:-test-$RANDOM-$RANDOM}

# redis_nodes bare|prepared: four nodes that nothing was done to.
redis_nodes() { start_lab "$1" "${lab_nodes[@]}"; }

node_at() { printf 'rd-%d' $((${1##*.} - 9)); }

# redis PASSWORD ADDRESS PORT COMMAND…: asked from the node itself, on its address. `redis_options` come first.
redis() {
  local password=$1 address=$2 port=$3
  shift 3
  # shellcheck disable=SC2086
  redis_client "$(node_at "$address")" "$password" ${redis_options:-} -h "$address" -p "$port" "$@"
}
ms() { redis "$TF_VAR_ms_password" "$@"; }
meta() { redis redis.meta 10.10.10.11 "$@"; }
cluster_client() { redis_options=-c redis "$TF_VAR_test_password" "$@"; }
shard() { redis "$TF_VAR_test_password" "$@"; }

# told FIELD: one line of INFO from standard input.
told() { tr -d '\r' | sed -n "s/^$1://p"; }

ms_members=("10.10.10.10 6379" "10.10.10.10 6380" "10.10.10.11 6379")
# Where the one master of redis-ms is, "ADDRESS PORT"; fails where there is none or a second.
ms_master() {
  local member found=()
  for member in "${ms_members[@]}"; do
    # shellcheck disable=SC2086
    [[ $(ms $member INFO replication | told role) != master ]] || found+=("$member")
  done
  ((${#found[@]} == 1)) && printf '%s' "${found[0]}"
}
# One master, and all others linked to it.
ms_is_whole() {
  local master member
  master=$(ms_master) || return 1
  for member in "${ms_members[@]}"; do
    [[ $member != "$master" ]] || continue
    # shellcheck disable=SC2086
    [[ $(ms $member INFO replication | tr -d '\r' | sed -n 's/^master_\(host\|port\|link_status\)://p' | tr '\n' ' ') == "$master up " ]] || return 1
  done
}
# What the sentinels say.
sentinel_address() { meta "${1:-26379}" SENTINEL GET-MASTER-ADDR-BY-NAME redis-ms | tr '\n' ' ' | sed 's/ $//'; }
sentinels_agree() {
  local port
  for port in 26379 26380 26381; do
    [[ $(sentinel_address "$port") == "$(ms_master)" ]] || return 1
    [[ $(meta "$port" SENTINEL CKQUORUM redis-ms) == "OK 3 usable Sentinels."* ]] || return 1
  done
}

test_members=("10.10.10.12 6379" "10.10.10.12 6380" "10.10.10.12 6381" "10.10.10.13 6379" "10.10.10.13 6380" "10.10.10.13 6381")
# True where every member says: all slots are served by three masters, and each has one replica that is linked.
test_is_whole() {
  local member
  for member in "${test_members[@]}"; do
    # shellcheck disable=SC2086
    [[ $(shard $member CLUSTER INFO | tr -d '\r' | sed -n 's/^cluster_\(state\|slots_ok\|known_nodes\|size\)://p' | tr '\n' ' ') == "ok 16384 6 3 " ]] || return 1
    # shellcheck disable=SC2086
    shard $member CLUSTER NODES | awk '$3 ~ /fail/ || $8 != "connected" && $3 !~ /myself/ {bad = 1} $3 ~ /master/ {m++} $3 ~ /slave/ {s[$4]++} END {for (i in s) n++; exit bad || m != 3 || n != 3}' || return 1
  done
}
# masters_on ADDRESS: ports of redis-test that are masters there, one a line.
masters_on() {
  shard "${2:-$1}" "${3:-6379}" CLUSTER NODES | awk -v at="$1:" '$3 ~ /master/ && $3 !~ /fail/ && index($2, at) == 1 {split($2, a, "[:@]"); print a[2]}'
}

# writes_within SECONDS CLIENT…: the client's SET is taken in this time.
writes_within() { local most=$1; shift; wait_until "$most" "$@" SET written-by-suite "$SECONDS"; }
