#!/usr/bin/env bash
# Plays the client of after.json: starts its command, speaks to it, and looks at what comes back.
set -euo pipefail
cd "$(dirname "$0")"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_STATE_HOME="$work/state" XDG_CONFIG_HOME="$work/config" NOTES_LANGUAGE=en

fail() { echo "failed: $*" >&2; exit 1; }

# The command as after.json has it, with the program under test in place of the installed one.
mapfile -t words < <(grep '"args"' after.json | sed 's/.*\[\(.*\)\].*/\1/' | tr ',' '\n' | sed 's/^ *"\(.*\)" *$/\1/')
words=("${words[@]//\/usr\/local\/bin\/doorward/$DOORWARD}")

coproc guarded { exec "$DOORWARD" "${words[@]}" 2>"$work/log"; }
process=$guarded_PID
to=${guarded[1]}

# ask MESSAGE: sends a request and prints its answer. Every line must be a message.
ask() {
  local line
  printf '%s\n' "$1" >&"$to"
  IFS= read -r -t 20 line <&"${guarded[0]}" || fail "no answer to $1: $(cat "$work/log")"
  [[ "$line" == '{"jsonrpc":"2.0"'* ]] || fail "this is no message: $line"
  printf '%s\n' "$line"
}

opened=$(ask '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"editor","version":"1"}}}')
grep -q '"protocolVersion":"2025-06-18"' <<<"$opened" || fail "the handshake failed: $opened"
printf '%s\n' '{"jsonrpc":"2.0","method":"notifications/initialized"}' >&"$to"

listed=$(ask '{"jsonrpc":"2.0","id":2,"method":"tools/list"}')
grep -q '"name":"read_note"' <<<"$listed" || fail "the list shows no read_note: $listed"
if grep -q '"name":"delete_note"' <<<"$listed"; then fail "the list shows delete_note: $listed"; fi

answer=$(ask '{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"read_note","arguments":{"title":"shopping"}}}')
grep -q 'Bread, tea, batteries.' <<<"$answer" || fail "read_note was not answered: $answer"
answer=$(ask '{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"delete_note","arguments":{"title":"shopping"}}}')
grep -q 'DW1201' <<<"$answer" || fail "delete_note was not refused: $answer"

# A client that closes our standard input has finished.
exec {to}>&-
wait "$process" || fail "it did not end in good order: $(cat "$work/log")"
echo "listed, read and refused as a client would see it"

# The client's own file can be read as it stands.
sed "s|/usr/local/bin/doorward|$DOORWARD|" before.json >"$work/before.json"
"$DOORWARD" check --config "$work/before.json" --preset guarded | grep -q 'delete_note.*destructive.*refuse' ||
  fail "before.json cannot be checked"
echo "before.json checked"
