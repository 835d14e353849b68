"""libvhdi through its Python binding, on the files of make-bench-files. See benches/README.md.

    python libvhdi.py open tree          opens and closes every file below a folder
    python libvhdi.py chain chain        opens layer-0, layer-1 ... as one chain and reads its first sector
    python libvhdi.py read depth-20      reads the whole disk of a chain
    python libvhdi.py hash depth-20      the same with SHA-256
"""

import hashlib
import pathlib
import resource
import sys
import time

import pyvhdi

PIECE = 1 << 20


def opened(path):
    file = pyvhdi.file()
    file.open(str(path))
    return file


def leaf(folder):
    paths = sorted(pathlib.Path(folder).glob("layer-*"), key=lambda path: int(path.stem.split("-")[1]))
    layers = [opened(path) for path in paths]
    for parent, child in zip(layers, layers[1:]):
        child.set_parent(parent)
    return layers


def pieces(disk):
    size = disk.get_media_size()
    for at in range(0, size, PIECE):
        yield disk.read_buffer_at_offset(min(PIECE, size - at), at)


def main(what, folder):
    if what == "open":
        for path in sorted(pathlib.Path(folder).rglob("*.vhdx")):
            opened(path).close()
    elif what == "chain":
        print(leaf(folder)[-1].read_buffer_at_offset(512, 0)[:16].hex())
    elif what == "read":
        print(sum(len(piece) for piece in pieces(leaf(folder)[-1])))
    elif what == "hash":
        digest = hashlib.sha256()
        for piece in pieces(leaf(folder)[-1]):
            digest.update(piece)
        print(digest.hexdigest())
    else:
        sys.exit(__doc__)


start = time.perf_counter()
main(*sys.argv[1:3])
used = resource.getrusage(resource.RUSAGE_SELF)
print(f"{time.perf_counter() - start:.3f} s, {used.ru_utime + used.ru_stime:.3f} s of processor", file=sys.stderr)
