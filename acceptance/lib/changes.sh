# What suites do with a change: applied in place and brought back, refused at plan, and an apply that has nothing to do. Sourced
# after suite.sh; all but refused_at_plan need cluster.sh, too.
# shellcheck shell=bash disable=SC2154

# changed_in CONFIGURATION <OVERRIDE (never behind a pipe, where a failure would end the pipe alone): applies the configuration
# with this override, through a saved plan that replaces nothing.
changed_in() {
  work_in "$1"
  cat >change_override.tf
  applied_in_place
}

# applied_in_place: what stands in the current folder is a change, and its plan, which plan.json shows, replaces nothing.
applied_in_place() {
  tf plan -detailed-exitcode -out=plan
  expect_status 2
  lab run -- "$cli" show -json plan >"$work_root/plan.json"
  expect_equal "$(jq -r '[.resource_changes[] | select(.change.actions | inside(["no-op", "update"]) | not) | .address] | join(", ")' "$work_root/plan.json")" ""
  tf apply plan
  expect_status 0
  plan_is_empty
}

# brought_back_in CONFIGURATION: without the override again.
brought_back_in() {
  work_in "$1"
  rm -f change_override.tf
  tf apply
  expect_status 0
  plan_is_empty
}

# announced_for ADDRESS: last_change of the resource in the plan that was just applied.
announced_for() {
  jq -r --arg address "$1" '.resource_changes[] | select(.address == $address) | .change.after.last_change | join("; ")' "$work_root/plan.json"
}

# an_apply_writes_nothing: on any node, by the audit.
an_apply_writes_nothing() {
  expect audit_nodes "$work_root/before"
  tf apply
  expect_status 0
  expect audit_nodes "$work_root/after"
  expect "$suite_dir/lab/audit" diff "$work_root/before" "$work_root/after"
}

# refused_at_plan PATH TEXT <OVERRIDE: the plan of the good configuration with this override ends with an error that names both.
refused_at_plan() {
  cat >case_override.tf
  tf plan
  ((status != 0)) || failure "not refused: $(cat case_override.tf)"
  expect_output "$1"
  expect_output "$2"
}
