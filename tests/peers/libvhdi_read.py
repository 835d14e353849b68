"""Asks libvhdi (pyvhdi) about images.

    libvhdi_read.py info FILE...            one JSON object a line: what the file says about itself, without its parent
    libvhdi_read.py hash FILE [PARENT...]   SHA-256 of the whole virtual disk, the chain given leaf first

libvhdi does not look for parents by itself and does not replay a log.
"""

import hashlib
import json
import sys

import pyvhdi

TYPES = {2: "fixed", 3: "dynamic", 4: "differencing"}
CHUNK = 4 << 20


def open_image(path):
    image = pyvhdi.file()
    image.open(path)
    return image


def info(path):
    try:
        image = open_image(path)
    except OSError as error:
        return {"path": path, "opened": False, "reason": str(error).splitlines()[0]}
    return {
        "path": path,
        "opened": True,
        "type": TYPES.get(image.get_disk_type()),
        "virtual_size_bytes": image.get_media_size(),
        "identifier": image.get_identifier(),
        "parent_identifier": image.get_parent_identifier(),
        "parent_file_name": image.get_parent_filename(),
    }


def content_hash(paths):
    images = [open_image(path) for path in paths]
    for child, parent in zip(images, images[1:]):
        child.set_parent(parent)
    digest = hashlib.sha256()
    left = images[0].get_media_size()
    while left:
        data = images[0].read_buffer(min(left, CHUNK))
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
        print(content_hash(paths))
    elif command == "version":
        print(pyvhdi.get_version())
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["help"]))
