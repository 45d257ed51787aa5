# Exchanges two names in one step: exchange.py A B
import ctypes, os, sys
c = ctypes.CDLL(None, use_errno=True)
if c.renameat2(-100, sys.argv[1].encode(), -100, sys.argv[2].encode(), 2) < 0:
    print(os.strerror(ctypes.get_errno()))
    os.rename(sys.argv[1], sys.argv[2])
