# SPDX-License-Identifier: BSD-2-Clause
"""
Disks for the BlockIo conformance application, and what it must have left on them.

    image.make_image(path, folder, mode, strict)   before the machine starts
    image.check_transcript(text)                   what it printed
    image.verify_image(path)                       what it wrote
"""
import os
import struct

from tests.exerciser.image import WRITTEN, _random, check_transcript, content, speeds  # noqa: F401
from tests.lab import efi_disk
from tests.lab.disks import MIB
from tests.lab.lab import BUILD

PROGRAM = os.path.join(BUILD, "conformance.efi")
EXERCISE, SPEED, READ_ONLY = range(3)
CONFIG_OFFSET = 47 * MIB
SCRATCH = 48 * MIB
DATA_START = 49 * MIB
DATA_BYTES = 16 * MIB
SIZE = 66 * MIB
SECTOR = 512
CONFIG = struct.Struct("<8sIIIIIIQQQ")
MAGIC = b"EFIEXERC"


def make_image(path, mode=EXERCISE, strict=False, seed=0x2468ACE1, seconds=5, reads=10000, writes=1000, block=512):
    """Writes a disk that boots the application. With `strict` what sanstrap promises beyond the specification is due too."""
    with open(path, "wb") as file:
        file.truncate(SIZE)
        file.seek(CONFIG_OFFSET)
        file.write(CONFIG.pack(MAGIC, mode, strict, seconds, seed, reads, writes, SCRATCH, DATA_START, DATA_BYTES))
        file.seek(DATA_START)
        for sector in range(DATA_START // SECTOR, (DATA_START + DATA_BYTES) // SECTOR):
            file.write(content(sector, seed))
    data = (efi_disk.LINUX_DATA, CONFIG_OFFSET, SIZE - MIB - CONFIG_OFFSET)
    partitions = [(efi_disk.SYSTEM_PARTITION, MIB, CONFIG_OFFSET - MIB), data]
    efi_disk.write_gpt(path, SIZE, partitions, block)
    efi_disk.fill_system_partition(path, MIB, CONFIG_OFFSET - MIB, {efi_disk.BOOT_FILE: PROGRAM}, block)
    return path


def written_sectors(seed, writes, block):
    """The sectors that random.c writes on a disk with blocks of that size."""
    numbers, result, per_block = _random((seed ^ WRITTEN) | 1), set(), block // SECTOR
    for _ in range(writes):
        count = 1 + next(numbers) % 16
        first = next(numbers) % (DATA_BYTES // block - count)
        result.update(range(DATA_START // SECTOR + first * per_block, DATA_START // SECTOR + (first + count) * per_block))
    return result


def verify_image(path, block=512):
    """Compares every sector of the data with what it must be after a run; returns how many were written."""
    with open(path, "rb") as file:
        file.seek(CONFIG_OFFSET)
        magic, _, _, _, seed, _, writes, *_ = CONFIG.unpack(file.read(CONFIG.size))
        assert magic == MAGIC, "the configuration was overwritten"
        written = written_sectors(seed, writes, block)
        file.seek(DATA_START)
        for number in range(DATA_START // SECTOR, (DATA_START + DATA_BYTES) // SECTOR):
            sector = file.read(SECTOR)
            expected = content(number, seed ^ WRITTEN if number in written else seed)
            state = "written" if number in written else "not written"
            assert sector == expected, f"sector {number} ({state}) holds {sector[:16].hex()}, not {expected[:16].hex()}"
    return len(written)
