# Tells somebody a word: tell.py KIND PLACE PORT WORD, or unix|abstract PATH WORD
import os, sys
import socket as s
import struct
kind, place, *rest = sys.argv[1:]
word = rest[-1].encode()
port = int(rest[0]) if len(rest) > 1 else 0
def stream(family, address, *more):
    with s.socket(family, s.SOCK_STREAM, *more) as each:
        each.settimeout(3)
        each.connect(address)
        each.sendall(word + b"\n")
        each.shutdown(s.SHUT_WR)
        try: print(each.recv(4096))
        except OSError: pass
def question():
    labels = b"".join(bytes([len(l)]) + l for l in (word, b"example"))
    return b"\1\2\1\0\0\1\0\0\0\0\0\0" + labels + b"\0\0\x10\0\1"
if kind == "tcp": stream(s.AF_INET, (place, port))
elif kind == "unix": stream(s.AF_UNIX, place)
elif kind == "abstract": stream(s.AF_UNIX, "\0" + place)
elif kind == "mptcp": stream(s.AF_INET, (place, port), 262)
elif kind == "sctp": stream(s.AF_INET, (place, port), 132)
elif kind == "vsock": stream(s.AF_VSOCK, (int(place), port))
elif kind == "bluetooth": stream(31, ("00:00:00:00:00:00", port), 3)
elif kind == "alg": stream(38, ("hash", "sha256"))
elif kind == "udp": s.socket(s.AF_INET, s.SOCK_DGRAM).sendto(word, (place, port))
elif kind == "dns": s.socket(s.AF_INET, s.SOCK_DGRAM).sendto(question(), (place, port))
elif kind == "bound":
    each = s.socket(); each.bind(("0.0.0.0", 0)); each.connect((place, port)); each.sendall(word)
elif kind == "fastopen": s.socket().sendto(word, 0x20000000, (place, port))
elif kind == "raw":
    head = struct.pack("!HHHH", 9, port, 8 + len(word), 0)
    s.socket(s.AF_INET, s.SOCK_RAW, 17).sendto(head + word, (place, 0))
elif kind == "packet":
    each = s.socket(s.AF_PACKET, s.SOCK_RAW); each.bind((place, 0)); each.send(bytes(12) + b"\x08\0" + word)
