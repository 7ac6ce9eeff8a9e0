#!/usr/bin/env bash
# Checks every policy of this folder beside its preset: by itself, and against what the servers offer.
set -euo pipefail
cd "$(dirname "$0")"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_STATE_HOME="$work/state" XDG_CONFIG_HOME="$work/config"

fail() { echo "failed: $*" >&2; exit 1; }

cat >"$work/doorward.toml" <<CONFIG
[servers.notes]
command = ["$DOORWARD", "demo-server", "notes"]
[servers.mail]
command = ["$DOORWARD", "demo-server", "mail"]
CONFIG

check() { "$DOORWARD" check --config "$work/doorward.toml" "$@"; }

# expect FILE TOOL WORD: what the policy in FILE would do with a call of TOOL.
expect() {
  grep -q "^  $2 .* $3 " "$work/$1" || fail "$1 should say '$3' of $2: $(cat "$work/$1")"
}

for policy in *.cedar; do
  preset=$(sed -n 's|^// preset: ||p' "$policy")
  check --preset "$preset" --policy "$policy" --offline >/dev/null 2>"$work/said" || fail "$policy does not load"
  check --preset "$preset" --policy "$policy" >"$work/$policy" || fail "$policy does not fit the servers"
  echo "$policy fits beside $preset"
done

expect mail-stays-inside.cedar send_mail "by arguments"
expect mail-stays-inside.cedar write_note allow
expect named-tools.cedar read_note allow
expect named-tools.cedar send_mail "by arguments"
expect named-tools.cedar write_note refuse
expect read-and-archive.cedar archive_note allow
expect read-and-archive.cedar write_note refuse
expect until-a-date.cedar delete_note refuse

# A slip of the pen does not load.
sed 's/archive_note/archive_nte/' read-and-archive.cedar >"$work/slip.cedar"
if check --preset read-only --policy "$work/slip.cedar" >/dev/null 2>"$work/slip"; then fail "a slip was accepted"; fi
grep -q 'did you mean' "$work/slip" || fail "no advice on a slip: $(cat "$work/slip")"
echo "a slip is found"
