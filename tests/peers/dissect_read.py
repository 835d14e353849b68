"""Asks dissect.hypervisor about images.

    dissect_read.py info FILE...   one JSON object a line
    dissect_read.py hash FILE      SHA-256 of the whole virtual disk; a VHDX finds its parents by the recorded paths

dissect.hypervisor does not replay a log, checks no checksum and no parent identity, and ignores the parents of VHD.
"""

import hashlib
import importlib.metadata
import json
import sys
from pathlib import Path

from dissect.hypervisor.disk.vhd import VHD
from dissect.hypervisor.disk.vhdx import VHDX

CHUNK = 4 << 20


def open_image(path):
    # By name: its VHD class takes any bytes for an image.
    return VHD(open(path, "rb")) if path.endswith((".vhd", ".avhd")) else VHDX(Path(path))


def info(path):
    try:
        image = open_image(path)
    except Exception as error:
        return {"path": path, "opened": False, "reason": repr(error).splitlines()[0]}
    found = {"path": path, "opened": True, "virtual_size_bytes": image.size}
    if isinstance(image, VHDX):
        found |= {
            "has_parent": bool(image.has_parent),
            "block_size_bytes": image.block_size,
            "logical_sector_size_bytes": image.sector_size,
            "virtual_disk_id": str(image.id),
            "locator": dict(image.parent_locator.entries) if image.parent_locator else None,
        }
    return found


def content_hash(path):
    image = open_image(path)
    digest = hashlib.sha256()
    left = image.size
    while left:
        data = image.read(min(left, CHUNK))
        if not data:
            raise OSError(f"{left} bytes short of the virtual size")
        digest.update(data)
        left -= len(data)
    return digest.hexdigest()


def main(command, *paths):
    if command == "info":
        for path in paths:
            print(json.dumps(info(path)))
    elif command == "hash":
        print(content_hash(*paths))
    elif command == "version":
        print(importlib.metadata.version("dissect.hypervisor"))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["help"]))
