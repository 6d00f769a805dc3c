#!/usr/bin/env bash
# Kills each CLI at random moments of examples/scenarios/02-ha-cluster and proves that the next apply finishes it.
#
#   acceptance/drills/killed.sh [ROUNDS] [CLI…]      default: 10 rounds with tofu, then with terraform
#
# Wants what the suites want (acceptance/setup.sh). A minute or two a round; suites/62-killed.sh is its short form.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
rounds=${1:-10}
shift || true
(($#)) || set -- tofu terraform
eval "$("$here/setup.sh" --print-env)"
for cli in "$@"; do
  printf '%s, %s rounds\n' "$cli" "$rounds"
  SUITE_CLI=$cli KILL_ROUNDS=$rounds bash "$here/suites/62-killed.sh"
done
