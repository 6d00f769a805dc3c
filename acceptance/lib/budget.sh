# What each phase of a run took, for the table at the end of its log. Sourced.
# shellcheck shell=bash

budget_names=()
budget_seconds=()

# took NAME SECONDS: a name that begins with blanks is a part of what stands above it, and not counted again.
took() {
  budget_names+=("$1")
  budget_seconds+=("$2")
}

# phase NAME COMMAND…
phase() {
  local name=$1 began=$SECONDS
  shift
  "$@"
  took "$name" $((SECONDS - began))
}

print_budget() {
  local i
  printf '%-52s %8s\n' 'what it took' seconds
  for i in "${!budget_names[@]}"; do
    printf '%-52s %8d\n' "${budget_names[i]}" "${budget_seconds[i]}"
  done
  printf '%-52s %8d\n' total "$SECONDS"
}
