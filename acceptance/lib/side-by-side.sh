# Runs suites and the tests of the lab beside each other, each in a lab of its own: they wait for nodes more than they work.
# A suite says in its own head which CLIs run it on Debian 13 nodes ("# with: tofu terraform"), on which other systems the first
# of them does ("# also on: bookworm"), and about how many seconds it takes beside another one on two cores ("# takes: 120"):
# the longest begin first, so that none is left over at the end. Sourced after run.sh.
# shellcheck shell=bash disable=SC2154

# How many labs at once: one more than there are cores, three at most, each with 3 GB of its own. More would wait for the
# cores, and then tests for each other.
labs_at_once() {
  if [[ -n ${PIGSTY_SUITES_AT_ONCE:-} ]]; then
    [[ $PIGSTY_SUITES_AT_ONCE =~ ^[1-9]$ ]] || {
      echo "PIGSTY_SUITES_AT_ONCE is '$PIGSTY_SUITES_AT_ONCE', expected 1 to 9" >&2
      exit 2
    }
    echo "$PIGSTY_SUITES_AT_ONCE"
    return
  fi
  local room
  room=$(awk '/^MemAvailable:/ { print int($2 / 3000000) }' /proc/meminfo)
  printf '%s\n' "$room" $(($(nproc) + 1)) 3 | sort -n | head -n 1 | sed 's/^0$/1/'
}

# Seconds that one job may take: the longest takes half of it. One that hangs is ended and told, instead of the whole run.
job_limit=1200

# lab_of NUMBER: the directory that names the lab.
lab_of() {
  local base=${PIGSTY_LAB_DIR:-/var/tmp/pigsty-lab}
  (($1 == 1)) && echo "$base" || echo "$base-$1"
}

list_suites() {
  local file
  for file in "$here"/suites/[0-9]*.sh; do basename "$file" .sh; done
}

# runs_of FILE: a line "CLI SYSTEM" for each run of a suite.
runs_of() {
  local cli system
  local -a clis
  read -ra clis < <(sed -n 's/^# with: //p' "$1")
  for cli in "${clis[@]}"; do echo "$cli trixie"; done
  for system in $(sed -n 's/^# also on: //p' "$1"); do echo "${clis[0]} $system"; done
}

# jobs_of SUITE…: a line a job, "SECONDS suite NAME CLI SYSTEM".
jobs_of() {
  local suite file run takes
  for suite in "$@"; do
    file=$here/suites/$suite.sh
    [[ -f $file ]] || { echo "no such suite: $suite" >&2; return 2; }
    takes=$(sed -n 's/^# takes: //p' "$file")
    while read -r run; do
      echo "${takes:-200} suite $suite $run"
    done < <(runs_of "$file")
  done
}

# systems_of <JOBS: what their nodes run.
systems_of() { awk '$2 == "suite" { print $5 } $2 != "suite" { print "trixie" }' | sort -u; }

# start_lab_build <JOBS, finish_lab_build, stop_lab_build: what the nodes of these jobs start from, in the background, politely.
start_lab_build() {
  local -a systems
  mapfile -t systems < <(systems_of)
  lab_build_log=$(mktemp)
  setsid nice -n 10 bash -c 'for system in "$@"; do "$0" build --system "$system" --prepared || exit; done' \
    "$here/lab/lab" "${systems[@]}" >"$lab_build_log" 2>&1 </dev/null &
  lab_build=$!
}

finish_lab_build() {
  wait "$lab_build" || {
    cat "$lab_build_log" >&2
    echo "the nodes' layers could not be built" >&2
    exit 1
  }
  rm -f "$lab_build_log"
  lab_build=
}

stop_lab_build() {
  [[ -z ${lab_build:-} ]] || kill -s TERM -- "-$lab_build" 2>/dev/null || true
}

# start_job NUMBER_OF_LAB KIND NAME CLI SYSTEM: in a session of its own, which stop_jobs ends as a whole. What it leaves running
# would only work beside the others. Its shell outlives a TERM, so that a job that is ended still says where it was.
start_job() {
  local number=$1 dir=$jobs_dir/$1 file
  shift
  rm -rf "$dir"
  mkdir -p "$dir"
  echo "$*" >"$dir/job"
  echo "$SECONDS" >"$dir/began"
  file=$here/$2
  [[ $1 != suite ]] || file=$here/suites/$2.sh
  PIGSTY_LAB_DIR=$(lab_of "$number") SUITE_RESULT=$dir/result SUITE_CLI=${3:-} SUITE_SYSTEM=${4:-trixie} \
    setsid bash -c 'trap : TERM; bash "$1" >"$2/out" 2>&1; status=$?; "$3" down >/dev/null 2>&1; echo $status >"$2/status"' \
    job "$file" "$dir" "$here/lab/lab" </dev/null &
  echo $! >"$dir/session"
}

job_name() {
  local name cli system
  read -r _ name cli system <"$1/job"
  [[ ${system:-trixie} == trixie ]] || cli+=" on $system"
  echo "$name${cli:+ ($cli)}"
}

# text_of_failures FILE: what a suite said where it failed, without its progress and its frames.
text_of_failures() {
  local text
  text=$(grep -A 30 '^ *FAILED' "$1" | grep -vE '^ *\|? *([│╷╵] *)?$|Still (creat|modify|destroy)ing' | head -n 60 || true)
  echo "${text:-$(tail -n 10 "$1")}"
}

# end_job DIRECTORY: counts what it found, and prints all it said.
end_job() {
  local dir=$1 kind verdict test good=0 bad=0 status seconds what
  read -r kind _ <"$dir/job"
  what=$(job_name "$dir")
  seconds=$((SECONDS - $(<"$dir/began")))
  status=$(<"$dir/status")
  # A suite keeps its verdicts in a file; a script beside the lab prints "ok NAME" and "FAILED NAME".
  [[ $kind == suite ]] || sed -nE 's/^(ok|FAILED) +([^ ]+).*/\1\t\2/p' "$dir/out" >"$dir/result"
  while IFS=$'\t' read -r verdict test; do
    if [[ $verdict == ok ]]; then
      ((good += 1))
    else
      ((bad += 1))
      failures+=("$what: $test")
    fi
  done < <(cat "$dir/result" 2>/dev/null)
  if ((bad == 0)) && { ((good == 0)) || [[ $status != 0 ]]; }; then
    bad=1
    failures+=("$what: ended with status $status after $good tests")
  fi
  ((passed += good, failed += bad)) || true
  log "$what: $good passed, $bad failed in $seconds s"
  sed 's/^/  /' "$dir/out"
  # Said again at the end, where who reads only the last lines of a long log finds it.
  ((bad == 0)) || failure_texts+=("$what"$'\n'"$(text_of_failures "$dir/out")")
  took "  $what" "$seconds"
}

# bound_job DIRECTORY: ends what takes too long, with force where it does not end by itself.
bound_job() {
  local dir=$1 over
  over=$((SECONDS - $(<"$dir/began") - job_limit))
  if ((over >= 0)) && [[ ! -e $dir/ended ]]; then
    echo "  FAILED: ended after $job_limit s" >>"$dir/out"
    touch "$dir/ended"
    kill -s TERM -- "-$(<"$dir/session")" 2>/dev/null || true
  elif ((over >= 60)); then
    kill -s KILL -- "-$(<"$dir/session")" 2>/dev/null || true
  fi
}

# stop_jobs: whatever still runs, and all labs.
stop_jobs() {
  local session
  stop_lab_build
  [[ -n ${jobs_dir:-} && -d $jobs_dir ]] || return 0
  for session in "$jobs_dir"/*/session; do
    [[ ! -e $session || -e ${session%session}status ]] || kill -s TERM -- "-$(<"$session")" 2>/dev/null || true
  done
  stop_labs
  rm -rf "$jobs_dir"
}

stop_labs() {
  local number
  for ((number = 1; number <= at_once; ++number)); do
    PIGSTY_LAB_DIR=$(lab_of "$number") "$here/lab/lab" down || true
  done
}

# run_jobs <JOBS: longest first, each as soon as a lab is free.
run_jobs() {
  local -a queue
  local number running done_count=0 total heard=$SECONDS line session
  mapfile -t queue < <(sort -k1,1nr -s)
  total=${#queue[@]}
  log "$total suites, $at_once at a time"
  while :; do
    running=()
    for ((number = 1; number <= at_once; ++number)); do
      session=$jobs_dir/$number
      # Killed from outside, it leaves no status.
      [[ ! -e $session ]] || kill -0 "$(<"$session/session")" 2>/dev/null || [[ -e $session/status ]] || {
        PIGSTY_LAB_DIR=$(lab_of "$number") "$here/lab/lab" down || true
        echo killed >"$session/status"
      }
      if [[ -e $session/status ]]; then
        end_job "$session"
        rm -rf "$session"
        ((done_count += 1))
      fi
      if [[ ! -e $session ]] && ((${#queue[@]})); then
        read -r _ line <<<"${queue[0]}"
        queue=("${queue[@]:1}")
        # shellcheck disable=SC2086
        start_job "$number" $line
      fi
      [[ ! -e $session ]] || bound_job "$session"
      [[ ! -e $session ]] || running+=("$(job_name "$session") for $((SECONDS - $(<"$session/began"))) s")
    done
    ((done_count < total)) || break
    if ((SECONDS - heard >= 30)); then
      heard=$SECONDS
      log "$done_count of $total done; running: $(printf '%s, ' "${running[@]}" | sed 's/, $//')"
    fi
    sleep 0.5
  done
}
