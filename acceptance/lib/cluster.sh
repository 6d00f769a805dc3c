# What the suites do with a cluster on three nodes. Sourced after suite.sh.
# shellcheck shell=bash disable=SC2154

nodes=(pg-test-1 pg-test-2 pg-test-3)
addresses=(10.10.10.11 10.10.10.12 10.10.10.13)
export TF_VAR_app_password=${TF_VAR_app_password:-app-$RANDOM-$RANDOM-Secret}
export TF_VAR_sizing='{ cpu = 2, memory_mb = 2048, disk_gb = 20 }'
export TF_VAR_deletion_protection=false

# start_lab bare|prepared NAME=ADDRESS…: nodes that nothing was done to, and no others.
start_lab() {
  local kind=$1
  shift
  lab down >/dev/null 2>&1
  lab up --system "$system" "--$kind" "$@" >"$out" 2>&1 || failure "the lab did not start"
}

# fresh_nodes bare|prepared: all three.
fresh_nodes() { start_lab "$1" pg-test-1=10.10.10.11 pg-test-2=10.10.10.12 pg-test-3=10.10.10.13; }

# sql NODE STATEMENT: as the superuser of that member, on its own socket.
sql() { on "$1" sudo -u postgres psql -XAtq -d "${database:-postgres}" -c "$2"; }

# as_app ADDRESS PORT STATEMENT: from this machine, as the application.
app_user=app app_database=app
as_app() {
  PGPASSWORD=$TF_VAR_app_password PGCONNECT_TIMEOUT=5 lab run -- psql -XAtq \
    "host=$1 port=$2 user=$app_user dbname=$app_database sslmode=${sslmode:-prefer}" -c "$3"
}

# The member that leads now, asked of Patroni.
leader() {
  on "${1:-pg-test-1}" sudo -u postgres patronictl -c /etc/patroni/patroni.yml list -f json | jq -r '.[] | select(.Role == "Leader") | .Member'
}

# True where one member leads and all others stream from it. Asked of PostgreSQL: what patronictl shows is what members last
# said of themselves, and after a power cut that is how it was before.
cluster_is_whole() {
  local node leaders=0
  for node in "${nodes[@]}"; do
    case $(sql "$node" "SELECT pg_is_in_recovery(), count(*) FROM pg_stat_replication WHERE state = 'streaming'") in
      "f|$((${#nodes[@]} - 1))") ((leaders += 1)) ;;
      "t|"*) ;;
      *) return 1 ;;
    esac
  done
  ((leaders == 1))
}

# plan_is_empty: the CLI itself finds nothing to change.
plan_is_empty() {
  tf plan -detailed-exitcode
  expect_status 0
}

# logged COMMAND…: with the provider's debug log, which ends with its counters, in a file for counted().
logged() {
  rm -f "$work_root/provider.log"
  TF_LOG_PROVIDER=DEBUG TF_LOG_PATH=$work_root/provider.log "$@"
}
# counted WHAT: the highest value of a counter; there is a line for each node or cluster and process.
counted() { grep -oE "counters [^\"]* $1=[0-9]+" "$work_root/provider.log" | sed 's/.*=//' | sort -n | tail -n 1; }
# expect_counted WHAT MOST: at most so many, and at least one, or nothing was counted.
expect_counted() {
  local found
  found=$(counted "$1")
  [[ $found =~ ^[1-9][0-9]*$ ]] && ((found <= $2)) || failure "expected at most $2 $1, found ${found:-none}"
}

# planned ADDRESS: the planned change of one resource in the saved plan `plan`, as JSON.
planned() {
  lab run -- "$cli" show -json plan | jq --arg address "$1" '.resource_changes[] | select(.address == $address) | .change'
}

# audit_nodes FILE: what all nodes look like now.
audit_nodes() { "$suite_dir/lab/audit" snapshot "${nodes[@]}" >"$1"; }

# one_node bare|prepared: the first of them alone.
one_node() { start_lab "$1" pg-test-1=10.10.10.11; }
