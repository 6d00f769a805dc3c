# What test.sh is made of: builds, unit tests, and the count of what passed. Sourced, with budget.sh and side-by-side.sh.
# shellcheck shell=bash

passed=0
failed=0
failures=()
# What each suite with failures said of them.
failure_texts=()
# Lines of the list of allowed skips that met a skipped test.
declare -A allowances_met=()

# Wall-clock seconds since the run began, for the log.
log() { printf '[%4ds] %s\n' "$SECONDS" "$*"; }

# build PRESET [OPTIONS of cmake --build]
build() {
  local preset=$1
  shift
  log "build $preset"
  mkdir -p "$root/build"
  {
    cmake --preset "$preset" && cmake --build --preset "$preset" "$@"
  } >"$root/build/$preset.log" 2>&1 || {
    tail -n 60 "$root/build/$preset.log"
    echo "build $preset failed, see build/$preset.log" >&2
    exit 1
  }
}

# unit_tests PRESET: every test program; a program's tests count one by one.
unit_tests() {
  local preset=$1 out
  log "unit tests ($preset)"
  out="$root/build/$preset/unit-tests.log"
  local status=0
  local -a wrap=()
  # GCC 12's ThreadSanitizer cannot map its shadow where the kernel randomises more address bits than it knows.
  [[ $preset != tsan ]] || wrap=(setarch -R)
  # They wait for machines, deadlines and silence more than they work: 66 s of the processor in 260 s of tests.
  "${wrap[@]}" ctest --preset "$preset" --verbose -j "$((2 * $(nproc)))" >"$out" 2>&1 || status=$?
  local good bad skipped
  good=$(grep -cE '^ *[0-9]+: \[ +OK \] ' "$out" || true)
  bad=$(grep -cE '^ *[0-9]+: \[ +FAILED +\] .*\([0-9]+ ms\)' "$out" || true)
  ((passed += good, failed += bad)) || true
  if ((status != 0)); then
    ((bad > 0)) || ((failed += 1))
    failures+=("unit tests ($preset): see build/$preset/unit-tests.log")
    # What went wrong with what was said about it: the log itself stays on the machine that ran it.
    grep -E -A 25 ': Failure$|WARNING: ThreadSanitizer|ERROR: (Address|Leak)Sanitizer|runtime error:|\*\*\*(Failed|Timeout|Exception)' "$out" |
      head -n 150 || true
  fi
  while IFS= read -r skipped; do
    allowed_skip "$skipped" && continue
    ((failed += 1, bad += 1))
    failures+=("unit tests ($preset): $skipped was skipped, and acceptance/lib/skipped does not say why it may be")
  done < <(sed -nE 's/^ *[0-9]+: \[ +SKIPPED +\] ([^ ]+) \([0-9]+ ms\).*/\1/p' "$out")
  log "unit tests ($preset): $good passed, $bad failed"
}

allowed_skip() {
  local pattern reason
  while read -r pattern reason; do
    # shellcheck disable=SC2053
    [[ -n $reason && $1 == $pattern ]] || continue
    allowances_met[$pattern]=yes
    return 0
  done < <(grep -vE '^(#|$)' "$here/lib/skipped")
  return 1
}

# After all unit tests: a line of the list that nothing needs any more goes.
check_allowances() {
  local pattern
  while read -r pattern _; do
    [[ -z ${allowances_met[$pattern]:-} ]] || continue
    ((failed += 1))
    failures+=("acceptance/lib/skipped: no test that was skipped is named $pattern")
  done < <(grep -vE '^(#|$)' "$here/lib/skipped")
}

report() {
  local line
  print_budget
  for line in "${failure_texts[@]}"; do printf '%s\n' "$line"; done
  for line in "${failures[@]}"; do printf 'FAILED %s\n' "$line"; done
  printf '%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0))
}
