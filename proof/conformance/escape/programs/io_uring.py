# Opens and reads a file by io_uring alone, which no filter on open() sees: io_uring.py PATH
import ctypes, mmap, os, struct, sys
c = ctypes.CDLL(None, use_errno=True)
params = ctypes.create_string_buffer(120)
ring = c.syscall(425, 8, params)
if ring < 0:
    sys.exit(os.strerror(ctypes.get_errno()))
u32 = lambda at: struct.unpack_from("I", params, at)[0]
sq_off = [u32(40 + 4 * n) for n in range(8)]
cq_off = [u32(80 + 4 * n) for n in range(8)]
entries, cq_entries = u32(0), u32(4)
sq = mmap.mmap(ring, sq_off[6] + entries * 4, offset=0)
cq = mmap.mmap(ring, cq_off[5] + cq_entries * 16, offset=0x8000000)
sqes = mmap.mmap(ring, entries * 64, offset=0x10000000)
def submit(at, sqe):
    sqes[0:64] = sqe.ljust(64, b"\0")
    struct.pack_into("I", sq, sq_off[6], 0)
    struct.pack_into("I", sq, sq_off[1], at + 1)
    c.syscall(426, ring, 1, 1, 1, None, 0)
    return struct.unpack_from("i", cq, cq_off[5] + (at % cq_entries) * 16 + 8)[0]
path = ctypes.create_string_buffer(sys.argv[1].encode())
f = submit(0, struct.pack("BBHiQQII", 18, 0, 0, -100, 0, ctypes.addressof(path), 0, 0))
if f < 0:
    sys.exit(os.strerror(-f))
text = ctypes.create_string_buffer(4096)
n = submit(1, struct.pack("BBHiQQII", 22, 0, 0, f, 0, ctypes.addressof(text), 4096, 0))
sys.stdout.buffer.write(text.raw[:max(n, 0)])
