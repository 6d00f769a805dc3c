# Long commands beside each other, and a line every few seconds that says how far they are. Sourced.
# shellcheck shell=bash

beside_dir=$(mktemp -d)
declare -A beside=()

# beside NAME COMMAND…: in a session of its own; what it says goes to a file.
beside() {
  local name=$1
  shift
  setsid "$@" >"$beside_dir/$name" 2>&1 </dev/null &
  beside[$name]=$!
}

# finish_beside HOW_FAR: waits for all of them; calls HOW_FAR every 8 seconds, which prints a line for each that has one. The
# first that fails ends the rest, and the run.
finish_beside() {
  local how_far=$1 name heard=$SECONDS line
  while ((${#beside[@]})); do
    for name in "${!beside[@]}"; do
      kill -0 "${beside[$name]}" 2>/dev/null && continue
      wait "${beside[$name]}" || {
        tail -n 40 "$beside_dir/$name" >&2
        echo "$name failed" >&2
        exit 1
      }
      unset "beside[$name]"
    done
    if ((SECONDS - heard >= 8)); then
      heard=$SECONDS
      line=$("$how_far" | paste -sd '|' | sed 's/|/ · /g')
      printf '[%4ds] %s\n' "$SECONDS" "${line:-under way: ${!beside[*]}}"
    fi
    sleep 0.2
  done
}

# stop_beside: whatever is left of them.
stop_beside() {
  local name
  for name in "${!beside[@]}"; do
    kill -s TERM -- "-${beside[$name]}" 2>/dev/null || true
  done
  rm -rf "$beside_dir"
}
