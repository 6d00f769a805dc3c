# What a suite is written with. Sourced by acceptance/suites/*.sh:
#
#   # with: tofu terraform
#   # also on: bookworm
#   # takes: 60
#   . "$(dirname "$0")/../lib/suite.sh"
#   lab up --prepared pg-test-1=10.10.10.11
#   test_second_plan_is_empty() { work_in ha; tf plan -detailed-exitcode; expect_status 0; }
#   run_tests
#
# A test is a function test_…; it fails at its first expectation that does not hold. Tests of a suite run in the order
# in which they are written and stop at the first failure: each starts from the state that the one before proved.
# shellcheck shell=bash
set -uo pipefail
# `something | refused …`: the function at the end runs in the test's own shell, so that its failure ends the test.
shopt -s lastpipe

suite_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
repository=$(dirname "$suite_dir")
cli=${SUITE_CLI:-tofu}
system=${SUITE_SYSTEM:-trixie}  # of the nodes
binary=${PIGSTY_PROVIDER_BINARY:-$repository/build/release/provider/terraform-provider-pigsty}  # what the lab's mirror offers
work_root=$(mktemp -d "${TMPDIR:-/tmp}/pigsty-suite.XXXXXX")
out=$work_root/out      # what the last command printed, both streams
status=0                # and its exit status

lab() { "$suite_dir/lab/lab" "$@"; }
on() { local node=$1; shift; lab exec "$node" -- "$@"; }

# work_in SCENARIO: a fresh copy of examples/scenarios/SCENARIO or acceptance/suites/configurations/SCENARIO.
work_in() {
  local from=$repository/examples/scenarios/$1
  [[ -d $from ]] || from=$suite_dir/suites/configurations/$1
  work=$work_root/$1
  [[ -d $work ]] || cp -rL "$from" "$work"
  cd "$work" || exit 1
}

# run COMMAND…: keeps output and status, fails nothing by itself.
run() {
  status=0
  "$@" >"$out" 2>&1 || status=$?
}

# tf ARGUMENTS…: the CLI of this run, inside the lab's network.
tf() {
  local -a more=()
  case $1 in
    apply | destroy) [[ " $* " == *" -auto-approve "* ]] || more=(-auto-approve) ;;
  esac
  case $1 in
    plan | apply | destroy | import | init) more+=(-input=false) ;;
  esac
  # shellcheck disable=SC2068
  run lab run -- "$cli" "$1" "${more[@]}" -no-color ${@:2}
}

failure() {
  printf '  FAILED: %s\n' "$1"
  [[ -s $out ]] && sed 's/^/    | /' "$out" | tail -n "${2:-60}"
  exit 1
}

expect_status() { ((status == $1)) || failure "expected exit status $1, found $status"; }
# expect_output TEXT: the last output contains this text, blanks and line ends folded (both CLIs wrap their diagnostics).
expect_output() {
  sed 's/[│╷╵]/ /g' "$out" | tr -s ' \n' ' ' | grep -qF -- "$1" || failure "expected in the output: $1"
}
expect_no_output() {
  ! grep -qF -- "$1" "$out" || failure "not expected in the output: $1"
}
expect_equal() { [[ $1 == "$2" ]] || failure "expected '$2', found '$1'"; }
# expect COMMAND…: exits 0.
expect() {
  run "$@"
  ((status == 0)) || failure "expected to succeed: $*"
}
# wait_until SECONDS COMMAND…: a fact with a deadline, asked every half second.
wait_until() {
  local deadline=$((SECONDS + $1))
  shift
  until run "$@" && ((status == 0)); do
    ((SECONDS < deadline)) || failure "not true in time: $*"
    sleep 0.5
  done
}

run_tests() {
  local name began
  # SUITE_KEEP=1: to look at what a failed test left; the nodes stay up in any case.
  trap '[[ -n ${SUITE_KEEP:-} ]] || rm -rf "$work_root"' EXIT
  trap : TERM
  for name in $(declare -F | sed -n 's/^declare -f \(test_.*\)/\1 /p' | order_of_definition); do
    began=$SECONDS
    # Ended from outside, a test still says what it waited for.
    if (trap 'failure "ended from outside"' TERM; "$name"); then
      printf '  ok %s (%ds)\n' "$name" $((SECONDS - began))
      printf 'ok\t%s\n' "$name" >>"${SUITE_RESULT:-/dev/null}"
    else
      printf 'failed\t%s\n' "$name" >>"${SUITE_RESULT:-/dev/null}"
      return 1
    fi
  done
}

order_of_definition() {
  local names name
  names=$(cat)
  grep -oE '^test_[a-z0-9_]+\(\)' "$0" | tr -d '()' | while read -r name; do
    grep -qw "$name" <<<"$names" && printf '%s\n' "$name"
  done
}
