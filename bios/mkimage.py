#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""mkimage.py image.elf stub.bin core.bin: packs the linked image behind its stub, as bios/core.h says."""
import lzma
import struct
import sys
import zlib

MAGIC = 0x54534E53
SUM_FROM = 8  # in the header: behind the sum
HEADER = struct.Struct("<8I")
R_386_RELATIVE = 8
SHT_RELA, SHT_NOBITS, SHT_REL = 4, 8, 9
ADDRESS_RANGE = 512 << 10
WORD = struct.Struct("<I")
TAGGED = struct.Struct(">I")
DISTANCE = struct.Struct("<i")
CALL_OR_JMP = (0xE8, 0xE9)
SHORTEST_CALL = 5


class Elf:
    def __init__(self, path):
        self.bytes = open(path, "rb").read()
        if self.bytes[:6] != b"\x7fELF\x01\x01":
            sys.exit(f"{path}: not a 32-bit little-endian ELF file")
        self.entry, = struct.unpack_from("<I", self.bytes, 0x18)
        offset, = struct.unpack_from("<I", self.bytes, 0x20)
        size, count, names = struct.unpack_from("<3H", self.bytes, 0x2E)
        rows = [struct.unpack_from("<10I", self.bytes, offset + i * size) for i in range(count)]
        table = rows[names]
        self.sections = {self.string(table, row[0]): row for row in rows}

    def string(self, table, offset):
        start = table[4] + offset
        return self.bytes[start:self.bytes.index(b"\0", start)].decode()

    def content(self, name):
        row = self.sections[name]
        return self.bytes[row[4]:row[4] + row[5]]


def loaded_image(elf):
    image = bytearray()
    for name in (".text", ".rodata", ".data"):
        address = elf.sections[name][3]
        image.extend(bytes(address - len(image)))
        image.extend(elf.content(name))
    bss = elf.sections[".bss"]
    return bytes(image), max(bss[3] + bss[5], len(image))


def address_places(elf, image_length):
    for name, row in elf.sections.items():
        if row[1] == SHT_RELA or (row[1] == SHT_REL and name != ".rel.dyn"):
            sys.exit(f"unexpected relocation section {name}")
    places = []
    for place, info in struct.iter_unpack("<2I", elf.content(".rel.dyn")):
        if info != R_386_RELATIVE or place + WORD.size > image_length:
            sys.exit(f"relocation {info:#x} at {place:#x} cannot be done by the stub")
        places.append(place)
    return sorted(places)


def opcode_length(image, at):
    if image[at] in CALL_OR_JMP:
        return 1
    return 2 if image[at] == 0x0F and image[at + 1] & 0xF0 == 0x80 else 0


def distances(image, places):
    """Where calls and jumps, and data that looks like them, say how far it is to a place in the image, and which that is."""
    addresses = {byte for place in places for byte in range(place, place + WORD.size)}
    result, at = [], 0
    while at + SHORTEST_CALL <= len(image):
        operand = at + opcode_length(image, at)
        following = operand + WORD.size
        at += 1
        if operand < at or following > len(image) or not addresses.isdisjoint(range(operand, following)):
            continue
        target = DISTANCE.unpack_from(image, operand)[0] + following
        if 0 <= target < len(image):
            result.append((operand, target))
            at = following
    return result


def restored(tagged, tag):
    """bios/stub/addresses.c, for an image at 0."""
    image, at = bytearray(tagged), 0
    while at + WORD.size <= len(image):
        offset = TAGGED.unpack_from(image, at)[0] - tag
        at += 1
        if 0 <= offset < 2 * ADDRESS_RANGE:
            following = at - 1 + WORD.size
            value = offset if offset < ADDRESS_RANGE else offset - ADDRESS_RANGE - following
            WORD.pack_into(image, at - 1, value & 0xFFFFFFFF)
            at = following
    return bytes(image)


def with_tags(image, memory_length, places):
    """What bios/stub/addresses.h undoes, and the tag: the first one that the stub comes by nowhere else."""
    if memory_length > ADDRESS_RANGE:
        sys.exit(f"ADDRESS_RANGE is less than the image's {memory_length} bytes")
    calls = distances(image, places)
    taken = {TAGGED.unpack_from(image, at)[0] // ADDRESS_RANGE for at in range(len(image) - WORD.size + 1)}
    for tag in range(ADDRESS_RANGE, (1 << 32) - ADDRESS_RANGE, ADDRESS_RANGE):
        if not taken.isdisjoint((tag // ADDRESS_RANGE, tag // ADDRESS_RANGE + 1)):
            continue
        tagged = bytearray(image)
        for place in places:
            TAGGED.pack_into(tagged, place, tag + WORD.unpack_from(image, place)[0])
        for place, target in calls:
            TAGGED.pack_into(tagged, place, tag + ADDRESS_RANGE + target)
        if restored(tagged, tag) == image:
            return bytes(tagged), tag
    sys.exit("every tag for addresses is met elsewhere")


def lzma_stream(data):
    """Raw, with the parameters of bios/stub/lzma.h; liblzma ends such a stream with an end marker."""
    lzma1 = {"id": lzma.FILTER_LZMA1, "preset": 9 | lzma.PRESET_EXTREME, "lc": 3, "lp": 0, "pb": 0, "nice_len": 273,
             "mf": lzma.MF_BT2, "depth": 1000}
    return lzma.compress(data, format=lzma.FORMAT_RAW, filters=[lzma1])


def main():
    elf = Elf(sys.argv[1])
    stub = open(sys.argv[2], "rb").read()
    stub += bytes(-len(stub) % 16)
    image, memory_length = loaded_image(elf)
    places = address_places(elf, len(image))
    image, tag = with_tags(image, memory_length, places)
    packed = lzma_stream(image)
    rest = (HEADER.size + len(stub), len(packed), len(image), tag, memory_length, elf.entry)
    summed = HEADER.pack(MAGIC, 0, *rest)[SUM_FROM:] + stub + image
    open(sys.argv[3], "wb").write(HEADER.pack(MAGIC, zlib.crc32(summed), *rest) + stub + packed)
    print(f"     image {len(image)} + {memory_length - len(image)} zeroed, {len(places)} addresses; packed {len(packed)}")


main()
