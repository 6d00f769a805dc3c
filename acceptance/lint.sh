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

# clang-tidy takes about five seconds a file. What was clean, and has not changed since with all headers of ours that it
# includes (ninja knows them of every object that is built), is not read again.
stamps=$build/lint
mkdir -p "$stamps"
declare -A key
while IFS=$'\t' read -r source includes; do
    source=$(realpath --relative-to=. "$build/$source")
    key[$source]=$(cd "$build" && cat "$OLDPWD/.clang-tidy" $includes | sha256sum | cut -c1-64)
done < <(ninja -C "$build" -t deps 2>/dev/null | awk '
    /^[^ ].*\(VALID\)/ { source = includes = ""; next }
    /^ / && $1 !~ "^/usr/" { if (source == "") source = $1; includes = includes " " $1; next }
    /^$/ && source != "" { print source "\t" includes; source = "" }')

# GCC's own headers use what Clang calls deprecated; GCC says so where ours does.
check() {
    clang-tidy-19 --quiet -p "$build" --extra-arg=-Wno-unknown-warning-option \
        --extra-arg=-Wno-deprecated-declarations "$1" \
        2> >(grep -vE '^[0-9]+ warnings? generated' >&2) || return 1
    [[ $2 == - ]] || : >"$stamps/$2"
}
export -f check
export build stamps
pending=()
for source in "${sources[@]}"; do
    digest=${key[$source]:--}
    [[ -e $stamps/$digest ]] || pending+=("$source" "$digest")
done
if [[ ${#pending[@]} -gt 0 ]]; then
    printf '%s\0' "${pending[@]}" | nice xargs -0 -n 2 -P "${PIGSTY_JOBS:-2}" bash -c 'check "$@"' check
fi
echo "lint: ${#sources[@]} sources clean, $((${#pending[@]} / 2)) of them read now"
