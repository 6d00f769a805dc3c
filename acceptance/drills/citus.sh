#!/usr/bin/env bash
# All tests of suites/59-citus.sh, those too that are not proved yet (docs/design/roadmap.md, Citus).
#
#   acceptance/drills/citus.sh [CLI]      default: tofu; about ten minutes
#
# Wants what the suites want (acceptance/setup.sh).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
eval "$("$here/setup.sh" --print-env)"
SUITE_CLI=${1:-tofu} CITUS_ALL=1 bash "$here/suites/59-citus.sh"
