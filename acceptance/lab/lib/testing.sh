# For lab_test.sh and audit_test.sh: each test is a function whose name says what holds; it fails with its first failing command.

# run_tests FUNCTION …: on a lab of their own, which must not be up before and is not up after.
run_tests() {
  local test failed=0 ended=0 start
  if [[ -n $("$lab" status) ]]; then
    printf 'a lab is up already: lab down first\n' >&2
    exit 2
  fi
  work=$(mktemp -d)
  trap '"$lab" down; rm -rf "$work"' EXIT
  # Ended from outside, it still says which test it was.
  trap ended=1 TERM
  for test in "$@"; do
    start=$EPOCHREALTIME
    # Not in a condition: bash would go on after a failing command there.
    set +e
    (
      set -Eeuo pipefail
      trap 'printf "  line %s: %s\n" "$LINENO" "$BASH_COMMAND" >&2' ERR
      "$test"
    ) >"$work/output" 2>&1
    if (($? == 0)); then
      awk -v name="$test" -v from="$start" -v to="$EPOCHREALTIME" 'BEGIN {printf "ok      %s (%.1f s)\n", name, to - from}'
    else
      printf 'FAILED  %s\n' "$test"
      sed 's/^/  | /' "$work/output"
      failed=1
    fi
    set -e
    ((ended == 0)) || break
  done
  exit "$failed"
}

# fails_with TEXT COMMAND …: the command must fail and say so.
fails_with() {
  local text=$1 output
  shift
  if output=$("$@" 2>&1); then
    printf 'succeeded, but should have failed with "%s": %s\n' "$text" "$*"
    return 1
  fi
  if [[ $output != *"$text"* ]]; then
    printf 'expected "%s", found: %s\n' "$text" "$output"
    return 1
  fi
}

# fails COMMAND …: a bare `!` would not end a test.
fails() {
  fails_with '' "$@"
}
