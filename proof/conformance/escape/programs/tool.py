# Calls a tool of the node, or sends any method: tool.py NAME ARGUMENTS [METHOD]
import json, os, socket, sys
name, given, *method = sys.argv[1:]
s = socket.socket(socket.AF_UNIX); s.settimeout(8); s.connect(os.environ["IOI_MCP_SOCKET"])
lines = s.makefile("rw")
def say(message): lines.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n"); lines.flush()
about = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
say({"id": 1, "method": "initialize", "params": about}); lines.readline()
say({"method": "notifications/initialized"})
if method: say({"id": 2, "method": method[0], "params": json.loads(given)})
else: say({"id": 2, "method": "tools/call", "params": {"name": name, "arguments": json.loads(given)}})
while True:
    line = lines.readline()
    if not line: break
    if json.loads(line).get("id") == 2: print(line); break
