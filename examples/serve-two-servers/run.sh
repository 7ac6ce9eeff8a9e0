#!/usr/bin/env bash
# Starts the gateway of this folder on a free port, calls three tools and looks at the answers and the records.
set -euo pipefail
cd "$(dirname "$0")"

work=$(mktemp -d)
gateway=
finish() {
  if [[ -n "$gateway" ]]; then kill "$gateway" 2>/dev/null || true; wait "$gateway" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap finish EXIT

fail() { echo "failed: $*" >&2; exit 1; }

# The configuration calls the program by its name: put it where the name is found.
mkdir "$work/bin"
ln -s "$DOORWARD" "$work/bin/doorward"
export PATH="$work/bin:$PATH" XDG_STATE_HOME="$work/state" XDG_CONFIG_HOME="$work/config"

doorward check --config doorward.toml

doorward serve --config doorward.toml --listen 127.0.0.1:0 --admin off 2>"$work/log" &
gateway=$!
port=
for _ in $(seq 100); do
  port=$(sed -n 's|.*http://127.0.0.1:\([0-9]*\)/s/notes/mcp.*|\1|p' "$work/log")
  if [[ -n "$port" ]] && grep -q '^policy' "$work/log"; then break; fi
  kill -0 "$gateway" 2>/dev/null || { cat "$work/log" >&2; fail "the gateway ended"; }
  sleep 0.1
done
[[ -n "$port" ]] || fail "the gateway did not start"
token=$(cat "$work/state/doorward/token")

# call SERVER TOOL ARGUMENTS: prints the answer of the gateway.
call() {
  local meta='"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}'
  local body="{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"$2\",\"arguments\":$3,$meta}}"
  exec 3<>"/dev/tcp/127.0.0.1/$port"
  printf 'POST /s/%s/mcp HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\nAuthorization: Bearer %s\r\n' "$1" "$port" "$token" >&3
  printf 'Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n' >&3
  printf 'MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: tools/call\r\nMcp-Name: %s\r\n' "$2" >&3
  printf 'Content-Length: %s\r\n\r\n%s' "${#body}" "$body" >&3
  cat <&3
  exec 3>&-
}

expect() {
  local answer
  answer=$(call "$2" "$3" "$4")
  grep -qF "$1" <<<"$answer" || fail "'$1' is not in the answer to $2/$3: $answer"
  echo "$2/$3: $1"
}

expect "Bread, tea, batteries." notes read_note '{"title":"shopping"}'
expect "DW1201" notes delete_note '{"title":"shopping"}'
expect "is deleted" notes delete_note '{"title":"plans-2024"}'
expect "DW1202" mail send_mail '{"to":"eve@attacker.example","subject":"s","body":"b"}'
expect "Sent to ann@example.com" mail send_mail '{"to":"ann@example.com","subject":"s","body":"b"}'

# What was refused is recorded, once it is written.
kill "$gateway"
wait "$gateway" || fail "the gateway did not stop in good order"
gateway=
refused=$(doorward audit query --store "sqlite://$work/state/doorward/records.db" --disposition refuse --count)
[[ "$refused" == 2 ]] || fail "2 refusals should be recorded, not $refused"
echo "2 refusals recorded"
