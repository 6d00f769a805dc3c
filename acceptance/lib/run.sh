# What test.sh is made of: builds, unit tests, suites, and the count of what passed. Sourced.
# shellcheck shell=bash

passed=0
failed=0
failures=()

# Wall-clock seconds since the run began, for the log.
log() { printf '[%4ds] %s\n' "$SECONDS" "$*"; }

# build PRESET [OPTIONS of cmake --build]
build() {
  local preset=$1
  shift
  log "build $preset"
  mkdir -p "$root/build"
  cmake --preset "$preset" >"$root/build/$preset.log" 2>&1 && cmake --build --preset "$preset" "$@" >>"$root/build/$preset.log" 2>&1 || {
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
  "${wrap[@]}" ctest --preset "$preset" --verbose -j2 >"$out" 2>&1 || status=$?
  local good bad
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
  log "unit tests ($preset): $good passed, $bad failed"
}

# tool_test SCRIPT: a script beside the lab that tests what the suites rely on; it prints "ok NAME" or "FAILED NAME".
tool_test() {
  local script=$1 out good bad status=0
  log "$script"
  out=$(mktemp)
  bash "$here/$script" >"$out" 2>&1 || status=$?
  good=$(grep -c '^ok ' "$out" || true)
  bad=$(grep -c '^FAILED ' "$out" || true)
  ((status == 0 || bad > 0)) || bad=1
  ((passed += good, failed += bad)) || true
  if ((bad > 0)); then
    failures+=("$script")
    cat "$out"
  fi
  log "$script: $good passed, $bad failed"
  rm -f "$out"
}

list_suites() {
  local file
  for file in "$here"/suites/[0-9]*.sh; do basename "$file" .sh; done
}

# runs_of FILE: a line "CLI SYSTEM" for each run of a suite. It says in its own "# with:" line which CLIs run it on Debian 13
# nodes, and in "# also on:" on which other systems the first of them does.
runs_of() {
  local cli system
  local -a clis
  read -ra clis < <(sed -n 's/^# with: //p' "$1")
  for cli in "${clis[@]}"; do echo "$cli trixie"; done
  for system in $(sed -n 's/^# also on: //p' "$1"); do echo "${clis[0]} $system"; done
}

run_suite() {
  local suite=$1 file=$here/suites/$1.sh cli system result
  [[ -f $file ]] || { echo "no such suite: $suite" >&2; exit 2; }
  while read -r cli system <&3; do
    log "suite $suite with $cli on $system"
    result=$(mktemp)
    SUITE_RESULT=$result SUITE_CLI=$cli SUITE_SYSTEM=$system bash "$file" 3<&- || true
    local name verdict any=no
    while IFS=$'\t' read -r verdict name; do
      any=yes
      if [[ $verdict == ok ]]; then ((passed += 1)); else
        ((failed += 1))
        failures+=("$suite ($cli, $system): $name")
      fi
    done <"$result"
    if [[ $any == no ]]; then
      ((failed += 1))
      failures+=("$suite ($cli, $system): ended before its first test")
    fi
    rm -f "$result"
  done 3< <(runs_of "$file")
}

report() {
  local line
  for line in "${failures[@]}"; do printf 'FAILED %s\n' "$line"; done
  printf '%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0))
}
