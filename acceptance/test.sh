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
  # No plain run besides: the sanitized ones run the same tests.
  for sanitizer in asan tsan; do
    build "$sanitizer"
    unit_tests "$sanitizer"
  done
fi
if [[ $what != unit ]]; then
  suites=("$@")
  ((${#suites[@]})) || mapfile -t suites < <(list_suites)
  trap '"$here/lab/lab" down' EXIT
  for suite in "${suites[@]}"; do
    run_suite "$suite"
  done
fi
report
