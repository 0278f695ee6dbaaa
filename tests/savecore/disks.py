# SPDX-License-Identifier: BSD-2-Clause
"""
Disk images with a GPT, and dumps in areas of theirs as the driver leaves them: a second writer, from docs/dump.md alone, that
shares nothing with the C sources.
"""
import json
import os
import pathlib
import struct
import subprocess
import uuid
import zlib

from tests.faults.pdu import crc32c

BUILD = pathlib.Path(__file__).resolve().parent.parent.parent / "build" / "host"
TOOL = BUILD / "sanstrap-savecore"
DONE, NOTHING, TROUBLE = 0, 1, 2
AREA_TYPE = uuid.UUID("53d6936e-7374-4d75-8d70-2d6172656131")
LINUX_TYPE = uuid.UUID("0fc63daf-8483-4772-8e79-3d69d8477de4")
MIB = 1 << 20
TRAILER, DATA = 32768, 65536
STARTED = 1796000000
FREE, PART, WHOLE, TAIL = (b"\x93\xd6Sanstrap-" + word + b"\x1a" for word in (b"FREE", b"PART", b"DUMP", b"TAIL"))


def run(*arguments, environment=None):
    """The tool's exit status, output and errors, which are sane whatever it was given."""
    done = subprocess.run([TOOL, "--config=/dev/null", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL, timeout=480, check=False, env=environment)
    assert done.returncode in (DONE, NOTHING, TROUBLE), done.stderr.decode(errors="replace")
    assert b"anitizer" not in done.stderr and b"runtime error" not in done.stderr, done.stderr.decode(errors="replace")
    for text in (done.stdout, done.stderr):
        assert all(byte == 10 or 32 <= byte < 127 for byte in text), "control characters"
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def areas(*arguments):
    """The status, the areas of the tool's JSON, and what it complained of."""
    status, out, err = run("--json", *arguments)
    return status, json.loads(out)["areas"], err


# ---- disks ----

class Disk:
    """An image, all zeros at first, of which holes take no room."""

    def __init__(self, path, size=16 * MIB, block_size=512):
        self.path, self.size, self.block_size = path, size, block_size
        with open(path, "wb") as file:
            file.truncate(size)
        self.options = [f"--block-size={block_size}"] if block_size != 512 else []

    def write(self, offset, content):
        with open(self.path, "r+b") as file:
            file.seek(offset)
            file.write(content)
        assert os.path.getsize(self.path) == self.size

    def read(self, offset, length):
        with open(self.path, "rb") as file:
            file.seek(offset)
            return file.read(length)

    def flip(self, offset, mask=1):
        self.write(offset, bytes([self.read(offset, 1)[0] ^ mask]))

    def content(self):
        return self.read(0, self.size)

    def __str__(self):
        return str(self.path)


def gpt(disk, *partitions, backup=True, primary=True):
    """Partitions (type, first LBA, blocks), numbered from 1, in a GPT of 128 entries (UEFI 2.10, 5.3)."""
    size, last = disk.block_size, disk.size // disk.block_size - 1
    table = -(-128 * 128 // size)
    entries = b"".join(kind.bytes_le + partition_id(number).bytes_le + struct.pack("<QQQ72x", first, first + blocks - 1, 0)
                       for number, (kind, first, blocks) in enumerate(partitions, 1)).ljust(128 * 128, b"\0")

    def header(here, other, entries_at):
        packed = struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, 0, here, other, 2 + table, last - table - 1,
                             uuid.UUID(int=7).bytes_le, entries_at, 128, 128, zlib.crc32(entries))
        return packed[:16] + struct.pack("<I", zlib.crc32(packed)) + packed[20:]

    mbr = bytearray(512)
    mbr[446:462] = struct.pack("<B3sB3sII", 0, b"\0\2\0", 0xEE, b"\xff" * 3, 1, min(last, 0xFFFFFFFF))
    mbr[510:] = b"\x55\xaa"
    disk.write(0, bytes(mbr))
    if primary:
        disk.write(size, header(1, last, 2))
        disk.write(2 * size, entries)
    if backup:
        disk.write((last - table) * size, entries)
        disk.write(last * size, header(last, 1, last - table))
    return disk


def partition_id(number):
    return uuid.UUID(int=0x5A57A9 << 96 | number)


def disk_with_area(folder, block_size=512, size=16 * MIB, first=2 * MIB, length=8 * MIB, name="disk.img"):
    """A disk with another partition and one of an area's type, number 2, that is not marked; and where it is."""
    disk = Disk(folder / name, size, block_size)
    gpt(disk, (LINUX_TYPE, MIB // block_size, MIB // block_size), (AREA_TYPE, first // block_size, length // block_size))
    return disk, Area(disk, first, length)


# ---- areas ----

class Area:
    """Where an area is, in bytes, and what the driver writes there."""

    def __init__(self, disk, offset, length):
        self.disk, self.offset, self.length = disk, offset, length

    def head(self, signature, area_id, dump_id=bytes(16), version=(1, 0), place=None, **members):
        size = self.disk.block_size
        first, blocks, block_size = place or (self.offset // size, self.length // size, size)
        packed = struct.pack("<16sHHI16sQQII16s16sQQ64s128s128s80x", signature, *version, 0, area_id, first, blocks, block_size,
                             members.get("format", 0), dump_id, members.get("boot_id", bytes(16)), members.get("started", 0),
                             members.get("memory", 0), members.get("producer", b""), members.get("system", b""),
                             members.get("reason", b""))
        assert len(packed) == 512
        return packed[:20] + struct.pack("<I", zlib.crc32(packed)) + packed[24:]

    def area_id(self):
        return self.disk.read(self.offset + 24, 16)

    def write_head(self, head):
        self.disk.write(self.offset, head.ljust(self.disk.block_size, b"\0"))

    def write_trailer(self, dump_id, length, crc, status=0, detail=b"", reconnects=0, milliseconds=0):
        packed = struct.pack("<16s16sIIQIIQ128s320x", TAIL, dump_id, 0, status, length, crc, reconnects, milliseconds, detail)
        assert len(packed) == 512
        packed = packed[:32] + struct.pack("<I", zlib.crc32(packed)) + packed[36:]
        self.disk.write(self.offset + TRAILER, packed.ljust(self.disk.block_size, b"\0"))

    def dump(self, content, steps=4, dump_id=b"the dump's id 16", status=0, detail=b"", crc=None, length=None, **members):
        """The order of writing: head, data, trailer, head; a machine that dies writes fewer steps."""
        members = {"format": 1, "memory": len(content), "started": STARTED, "producer": b"sanstrap_dump 0.1",
                   "system": b"Linux 6.1.0", "reason": b"sysrq", **members}
        area_id = self.area_id()
        self.write_head(self.head(PART, area_id, dump_id, **members))
        if steps > 1:
            self.disk.write(self.offset + DATA, content)
        if steps > 2:
            self.write_trailer(dump_id, len(content) if length is None else length, crc32c(content) if crc is None else crc,
                               status, detail, reconnects=1, milliseconds=1234)
        if steps > 3:
            self.write_head(self.head(WHOLE, area_id, dump_id, **members))
        return content
