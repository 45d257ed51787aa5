# What one process can do to another: memory.py file|vm|trace|queue|getfd PID
import ctypes, os, re, sys
how, pid = sys.argv[1], int(sys.argv[2])
c = ctypes.CDLL(None, use_errno=True)
def regions():
    for line in open(f"/proc/{pid}/maps"):
        found = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
        if found: yield int(found[1], 16), int(found[2], 16)
def show(data):
    for each in re.findall(rb"[ -~]{12,}", data): sys.stdout.buffer.write(each + b"\n")
class Piece(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
if how == "file":
    memory = open(f"/proc/{pid}/mem", "rb", 0)
    for start, end in regions():
        memory.seek(start)
        try: show(memory.read(end - start))
        except OSError: pass
elif how == "vm":
    for start, end in regions():
        text = ctypes.create_string_buffer(end - start)
        near, far = Piece(ctypes.addressof(text), end - start), Piece(start, end - start)
        n = c.process_vm_readv(pid, ctypes.byref(near), 1, ctypes.byref(far), 1, 0)
        show(text.raw[:max(n, 0)])
elif how == "trace":
    c.ptrace.restype = ctypes.c_long
    if c.ptrace(16, pid, None, None) < 0: sys.exit(os.strerror(ctypes.get_errno()))
    os.waitpid(pid, 0x40000000)
    for start, end in regions():
        words = (c.ptrace(1, pid, ctypes.c_void_p(at), None) for at in range(start, min(end, start + 200000), 8))
        show(b"".join((w & (1 << 64) - 1).to_bytes(8, "little") for w in words))
    c.ptrace(17, pid, None, None)
elif how == "queue":
    info = ctypes.create_string_buffer(128)
    ctypes.memmove(info, (9).to_bytes(4, "little") + bytes(4) + (0xffffffff).to_bytes(4, "little"), 12)
    c.syscall(129, pid, 9, info)
    os.kill(pid, 9)
else:
    p = os.pidfd_open(pid)
    for n in range(64):
        f = c.syscall(438, p, n, 0)
        if f >= 0: sys.stdout.buffer.write(os.read(f, 4096))
