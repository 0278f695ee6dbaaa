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
CONFIG = struct.Struct("<8sBBBBIIII")
MAGIC = b"EXERCISR"
WRITTEN = 0xA5A5A5A5
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
               writes=1000):
    """Writes a bootable image of `size` bytes. A profile says which promises are due: SeaBIOS's or ours."""
    sectors = size // SECTOR
    with open(os.path.join(BUILD, "exerciser.bin"), "rb") as file:
        program = file.read()
    if len(program) > PROGRAM_SECTORS * SECTOR:
        raise ValueError(f"the program has {len(program)} bytes, the boot sector reads {PROGRAM_SECTORS * SECTOR}")
    with open(path, "wb") as file:
        file.write(_master_boot_record(sectors))
        file.write(CONFIG.pack(MAGIC, mode, profile, drive, seconds, seed, sectors, reads, writes).ljust(SECTOR, b"\0"))
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


def verify_image(path):
    """Compares every sector of the image with what it must be after a run; raises AssertionError with the first that differs."""
    with open(path, "rb") as file:
        first = file.read(SECTOR)
        magic, _, _, _, _, seed, sectors, _, writes = CONFIG.unpack_from(file.read(SECTOR))
        assert magic == MAGIC, "LBA 1 no longer holds the configuration"
        assert first == _master_boot_record(sectors), "LBA 0 was altered"
        written = written_sectors(seed, sectors, writes)
        file.seek(DATA_START * SECTOR)
        for lba in range(DATA_START, sectors):
            sector = file.read(SECTOR)
            expected = content(lba, seed ^ WRITTEN if lba in written else seed)
            what = "written" if lba in written else "not written"
            assert sector == expected, f"LBA {lba} ({what}) holds {sector[:16].hex()}, not {expected[:16].hex()}"
    return len(written)


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
