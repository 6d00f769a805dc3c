# How benches measure: rows of a table, bounds, times. Sourced after suite.sh and cluster.sh.
# shellcheck shell=bash disable=SC2034,SC2154

environment=$("$suite_dir/setup.sh" --print-env) || exit 1
eval "$environment"
cli=$PIGSTY_TOFU
[[ -x $binary ]] || { echo "bench: build the release preset first" >&2; exit 1; }
rounds=${PIGSTY_BENCH_ROUNDS:-3}
lab status 2>/dev/null | grep -q . && { echo "bench: a lab is up in ${PIGSTY_LAB_DIR:-its usual place}: lab down first" >&2; exit 1; }
trap 'lab down; rm -rf "$work_root"' EXIT
broken=0

row() { printf '%-64s %10s   %s\n' "$1" "$2" "${3:-}"; }
calculate() { awk "BEGIN { printf \"%.${2:-1}f\", $1 }"; }
# bound WHAT VALUE LIMIT
bound() {
  row "$1" "$2" "at most $3"
  if [[ ! $2 =~ ^[0-9.]+$ || $(calculate "($2 > $3)" 0) == 1 ]]; then
    printf '  BROKEN: %s\n' "$1"
    broken=1
  fi
}
median() { tr ' ' '\n' <<<"$*" | sort -n | sed -n "$((($# + 1) / 2))p"; }
best() { tr ' ' '\n' <<<"$*" | sort -n | head -n 1; }

# timed COMMAND…: wall-clock seconds in $took.
timed() {
  local began=$EPOCHREALTIME
  "$@"
  took=$(calculate "$EPOCHREALTIME - $began" 2)
}
quiet_tf() {
  tf "$@"
  expect_status 0
}

# measure_beyond_the_cli FOLDER COUNT LIMIT: a plan of that work folder, beside one of as many resources that need no provider: the
# rest of the plan's time is ours.
measure_beyond_the_cli() {
  local -a ours=() builtin=()
  local i
  mkdir -p "$work_root/builtin"
  printf 'resource "terraform_data" "this" {\n  count = %s\n  input = "a value of an ordinary length, %%{ for i in range(9) }${i}, %%{ endfor }"\n}\n' \
    "$2" >"$work_root/builtin/main.tf"
  cd "$work_root/builtin" || exit 1
  quiet_tf init
  quiet_tf apply
  for ((i = 0; i < 5; ++i)); do
    timed quiet_tf plan
    builtin+=("$took")
    cd "$work_root/$1" || exit 1
    timed quiet_tf plan
    ours+=("$took")
    cd "$work_root/builtin" || exit 1
  done
  row "plan without a change (s, best of 5)" "$(best "${ours[@]}")"
  row "  $2 built-in resources" "$(best "${builtin[@]}")"
  bound '  the difference' "$(calculate "$(best "${ours[@]}") - $(best "${builtin[@]}")" 2)" "$3"
}
