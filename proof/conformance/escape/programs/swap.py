# Reads a name that is now a file and now a link elsewhere: swap.py PATH
import os, sys, threading
open("still", "w").write("still"); os.path.lexists("leads") or os.symlink(sys.argv[1], "leads")
over = False
def flip():
    while not over:
        os.path.lexists("now") and os.unlink("now"); os.symlink("still", "now")
        os.unlink("now"); os.symlink("leads", "now")
t = threading.Thread(target=flip); t.start()
seen = set()
for _ in range(300):
    try: seen.add(open("now").read())
    except OSError: pass
over = True; t.join()
print(seen)
