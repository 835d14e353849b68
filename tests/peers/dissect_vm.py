"""What dissect.hypervisor reads in Hyper-V storage containers and in the XML of 2012 R2, as one JSON object a file.

usage: dissect_vm.py values FILE...
"""

import base64
import json
import sys
from xml.etree import ElementTree

from dissect.hypervisor.descriptor.hyperv import HyperVFile, KeyDataType


def shown(value):
    """A value as JSON has it: bytes as hexadecimal digits, text without the NULs that end it."""
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    if isinstance(value, str):
        return value.rstrip("\0")
    return value


def walk(entries, above, out):
    for name, entry in entries:
        path = f"{above}/{name}"
        if entry.type == KeyDataType.Node:
            walk(entry.items(), path, out)
        else:
            out[path] = shown(entry.value)


def container(path):
    out = {}
    with open(path, "rb") as file:
        walk(HyperVFile(file).root.items(), "", out)
    return out


def document(path):
    """Python's own parser: dissect.hypervisor reads no XML of 2012 R2."""
    out = {}

    def element(node, above):
        name = f"{above}/{node.tag}"
        if node.get("type") == "bytes":
            out[name] = base64.b64decode(node.text or "").hex()
        elif node.get("type"):
            out[name] = node.text or ""
        for child in node:
            element(child, name)

    element(ElementTree.parse(path).getroot(), "")
    return out


def main():
    command, *paths = sys.argv[1:]
    if command != "values":
        sys.exit(f"unknown command {command}")
    for path in paths:
        read = document if path.lower().endswith(".xml") else container
        print(json.dumps({"path": path, "values": read(path)}))


main()
