# SPDX-License-Identifier: BSD-2-Clause
"""An area for crash dumps as dump/area.h has it, written and read from that header alone."""
import os
import secrets
import struct
import zlib
from dataclasses import dataclass

FREE, INCOMPLETE, COMPLETE, TRAILER = (b"\x93\xd6Sanstrap-%s\x1a" % word for word in (b"FREE", b"PART", b"DUMP", b"TAIL"))
SIZE = 512
TRAILER_OFFSET, DATA_OFFSET = 32768, 65536
PARTITION_TYPE = "53d6936e-7374-4d75-8d70-2d6172656131"
HEAD = struct.Struct("<16sHHI16sQQII16s16sQQ64s128s128s80x")
TAIL = struct.Struct("<16s16sIIQIIQ128s320x")


def _sealed(data, at):
    return data[:at] + struct.pack("<I", zlib.crc32(data)) + data[at + 4:]


def mark(image, first, blocks, block=512):
    """Marks blocks of an image as an area that is free."""
    head = HEAD.pack(FREE, 1, 0, 0, secrets.token_bytes(16), first, blocks, block, 0, bytes(16), bytes(16), 0, 0, b"", b"", b"")
    with open(image, "r+b") as file:
        file.seek(first * block)
        file.write(_sealed(head, 20).ljust(block, b"\0"))


@dataclass
class Dump:
    """What an area says of its dump; texts are str."""
    signature: bytes
    format: int
    memory: int
    producer: str
    system: str
    reason: str
    ended: bool  # there is a trailer of this dump; what follows is its
    status: int = 0
    length: int = 0
    reconnects: int = 0
    milliseconds: int = 0
    detail: str = ""


def _text(data):
    return data.split(b"\0")[0].decode("ascii")


def read(image, first, block=512):
    with open(image, "rb") as file:
        file.seek(first * block)
        head = file.read(SIZE)
        file.seek(first * block + TRAILER_OFFSET)
        tail = file.read(SIZE)

    fields = HEAD.unpack(head)
    assert _sealed(head[:20] + bytes(4) + head[24:], 20) == head, "the head's checksum is wrong"
    dump = Dump(fields[0], fields[8], fields[12], *map(_text, fields[13:16]), ended=False)
    signature, identity, _, status, length, _, reconnects, milliseconds, detail = TAIL.unpack(tail)
    if signature == TRAILER and identity == fields[9] and _sealed(tail[:32] + bytes(4) + tail[36:], 32) == tail:
        dump.ended = True
        dump.status, dump.length, dump.reconnects, dump.milliseconds = status, length, reconnects, milliseconds
        dump.detail = _text(detail)
    return dump


def outside(image, first, blocks, block=512):
    """Pieces of all bytes of an image that are not the area's."""
    begin, end = first * block, (first + blocks) * block
    with open(image, "rb") as file:
        for start, stop in ((0, begin), (end, os.path.getsize(image))):
            file.seek(start)
            while start < stop:
                data = file.read(min(stop - start, 1 << 20))
                yield data
                start += len(data)
