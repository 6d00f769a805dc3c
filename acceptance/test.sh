#!/usr/bin/env bash
# Builds everything and runs all tests: unit tests (also under sanitizers), then the suites on real nodes with real
# tofu and terraform. Ends with a table of what took how long and "N passed, N failed"; exits 1 where anything failed.
#
#   ./acceptance/test.sh                 everything
#   ./acceptance/test.sh unit            builds and unit tests only
#   ./acceptance/test.sh suites [NAME…]  the named suites only (acceptance/suites/NAME.sh)
#
# PIGSTY_SUITES_AT_ONCE   how many suites beside each other, each in a lab of its own (as cores and memory allow, at most 3)
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
for part in host budget run side-by-side; do
  # shellcheck source=/dev/null
  . "$here/lib/$part.sh"
done

what=${1:-all}
[[ $what =~ ^(all|unit|suites)$ ]] || { echo "usage: test.sh [unit | suites NAME…]" >&2; exit 2; }
shift || true
require_host test.sh
suites=("$@")
((${#suites[@]})) || mapfile -t suites < <(list_suites)
jobs=$(jobs_of "${suites[@]}") || exit
# An audit that sees nothing would prove nothing.
(($#)) || jobs+=$'\n'"60 script lab/audit_test.sh"$'\n'"120 script lab/lab_test.sh"
at_once=$(labs_at_once)
trap stop_jobs EXIT

# What only suites use is made in the background while the compiler works: the CLIs, and what nodes start from.
parts=(build unit)
[[ $what == unit ]] || parts+=(lab clis minio)
phase "set-up" "$here/setup.sh" --background "${parts[@]}"
cd "$root"
[[ $what == unit ]] || start_lab_build <<<"$jobs"
phase "build release" build release --target terraform-provider-pigsty

if [[ $what != suites ]]; then
  # asan is debug with AddressSanitizer and UndefinedBehaviorSanitizer: it proves all that debug does. Under ThreadSanitizer
  # only what has threads of its own (CMakePresets.json), less what starts a gRPC server, which is not instrumented
  # (provider/plugin/CMakeLists.txt).
  for preset in asan tsan; do
    phase "build $preset" build "$preset"
    phase "unit tests $preset" unit_tests "$preset"
  done
  check_allowances
fi
if [[ $what != unit ]]; then
  # Suite 15 runs the tests of core/node on a node, 64, 66, 93 and 96 a provider with fault points.
  [[ $jobs != *15-logins* ]] || phase "build asan, for suite 15" build asan --target pigsty_core_node_test
  [[ ! $jobs =~ 64-release|66-interrupted-backups|93-minio|96-others-interrupted ]] ||
    phase "build asan, for suites 64, 66, 93 and 96" build asan --target terraform-provider-pigsty
  export PIGSTY_NODE_TESTS=$root/build/asan/core/node/pigsty_core_node_test
  export PIGSTY_FAULT_BINARY=$root/build/asan/provider/terraform-provider-pigsty
  phase "waiting for what nodes start from" finish_lab_build
  phase "waiting for tofu, terraform and minio" "$here/setup.sh" clis minio
  eval "$("$here/setup.sh" --print-env)"
  jobs_dir=$(mktemp -d)
  stop_labs
  phase "suites, $at_once at a time" run_jobs <<<"$jobs"
fi
report
