# Writes to a name that is now a file and now a link elsewhere: race.py PATH TEXT
import os, sys, threading
path, text = sys.argv[1:]
over = False
def flip():
    while not over:
        for make in (lambda: open("r", "w").close(), lambda: os.symlink(path, "r")):
            try: os.path.lexists("r") and os.unlink("r"); make()
            except OSError: pass
t = threading.Thread(target=flip); t.start()
for _ in range(300):
    try:
        with open("r", "a") as f: f.write(text)
    except OSError: pass
over = True; t.join()
