#!/usr/bin/env bash
# Builds everything and runs all tests: unit tests (also under sanitizers), then the suites on real nodes with real
# tofu and terraform. Ends with "N passed, N failed"; exits 1 where anything failed.
#
#   ./acceptance/test.sh                 everything
#   ./acceptance/test.sh unit            builds and unit tests only
#   ./acceptance/test.sh suites [NAME…]  the named suites only (acceptance/suites/NAME.sh)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
. "$here/lib/run.sh"

what=${1:-all}
[[ $what =~ ^(all|unit|suites)$ ]] || { echo "usage: test.sh [unit | suites NAME…]" >&2; exit 2; }
shift || true

"$here/setup.sh"
eval "$("$here/setup.sh" --print-env)"
cd "$root"

build release --target terraform-provider-pigsty
if [[ $what != suites ]]; then
  # Under ThreadSanitizer less what starts a gRPC server: gRPC is not instrumented (provider/plugin/CMakeLists.txt).
  for preset in debug asan tsan; do
    build "$preset"
    unit_tests "$preset"
  done
fi
if [[ $what != unit ]]; then
  suites=("$@")
  trap '"$here/lab/lab" down' EXIT
  if ((${#suites[@]} == 0)); then
    mapfile -t suites < <(list_suites)
    "$here/lab/lab" down
    # An audit that sees nothing would prove nothing.
    tool_test lab/audit_test.sh
    tool_test lab/lab_test.sh
  fi
  for suite in "${suites[@]}"; do
    run_suite "$suite"
  done
fi
report
