# Sourced after suite.sh and cluster.sh.
# shellcheck shell=bash

# redis_client NODE PASSWORD ARGUMENTS…: redis-cli on that node, which logs in and exits 1 on an error reply. The password comes by
# standard input: a process list would show it.
redis_client() {
  local node=$1 password=$2
  shift 2
  # shellcheck disable=SC2016
  printf '%s\n' "$password" | on "$node" sh -c 'read -r REDISCLI_AUTH; export REDISCLI_AUTH; exec timeout 10 redis-cli -e "$@" </dev/null' sh "$@"
}
