#!/usr/bin/env bash
# A CLI that is killed while it creates: the next apply goes on, takes over what was finished and is in no state, destroys
# nothing, and the plan after it is empty.
#
# KILL_ROUNDS   creates to be killed at a random moment, after one killed at a chosen one (default 1; acceptance/drills/killed.sh
#               wants ten)
# KILL_WITHIN   seconds within which (default 30; less, once a create was faster)
# with: tofu terraform
# takes: 260
. "$(dirname "$0")/../lib/suite.sh"
. "$(dirname "$0")/../lib/cluster.sh"
. "$(dirname "$0")/../lib/changes.sh"

within=${KILL_WITHIN:-30}

# begin_apply: in the background; the file cli.pid holds the CLI's own process, which `lab run` becomes.
begin_apply() {
  rm -f cli.pid
  # shellcheck disable=SC2016
  lab run -- sh -c 'echo $$ >cli.pid; exec "$0" apply -auto-approve -input=false -no-color' "$cli" >apply.log 2>&1 &
  wait_until 30 test -s cli.pid
}

# kill_cli: false where it had come to its end before.
kill_cli() {
  local killed=0
  kill -9 "$(<cli.pid)" 2>/dev/null || killed=1
  wait || true
  return $killed
}

# is_ready CLAIM: its resource is finished on pg-test-1.
is_ready() { on pg-test-1 grep -q '"state": "ready"' "/var/lib/pigsty/claims/$1.json" 2>/dev/null; }

# is_ready_everywhere KIND: there is a claim of it, and none that is not finished.
is_ready_everywhere() {
  local node found=0
  for node in "${nodes[@]}"; do
    on "$node" sh -c 'ls /var/lib/pigsty/claims/'"$1"'-*.json' >/dev/null 2>&1 || continue
    on "$node" sh -c 'grep -q "\"state\": \"ready\"" /var/lib/pigsty/claims/'"$1"'-*.json' || return 1
    found=1
  done
  ((found))
}

# goes_on: the next apply finishes what was begun; whatever was finished and is in no state is taken over, and it says so.
goes_on() {
  local claim known
  known=$(lab run -- "$cli" state list 2>/dev/null || true)
  local -a orphans=()
  for claim in ca:pigsty_ca etcd_cluster:pigsty_etcd_cluster pg_cluster:pigsty_pg_cluster; do
    is_ready_everywhere "${claim%%:*}" && ! grep -q "^${claim##*:}\\." <<<"$known" && orphans+=("${claim%%:*}")
  done
  printf '    killed with %s of its resources in the state, and finished in none: %s\n' "$(grep -c . <<<"$known")" "${orphans[*]:-no other}"
  tf plan -detailed-exitcode
  # Killed after it said goodbye to the provider, it may have kept all of it.
  ((status == 0)) || {
    expect_status 2
    expect_output "0 to destroy"
  }
  tf apply
  expect_status 0
  expect_output "0 destroyed"
  for claim in "${orphans[@]}"; do expect_output "takes over $claim"; done
  plan_is_empty
  expect wait_until 60 cluster_is_whole
}

nothing_is_written_any_more() {
  an_apply_writes_nothing
  local node
  for node in "${nodes[@]}"; do
    run on "$node" sh -c 'grep -l handover /var/lib/pigsty/claims/*'
    expect_status 1
  done
}

new_work() {
  fresh_nodes prepared
  rm -rf "$work_root/02-ha-cluster"
  work_in 02-ha-cluster
  tf init
  expect_status 0
}

test_what_was_finished_before_any_state_is_taken_over() {
  new_work
  begin_apply
  wait_until 300 is_ready ca-pigsty-ca
  kill_cli || failure "the apply was over before the authority was"
  goes_on
  nothing_is_written_any_more
}

test_another_configuration_takes_nothing_over() {
  cp -r "$work_root/02-ha-cluster" "$work_root/another"
  cd "$work_root/another" || exit 1
  rm -f terraform.tfstate*
  tf apply
  expect_status 1
  expect_output "exists already on this node"
  expect_output "import it instead of creating it"
}

test_creates_killed_at_any_moment_are_finished() {
  local round=1 moment began
  while ((round <= ${KILL_ROUNDS:-1})); do
    new_work
    began=$SECONDS
    begin_apply
    moment=$((1 + RANDOM % within))
    printf '    round %d: %s dies after %d s\n' "$round" "$cli" "$moment"
    # Not a wait for something to be true: the moment is what is tried.
    while ((SECONDS - began < moment)) && kill -0 "$(<cli.pid)" 2>/dev/null; do sleep 0.1; done
    if ! kill_cli; then
      # No round: the next moment comes earlier.
      within=$((SECONDS - began > 2 ? SECONDS - began - 1 : 1))
      printf '    it was done by then\n'
      plan_is_empty
      continue
    fi
    goes_on
    nothing_is_written_any_more
    round=$((round + 1))
  done
}

test_and_destroyed_like_any_other() {
  work_in 02-ha-cluster
  tf destroy
  expect_status 0
  local node
  for node in "${nodes[@]}"; do
    expect_equal "$(on "$node" sh -c 'ls /var/lib/pigsty/claims; pgrep -a "patroni|postgres|etcd"')" ""
  done
}

run_tests
