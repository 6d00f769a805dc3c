#!/usr/bin/env bash
# Fails the leader of examples/scenarios/04-crit-and-delayed over under writers, by kill -9, power cut and network cut in turn, and
# counts the acknowledged transactions that are lost: suites/68-crit.sh in its long form.
#
#   acceptance/drills/crit.sh [ROUNDS]      failovers (default: 20), about a minute each
#
# Wants what the suites want (acceptance/setup.sh).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
eval "$("$here/setup.sh" --print-env)"
SUITE_CLI=tofu CRIT_ROUNDS=${1:-20} bash "$here/suites/68-crit.sh"
