# SPDX-License-Identifier: BSD-2-Clause
"""
Disks for the BlockIo conformance application, and what it must have left on them.

    image.make_image(path, folder, mode, strict)   before the machine starts
    image.check_transcript(text)                   what it printed
    image.verify_image(path)                       what it wrote
"""
import os
import struct

from tests.exerciser.image import (MIXED, WRITTEN, _random, check_transcript, content, speeds, version_seed,  # noqa: F401
                                   walk_versions)
from tests.lab import efi_disk
from tests.lab.disks import MIB
from tests.lab.lab import BUILD

PROGRAM = os.path.join(BUILD, "conformance.efi")
EXERCISE, SPEED, READ_ONLY, WORKS = range(4)
CONFIG_OFFSET = 47 * MIB
SCRATCH = 48 * MIB
DATA_START = 49 * MIB
DATA_BYTES = 16 * MIB
SIZE = 66 * MIB
SECTOR = 512
CONFIG = struct.Struct("<8sIIIIIIQQQI")
MAGIC = b"EFIEXERC"
_REGION, _MOST, _SEED = 8 * MIB, 512, 0x6D697865  # mixed_block_io.c's


def make_image(path, mode=EXERCISE, strict=False, seed=0x2468ACE1, seconds=5, reads=10000, writes=1000, block=512,
               mixed=MIXED):
    """Writes a disk that boots the application. With `strict` what sanstrap promises beyond the specification is due too."""
    with open(path, "wb") as file:
        file.truncate(SIZE)
        file.seek(CONFIG_OFFSET)
        file.write(CONFIG.pack(MAGIC, mode, strict, seconds, seed, reads, writes, SCRATCH, DATA_START, DATA_BYTES,
                               mixed))
        file.seek(DATA_START)
        for sector in range(DATA_START // SECTOR, (DATA_START + DATA_BYTES) // SECTOR):
            file.write(content(sector, seed))
    data = (efi_disk.LINUX_DATA, CONFIG_OFFSET, SIZE - MIB - CONFIG_OFFSET)
    partitions = [(efi_disk.SYSTEM_PARTITION, MIB, CONFIG_OFFSET - MIB), data]
    efi_disk.write_gpt(path, SIZE, partitions, block)
    efi_disk.fill_system_partition(path, MIB, CONFIG_OFFSET - MIB, {efi_disk.BOOT_FILE: PROGRAM}, block)
    return path


def written_blocks(seed, writes, block):
    """The blocks of the data that random.c writes on a disk with blocks of that size."""
    numbers, result = _random((seed ^ WRITTEN) | 1), set()
    for _ in range(writes):
        count = 1 + next(numbers) % 16
        first = next(numbers) % (DATA_BYTES // block - count)
        result.update(range(first, first + count))
    return result


def verify_image(path, block=512):
    """Compares every sector of the data with what it must be after a run; returns how many were written."""
    with open(path, "rb") as file:
        file.seek(CONFIG_OFFSET)
        magic, _, _, _, seed, _, writes, _, _, _, mixed = CONFIG.unpack(file.read(CONFIG.size))
        assert magic == MAGIC, "the configuration was overwritten"
        versions = dict.fromkeys(written_blocks(seed, writes, block), 1)
        walk_versions(versions, (DATA_BYTES - _REGION) // block, seed ^ _SEED, _REGION // block, _MOST, mixed)
        file.seek(DATA_START)
        for number in range(DATA_START // SECTOR, (DATA_START + DATA_BYTES) // SECTOR):
            sector, version = file.read(SECTOR), versions.get((number - DATA_START // SECTOR) * SECTOR // block, 0)
            expected = content(number, version_seed(version, seed))
            assert sector == expected, f"sector {number} (version {version}) holds {sector[:16].hex()}, not {expected[:16].hex()}"
    return len(versions) * block // SECTOR
