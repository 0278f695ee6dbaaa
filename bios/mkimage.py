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
ADDRESS_RANGE = 1 << 20
WORD = struct.Struct("<I")
OPERAND = struct.Struct("<i")
CALL_OR_JMP = (0xE8, 0xE9)
INSTRUCTION_LENGTH = 5


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


def tagged_places(image, tag):
    """Where bios/stub/addresses.h will find addresses."""
    places, at = [], 0
    while at + WORD.size <= len(image):
        if WORD.unpack_from(image, at)[0] - tag in range(ADDRESS_RANGE):
            places.append(at)
            at += WORD.size - 1
        at += 1
    return places


def with_tagged_addresses(image, memory_length, places):
    """What bios/stub/addresses.h undoes, and the tag: one that no word of the image has by chance."""
    if memory_length > ADDRESS_RANGE:
        sys.exit("the image is larger than its addresses can tell")
    taken = {WORD.unpack_from(image, at)[0] // ADDRESS_RANGE for at in range(len(image) - WORD.size + 1)}
    for tag in range(ADDRESS_RANGE, 1 << 32, ADDRESS_RANGE):
        if tag // ADDRESS_RANGE in taken:
            continue
        tagged = bytearray(image)
        for place in places:
            WORD.pack_into(tagged, place, tag + WORD.unpack_from(image, place)[0])
        if tagged_places(tagged, tag) == places:
            return bytes(tagged), tag
    sys.exit("every tag for addresses is met by chance")


def calls_by_target(image):
    """What bios/stub/calls.h undoes."""
    image, length, at = bytearray(image), len(image), 0
    while at + INSTRUCTION_LENGTH <= length:
        if image[at] not in CALL_OR_JMP:
            at += 1
            continue
        following = at + INSTRUCTION_LENGTH
        distance, = OPERAND.unpack_from(image, at + 1)
        if -following <= distance < length:
            target = distance + following
            OPERAND.pack_into(image, at + 1, target if target < length else distance - length)
        at = following
    return bytes(image)


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
    image, tag = with_tagged_addresses(image, memory_length, places)
    packed = lzma_stream(calls_by_target(image))
    rest = (HEADER.size + len(stub), len(packed), len(image), tag, memory_length, elf.entry)
    summed = HEADER.pack(MAGIC, 0, *rest)[SUM_FROM:] + stub + image
    open(sys.argv[3], "wb").write(HEADER.pack(MAGIC, zlib.crc32(summed), *rest) + stub + packed)
    print(f"     image {len(image)} + {memory_length - len(image)} zeroed, {len(places)} addresses; packed {len(packed)}")


main()
