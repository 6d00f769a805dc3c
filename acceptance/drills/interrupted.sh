#!/usr/bin/env bash
# Redis, MinIO and HAProxy interrupted at every step of every table: suites/96-others-interrupted.sh in its long form.
#
#   acceptance/drills/interrupted.sh [PLACES]      where in a step (default: "before written after")
#
# Wants what the suites want (acceptance/setup.sh).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
places=${1:-before written after}
eval "$("$here/setup.sh" --print-env)"
SUITE_CLI=tofu INTERRUPT_PLACES=$places INTERRUPT_STEPS=all bash "$here/suites/96-others-interrupted.sh"
