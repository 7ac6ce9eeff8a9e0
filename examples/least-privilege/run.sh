#!/usr/bin/env bash
# Checks the policy, runs its cases, and compares who may call what with what was reviewed. No server is started.
set -euo pipefail
cd "$(dirname "$0")"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_STATE_HOME="$work/state" XDG_CONFIG_HOME="$work/config"

fail() { echo "failed: $*" >&2; exit 1; }

"$DOORWARD" policy check --definitions definitions.json --deny warnings
"$DOORWARD" policy test --definitions definitions.json --coverage
"$DOORWARD" policy matrix --definitions definitions.json --check matrix.txt

# The cases notice when the policy says more than the sentence.
sed 's/\["web", "docs"\]/["web", "docs", "payroll"]/' policy.cedar >"$work/wider.cedar"
status=0
"$DOORWARD" policy test --config /dev/null --preset locked --policy "$work/wider.cedar" --definitions definitions.json \
  policy.test.toml >"$work/said" || status=$?
[ "$status" = 1 ] || fail "a wider policy passed its cases ($status): $(cat "$work/said")"
grep -q 'on these two repositories \[1\]: expected DW1201; decided: allow' "$work/said" || fail "$(cat "$work/said")"
echo "a wider policy fails its cases"

# Why a call is refused, and the narrowest exception for it.
call=(--user corp/ann --agent planner --scope task:release --tool github/create_issue)
status=0
"$DOORWARD" policy explain --definitions definitions.json "${call[@]}" \
  --arguments '{"owner": "acme", "repo": "payroll", "title": "x"}' >"$work/why" || status=$?
[ "$status" = 4 ] || fail "the call is not refused ($status): $(cat "$work/why")"
grep -q '"release-issues" permits it if this holds: \["web", "docs"\].contains(context.arguments.repo)' "$work/why" ||
  fail "$(cat "$work/why")"
"$DOORWARD" policy propose --definitions definitions.json "${call[@]}" \
  --arguments '{"owner": "acme", "repo": "payroll", "title": "x"}' >"$work/proposal.cedar"
grep -q 'context.arguments.repo == "payroll"' "$work/proposal.cedar" || fail "$(cat "$work/proposal.cedar")"
echo "a refusal is explained, and its exception proposed"
