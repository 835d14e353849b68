"""A plain reader of VHDX, written from MS-VHDX 6.0 alone and for these tests alone: slow, strict and short.

    plain_vhdx.py blocks FILE...   one JSON object a line: how many payload blocks have which state, as on disk
    plain_vhdx.py replay FILE      replays a dirty log INTO the file (give it a copy) and clears the log GUID

What `replay` leaves behind is judged by libvhdi and dissect.hypervisor: they read the content hash that MANIFEST.tsv
gives, so the two together are a truth that owes nothing to the reader under test.
"""

import json
import struct
import sys
import uuid

KIB64 = 64 << 10
STATES = {0: "not_present", 1: "undefined", 2: "zero", 3: "unmapped", 6: "fully_present", 7: "partially_present"}
BAT = uuid.UUID("2dc27766-f623-4200-9d64-115e9bfd4a08")
METADATA = uuid.UUID("8b7ca206-4790-4b9a-b8fe-575f050f886e")
FILE_PARAMETERS = uuid.UUID("caa16737-fa36-4d43-b3b6-33f0aa44e76b")
VIRTUAL_DISK_SIZE = uuid.UUID("2fa54224-cd1b-4876-b211-5dbed83bf4b8")
LOGICAL_SECTOR_SIZE = uuid.UUID("8141bf1d-a96f-4709-ba47-f233a8faab5f")

CRC_TABLE = []
for byte in range(256):
    for _ in range(8):
        byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
    CRC_TABLE.append(byte)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def is_sealed(data, signature):
    """The signature, and the CRC-32C at byte 4 over all bytes with that field as zero."""
    return data[:4] == signature and struct.unpack_from("<I", data, 4)[0] == crc32c(data[:4] + bytes(4) + data[8:])


def seal(data):
    data[4:8] = bytes(4)
    struct.pack_into("<I", data, 4, crc32c(data))


class Image:
    def __init__(self, path, mode="rb"):
        self.file = open(path, mode)
        if self.at(0, 8) != b"vhdxfile":
            raise ValueError("no file type identifier")
        headers = [(offset, self.at(offset, 4096)) for offset in (KIB64, 2 * KIB64)]
        headers = [(offset, data) for offset, data in headers if is_sealed(data, b"head")]
        if not headers:
            raise ValueError("no valid header")
        # 2.2.2.1: the valid one with the greater sequence number counts.
        self.header_offset, self.header = max(headers, key=lambda item: struct.unpack_from("<Q", item[1], 8))
        self.log_guid = self.header[48:64]
        self.log_length, self.log_offset = struct.unpack_from("<IQ", self.header, 68)

    def at(self, offset, length):
        self.file.seek(offset)
        data = self.file.read(length)
        if len(data) != length:
            raise ValueError(f"{length} bytes at {offset:#x} are not there")
        return data

    def region(self, wanted):
        for offset in (3 * KIB64, 4 * KIB64):
            table = self.at(offset, KIB64)
            if is_sealed(table, b"regi"):
                for index in range(struct.unpack_from("<I", table, 8)[0]):
                    guid, start, length = struct.unpack_from("<16sQI", table, 16 + 32 * index)
                    if uuid.UUID(bytes_le=guid) == wanted:
                        return start, length
        raise ValueError(f"no region {wanted}")

    def metadata(self):
        region, _ = self.region(METADATA)
        table = self.at(region, KIB64)
        items = {}
        for index in range(struct.unpack_from("<H", table, 10)[0]):
            guid, offset, length = struct.unpack_from("<16sII", table, 32 + 32 * index)
            items[uuid.UUID(bytes_le=guid)] = self.at(region + offset, length)
        return items

    def blocks(self):
        items = self.metadata()
        block_size, flags = struct.unpack("<II", items[FILE_PARAMETERS])
        size = struct.unpack("<Q", items[VIRTUAL_DISK_SIZE])[0]
        sector = struct.unpack("<I", items[LOGICAL_SECTOR_SIZE])[0]
        ratio = (1 << 23) * sector // block_size
        count = -(-size // block_size)
        bat, _ = self.region(BAT)
        entries = memoryview(self.at(bat, 8 * (count + (count - 1) // ratio))).cast("Q")
        found = dict.fromkeys(STATES.values(), 0)
        for block in range(count):
            # 2.5: after every `ratio` payload entries comes one for a sector bitmap block.
            state = entries[block + block // ratio] & 7
            found[STATES[state]] += 1
        return found | {"block_size_bytes": block_size, "virtual_size_bytes": size, "has_parent": bool(flags & 2)}

    def log_entry(self, offset):
        """The entry at `offset` of the log's ring: (sequence number, tail, length, flushed, last, bytes), or None."""
        head = self.ring(offset, 4096)
        if head[:4] != b"loge":
            return None
        length, tail, sequence = struct.unpack_from("<IIQ", head, 8)
        flushed, last = struct.unpack_from("<QQ", head, 48)
        if length % 4096 or not 4096 <= length <= self.log_length or head[32:48] != self.log_guid or sequence == 0:
            return None
        data = self.ring(offset, length)
        return (sequence, tail, length, flushed, last, data) if is_sealed(data, b"loge") else None

    def ring(self, offset, length):
        first = min(length, self.log_length - offset)
        data = self.at(self.log_offset + offset, first)
        return data + self.at(self.log_offset, length - first) if first < length else data

    def active_sequence(self):
        """2.3.3: the valid sequence whose last entry has the greatest number and whose tail lies within it."""
        best = []
        for start in range(0, self.log_length, 4096):
            offset, run, used = start, [], 0
            while entry := self.log_entry(offset):
                if run and entry[0] != run[-1][1][0] + 1 or used + entry[2] > self.log_length:
                    break
                run.append((offset, entry))
                used += entry[2]
                offset = (offset + entry[2]) % self.log_length
            if run and run[-1][1][1] in [place for place, _ in run]:
                if not best or run[-1][1][0] > best[-1][1][0]:
                    best = run
        if not best:
            raise ValueError("the log GUID is set, and no valid sequence is there")
        tail = best[-1][1][1]
        return [entry for _, entry in best[[place for place, _ in best].index(tail) :]]

    def replay(self):
        if not any(self.log_guid):
            raise ValueError("the log is clean")
        sequence = self.active_sequence()
        if self.file.seek(0, 2) < sequence[-1][3]:
            raise ValueError("the file is shorter than its log says it was flushed to")
        for number, _, _, _, _, data in sequence:
            self.replay_entry(number, data)
        if self.file.seek(0, 2) < sequence[-1][4]:
            self.file.truncate(sequence[-1][4])
        header = bytearray(self.header)
        header[48:64] = bytes(16)
        seal(header)
        self.put(self.header_offset, header)
        self.file.close()

    def replay_entry(self, number, data):
        count = struct.unpack_from("<I", data, 24)[0]
        # Data sectors follow the descriptors, which fill whole sectors of 4 KiB.
        sector = -(-(64 + 32 * count) // 4096) * 4096
        for index in range(count):
            signature, trailing, leading, offset, sequence = struct.unpack_from("<4s4s8sQQ", data, 64 + 32 * index)
            if sequence != number:
                raise ValueError(f"descriptor {index} is of entry {sequence}, not {number}")
            if signature == b"zero":
                left = struct.unpack("<Q", leading)[0]
                while left:
                    self.put(offset, bytes(min(left, 1 << 20)))
                    offset += min(left, 1 << 20)
                    left -= min(left, 1 << 20)
            elif signature == b"desc":
                if data[sector : sector + 4] != b"data":
                    raise ValueError(f"data sector of descriptor {index} has no signature")
                self.put(offset, leading + data[sector + 8 : sector + 4092] + trailing)
                sector += 4096
            else:
                raise ValueError(f"descriptor {index} has signature {signature}")

    def put(self, offset, data):
        self.file.seek(offset)
        self.file.write(data)


def main(command, *paths):
    if command == "blocks":
        for path in paths:
            try:
                found = {"path": path, "opened": True} | Image(path).blocks()
            except ValueError as error:
                found = {"path": path, "opened": False, "reason": str(error)}
            print(json.dumps(found))
    elif command == "replay":
        Image(paths[0], "r+b").replay()
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["help"]))
