# Stays behind: daemon.py WORD
import os, sys
if os.fork(): sys.exit()
os.setsid()
if os.fork(): sys.exit()
os.execvp("sh", ["sh", "-c", "while sleep 9; do true %s; done" % sys.argv[1]])
