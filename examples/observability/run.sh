#!/usr/bin/env bash
# Checks that the configuration can be used, and that the sink which needs nobody else takes a record.
set -euo pipefail
cd "$(dirname "$0")"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_STATE_HOME="$work/state" XDG_CONFIG_HOME="$work/config"
cp doorward.toml "$work/doorward.toml"

"$DOORWARD" config validate --config "$work/doorward.toml"
"$DOORWARD" sinks list --config "$work/doorward.toml" | grep -q '^traces'
"$DOORWARD" sinks test events --config "$work/doorward.toml"
grep -q '"class_uid":6003' "$work/events.jsonl"
