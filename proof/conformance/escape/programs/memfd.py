# Runs a program from memory, without a name: memfd.py PROGRAM ARGUMENT
import os, sys
f = os.memfd_create("x")
os.write(f, open(sys.argv[1], "rb").read())
os.execve(f, [sys.argv[1], sys.argv[2]], {})
