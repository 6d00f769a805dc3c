#!/bin/bash
# Formatting and clang-tidy over our C++ files.
#
#   acceptance/lint.sh                  files that differ from the last commit
#   acceptance/lint.sh --all            every file
#   acceptance/lint.sh FILE…            these
#
# PIGSTY_BUILD   a configured build folder (default build/debug): clang-tidy reads its compile_commands.json
# PIGSTY_JOBS    how many at once (default 2)
set -euo pipefail
cd "$(dirname "$0")/.."
build=${PIGSTY_BUILD:-build/debug}

case ${1:-} in
    --all) mapfile -t files < <(git ls-files -- 'core/*.h' 'core/*.cpp' 'provider/*.h' 'provider/*.cpp') ;;
    '')
        mapfile -t files < <({
            git diff --name-only --diff-filter=d HEAD
            git ls-files --others --exclude-standard
        } | grep -E '^(core|provider)/.*\.(h|cpp)$' | sort -u)
        ;;
    *) files=("$@") ;;
esac
[[ ${#files[@]} -gt 0 ]] || { echo "lint: nothing to look at"; exit 0; }

clang-format-19 --dry-run --Werror "${files[@]}"
echo "lint: ${#files[@]} files formatted as .clang-format says"

[[ -f $build/compile_commands.json ]] || cmake --preset debug -B "$build" >/dev/null
# Headers are read where a source includes them; only sources have a compile command.
mapfile -t sources < <(printf '%s\n' "${files[@]}" | grep '\.cpp$' |
    grep -Fx -f <(jq -r --arg root "$PWD/" '.[].file | ltrimstr($root)' "$build/compile_commands.json") || true)
if [[ ${#sources[@]} -gt 0 ]]; then
    printf '%s\0' "${sources[@]}" |
        nice xargs -0 -n 4 -P "${PIGSTY_JOBS:-2}" clang-tidy-19 --quiet -p "$build" \
            --extra-arg=-Wno-unknown-warning-option 2> >(grep -vE '^[0-9]+ warnings? generated|^\[[0-9]+/' >&2)
fi
echo "lint: ${#sources[@]} sources clean"
