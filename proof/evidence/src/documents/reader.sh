# What hidden preparation of the pages' blocks may say; read before the first of them.
# $CHECKOUT is the checkout, read only; $SHOWN/N is the N-th block of the page for no shell.

# A node with its first policy, over ~/project.
node() {
  mkdir -p ~/project && printf 'what was there\n' > ~/project/notes.txt
  ioi init --workspace ~/project --passphrase-file "$PASSPHRASE" --phrase-out ~/phrase
  ioi up --detach
  ioi policy activate "${IOI_HOME:-$HOME/.local/share/ioi}/policy.json" --passphrase-file "$PASSPHRASE"
}

# One call of an agent: TOOL ARGUMENTS. Its answer is what is printed.
act() {
  local said; said=$(mktemp)
  {
    printf '%s\n' \
      '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"agent","version":"1"}}}' \
      '{"jsonrpc":"2.0","method":"notifications/initialized"}' \
      "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{\"name\":\"$1\",\"arguments\":$2}}"
    until grep -q '"id":2[,}]' "$said"; do sleep 0.1; done
  } | ioi mcp > "$said"
  grep '"id":2[,}]' "$said"
}

# A call of an agent that waits for a person; $REQUEST is its hash.
asks() {
  act write_file "{\"path\":\"$HOME/project/notes.txt\",\"content\":\"${1:-asked}\"}" > /dev/null &
  waits
}

# Another request than the last one waits; $REQUEST is its hash.
waits() {
  local last=$REQUEST
  REQUEST=
  until [ -n "$REQUEST" ]; do
    sleep 0.2
    REQUEST=$(ioi inbox --json | jq -r --arg last "$last" \
      '[.pending[].request_hash | select(. != $last)] | last // empty')
  done
}

# What goes on by itself until the page ends, and is still there when the next command comes.
behind() {
  "$@" < /dev/null &
  local pid=$!
  sleep "${BEHIND_SECONDS:-3}"
  kill -0 "$pid"
}

# Beside the rules of the starter policy, this one as well.
permit() {
  local file="${IOI_HOME:-$HOME/.local/share/ioi}/policy.json"
  jq --argjson rule "$1" '.rules += [$rule]' "$file" > ~/.permitted && cat ~/.permitted > "$file"
  ioi policy activate "$file" --passphrase-file "$PASSPHRASE"
}

# The node's settings as this program of jq leaves them, and the node with them.
settings() {
  local file="${IOI_HOME:-$HOME/.local/share/ioi}/node.json"
  ioi down || true
  jq "$1" "$file" > ~/.settings && cat ~/.settings > "$file"
  ioi up --detach
}

# One act that is over, as asks() has it.
approved() {
  asks "$1"
  ioi approve "$REQUEST" --passphrase-file "$PASSPHRASE"
  wait
}
