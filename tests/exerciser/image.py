# SPDX-License-Identifier: BSD-2-Clause
"""
Disk images for the exerciser, and what it must have left on them.

    image.make_image(path, size, mode, seed, profile)   before the machine starts
    image.check_transcript(text)                        what it printed
    image.verify_image(path)                            what it wrote
"""
import os
import re
import struct
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build", "exerciser")
SECTOR = 512
DATA_START = 2048
PROGRAM_SECTORS = 80
EXERCISE, SPEED = 0, 1
SEABIOS, SANSTRAP = 0, 1
CONFIG = struct.Struct("<8sBBBBIIIII")
MAGIC = b"EXERCISR"
WRITTEN = 0xA5A5A5A5
MIXED = int(os.environ.get("OPERATIONS", 3000))  # reads and writes in all orders
_REGION_MAX, _MOST, _SEED = 16384, 127, 0x6D697865  # mixed_int13.c's
_STEPS = int.from_bytes(b"".join(struct.pack("<I", i * 0x9E3779B1 & 0xFFFFFFFF) for i in range(128)), "little")


def build():
    """Makes the boot sector and the program; both are targets of the top-level Makefile."""
    command = ["make", "-rs", "-C", ROOT, "build/exerciser/mbr.bin", "build/exerciser/exerciser.bin"]
    subprocess.run(command, check=True, timeout=120)


def content(lba, seed):
    """The sector that LBA holds: every word tells where it belongs."""
    word = struct.pack("<I", (lba ^ seed) & 0xFFFFFFFF)
    return (int.from_bytes(word * 128, "little") ^ _STEPS).to_bytes(SECTOR, "little")


def _chs(lba, heads=255, track=63):
    cylinder = lba // (heads * track)
    if cylinder > 1023:
        return bytes([heads - 1, 0xC0 | track, 0xFF])
    return bytes([lba // track % heads, lba % track + 1 | cylinder >> 2 & 0xC0, cylinder & 0xFF])


def _master_boot_record(sectors):
    with open(os.path.join(BUILD, "mbr.bin"), "rb") as file:
        code = file.read()
    place = struct.pack("<II", DATA_START, sectors - DATA_START)
    entry = bytes([0x80]) + _chs(DATA_START) + bytes([0xDA]) + _chs(sectors - 1) + place
    return code[:0x1B8].ljust(0x1B8, b"\0") + b"SX13\0\0" + entry + bytes(48) + b"\x55\xAA"


def make_image(path, size=64 << 20, mode=EXERCISE, seed=0x13572468, profile=SANSTRAP, drive=0x80, seconds=5, reads=10000,
               writes=1000, mixed=MIXED):
    """Writes a bootable image of `size` bytes. A profile says which promises are due: SeaBIOS's or ours."""
    sectors = size // SECTOR
    with open(os.path.join(BUILD, "exerciser.bin"), "rb") as file:
        program = file.read()
    if len(program) > PROGRAM_SECTORS * SECTOR:
        raise ValueError(f"the program has {len(program)} bytes, the boot sector reads {PROGRAM_SECTORS * SECTOR}")
    with open(path, "wb") as file:
        file.write(_master_boot_record(sectors))
        file.write(CONFIG.pack(MAGIC, mode, profile, drive, seconds, seed, sectors, reads, writes,
                               mixed).ljust(SECTOR, b"\0"))
        file.write(program)
        file.seek(DATA_START * SECTOR)
        for lba in range(DATA_START, sectors):
            file.write(content(lba, seed))


def _random(state):
    while True:
        state ^= state << 13 & 0xFFFFFFFF
        state ^= state >> 17
        state ^= state << 5 & 0xFFFFFFFF
        yield state


def written_sectors(seed, sectors, writes):
    """The LBAs that random.c writes."""
    numbers = _random((seed ^ WRITTEN) | 1)
    result = set()
    for _ in range(writes):
        count = 1 + next(numbers) % 16
        lba = DATA_START + next(numbers) % (sectors - DATA_START - count)
        result.update(range(lba, lba + count))
    return result


def walk(random, blocks, most, steps):
    """walk.h's: (whether it is a write, first block, blocks) of each step."""
    numbers = _random(random)

    def any_of(limit):
        return next(numbers) % limit

    def any_count():
        kind = any_of(4)
        return 1 + any_of(most) if kind == 0 else 1 if kind == 1 else 1 + any_of(16)

    streams = [[0, 0, 0, 0] for _ in range(6)]  # first, count, left, step
    for _ in range(steps):
        kind, index = any_of(100), any_of(6)
        stream = streams[index]
        if kind < 60:
            if not stream[2] or stream[0] > blocks - stream[1]:
                stream[1] = any_count()
                stream[0] = any_of(blocks - stream[1] + 1)
                stream[2] = 1 + any_of(60)
                stream[3] = stream[1] if index % 3 == 0 else -stream[1] if index % 3 == 1 else any_of(256) - 128
            yield False, stream[0], stream[1]
            stream[0] = stream[0] + stream[3] & 0xFFFFFFFF
            stream[2] -= 1
            continue
        count = any_count()
        places = blocks - count + 1
        near = kind < 68 or 75 <= kind < 90
        first = (stream[0] + any_of(64) & 0xFFFFFFFF) % places if near else any_of(places)
        yield kind >= 75, first, count


def walk_versions(versions, start, *walked):
    """Counts the writes of a walk over blocks from `start` on; 1 is what random.c has written, and none is written twice so."""
    for write, first, count in walk(*walked):
        for block in range(start + first, start + first + count) if write else ():
            versions[block] = max(versions.get(block, 0) + 1 & 0xFF, 2)


def version_seed(version, seed):
    return seed ^ (WRITTEN if version == 1 else version << 20)


def verify_image(path):
    """Compares every sector of the image with what it must be after a run; raises AssertionError with the first that differs."""
    with open(path, "rb") as file:
        first = file.read(SECTOR)
        magic, _, _, _, _, seed, sectors, _, writes, mixed = CONFIG.unpack_from(file.read(SECTOR))
        assert magic == MAGIC, "LBA 1 no longer holds the configuration"
        assert first == _master_boot_record(sectors), "LBA 0 was altered"
        versions = dict.fromkeys(written_sectors(seed, sectors, writes), 1)
        region = min(sectors - DATA_START, _REGION_MAX)
        walk_versions(versions, sectors - region, seed ^ _SEED, region, _MOST, mixed)
        file.seek(DATA_START * SECTOR)
        for lba in range(DATA_START, sectors):
            sector, version = file.read(SECTOR), versions.get(lba, 0)
            expected = content(lba, version_seed(version, seed))
            assert sector == expected, f"LBA {lba} (version {version}) holds {sector[:16].hex()}, not {expected[:16].hex()}"
    return len(versions)


def check_transcript(text):
    """Returns (passed, failed lines); raises AssertionError when the run did not come to its end."""
    last = re.search(r"exerciser: (\d+) passed, (\d+) failed", text)
    assert last, "the exerciser did not finish; it last said:\n" + text[-2000:]
    failures = re.findall(r"^(?:FAIL|changed:) .*$", text, re.M)
    assert len([line for line in failures if line.startswith("FAIL")]) == int(last[2]), text
    return int(last[1]), failures


def speeds(text):
    """{name: (KiB/s, calls/s)} of a run in speed mode."""
    return {m[1]: (int(m[2]), int(m[3])) for m in re.finditer(r"speed (\S+): .*?(\d+) KiB/s, (\d+) calls/s", text)}
