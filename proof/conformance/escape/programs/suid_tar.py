# An archive with a program that runs as its owner: suid_tar.py NAME
import io, sys, tarfile
with tarfile.open(sys.argv[1] + ".tar", "w") as archive:
    entry = tarfile.TarInfo(sys.argv[1])
    entry.mode, entry.size = 0o4755, 4
    archive.addfile(entry, io.BytesIO(b"#!/\n"))
