#!/usr/bin/env bash
# `release` after a failure before and after each write of every step of every resource: suites/64-release.sh in its long form.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
eval "$("$here/setup.sh" --print-env)"
SUITE_CLI=tofu RELEASE_PLACES="written after" RELEASE_STEPS=all bash "$here/suites/64-release.sh"
