#!/usr/bin/env bash
# The virtual address through many power cuts and cuts of the network: suites/53-vip.sh in its long form.
#
#   acceptance/drills/vip.sh [ROUNDS]      of each (default: 10)
#
# Wants what the suites want (acceptance/setup.sh).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
eval "$("$here/setup.sh" --print-env)"
SUITE_CLI=tofu VIP_ROUNDS=${1:-10} bash "$here/suites/53-vip.sh"
