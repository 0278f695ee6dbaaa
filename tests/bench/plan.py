# SPDX-License-Identifier: BSD-2-Clause
"""
The disk that a machine of the benchmarks works on: its data, and the plan of works.h. And what must be on it afterwards.
"""
import os
import re
import shutil
import struct
from dataclasses import dataclass

from tests.efi import image as efi_image
from tests.exerciser import image as exerciser_image
from tests.exerciser.image import content
from tests.lab import disks, efi_disk
from tests.lab.disks import MIB
from tests.lab.lab import BUILD

from . import trace

SECTOR = 512
SEED = 0x13572468
DATA_SECTORS = 131072
WRITTEN = 0xA5A5A5A5
STEP = 0x9E3779B1
READ, READ_RANDOM, WRITE, WRITE_RANDOM, VERIFY, TRACE = range(6)
MAGIC = 0x48434E42
MOST = 25
WORK = struct.Struct("<16sIIIIII")
HEAD = struct.Struct("<IIIII")
OPERATION = struct.Struct("<III")
TRACE_SECTORS = 128  # on the disk, each
BIOS_TRACES = ("dos",)  # of systems that know nothing else
REPORT = re.compile(r"^work (\S+) (\d+) (\d+) (\d+) (\d+) (\d+)$", re.MULTILINE)  # works.h
RATE = re.compile(r"^units per second (\d+)$", re.MULTILINE)

INT13_PROGRAM = os.path.join(BUILD, "bench", "int13.bin")


@dataclass
class Layout:
    """Where things lie on the disk, in sectors; and the largest call."""
    plan: int
    traces: int
    data: int
    sectors: int
    call_max: int


INT13 = Layout(plan=128, traces=256, data=2048, sectors=2048 + DATA_SECTORS, call_max=127)  # iPXE refuses calls of 128
_CONFIG = efi_image.CONFIG_OFFSET // SECTOR
BLOCK_IO = Layout(plan=_CONFIG + 8, traces=_CONFIG + 128, data=efi_image.DATA_START // SECTOR,
                  sectors=efi_image.DATA_START // SECTOR + DATA_SECTORS + MIB // SECTOR, call_max=2048)


@dataclass
class Work:
    """`size` bytes a call. It lasts `ms`, or `calls` if there are any; a trace has a file in traces/."""
    name: str
    kind: int
    size: int = 0
    calls: int = 0
    trace: str = ""

    def sectors(self, layout):
        return min(self.size // SECTOR, layout.call_max)


def works(efi):
    """What is measured: names are the table's."""
    large = [Work("read-1M", READ, MIB)] if efi else []
    return [*large, Work("read-64K", READ, 64 << 10), Work("read-4K", READ, 4096), Work("read-512", READ, 512),
            Work("random-4K", READ_RANDOM, 4096), Work("random-512", READ_RANDOM, 512),
            Work("write-64K", WRITE, 64 << 10), Work("write-4K", WRITE, 4096),
            *[Work(name, TRACE, trace=name) for name in trace.NAMES if not efi or name not in BIOS_TRACES]]


CHECK = Work("verify", VERIFY, 32 << 10, calls=64)  # every word of two MiB, somewhere; not timed



def _int13_base(folder):
    path = os.path.join(folder, "disk")
    with open(INT13_PROGRAM, "rb") as file:
        program = file.read()
    with open(os.path.join(BUILD, "exerciser", "mbr.bin"), "rb") as file:
        boot = file.read()
    with open(path, "wb") as file:
        table = disks.partition_table((INT13.data, DATA_SECTORS, 0xDA))
        file.write(boot.ljust(446, b"\0") + table + b"\x55\xaa" + bytes(SECTOR) + program)
        file.truncate(INT13.data * SECTOR)
        file.seek(INT13.data * SECTOR)
        for sector in range(DATA_SECTORS):
            file.write(content(INT13.data + sector, SEED))
    return path


def _block_io_base(folder):
    path, size = os.path.join(folder, "disk"), BLOCK_IO.sectors * SECTOR
    config = efi_image.CONFIG.pack(efi_image.MAGIC, efi_image.WORKS, 0, 0, SEED, 0, 0, efi_image.SCRATCH,
                                   efi_image.DATA_START, MIB, 0)
    with open(path, "wb") as file:
        file.truncate(size)
        file.seek(efi_image.CONFIG_OFFSET)
        file.write(config)
        file.seek(BLOCK_IO.data * SECTOR)
        for sector in range(DATA_SECTORS):
            file.write(content(BLOCK_IO.data + sector, SEED))
    data = (efi_disk.LINUX_DATA, efi_image.CONFIG_OFFSET, size - MIB - efi_image.CONFIG_OFFSET)
    partitions = [(efi_disk.SYSTEM_PARTITION, MIB, efi_image.CONFIG_OFFSET - MIB), data]
    efi_disk.write_gpt(path, size, partitions)
    files = {efi_disk.BOOT_FILE: efi_image.PROGRAM}
    efi_disk.fill_system_partition(path, MIB, efi_image.CONFIG_OFFSET - MIB, files)
    return path


def base(efi):
    """The disk without a plan."""
    if efi:
        return disks.kept("bench-efi", [__file__, efi_image.__file__, efi_image.PROGRAM], _block_io_base)
    program = exerciser_image.BUILD + "/mbr.bin"
    return disks.kept("bench-int13", [__file__, INT13_PROGRAM, program], _int13_base)


class Disk:
    """A disk with a plan: make it, boot it, check() it."""

    def __init__(self, path, efi, plan, ms):
        self.path, self.efi, self.plan, self.ms = path, efi, plan, ms
        self.layout = BLOCK_IO if efi else INT13
        self.base = base(efi)
        assert len(plan) <= MOST, f"{len(plan)} works in one plan"
        shutil.copyfile(self.base, path)
        with open(path, "r+b") as file:
            self._write_plan(file)

    def _first_place(self, number):
        """Each begins elsewhere, so that none finds what another has left in a cache."""
        return number * 9973 * 8 % DATA_SECTORS

    def _region(self, number):
        """The quarter of the data that a work writes to: the last but one for every other."""
        return DATA_SECTORS // 4 * (2 + number % 2)

    def _write_plan(self, file):
        head = HEAD.pack(MAGIC, SEED, self.layout.data, DATA_SECTORS, len(self.plan))
        records, at = b"", self.layout.traces
        for number, work in enumerate(self.plan):
            first, calls = self._first_place(number), work.calls
            if work.kind == TRACE:
                operations = trace.operations(work.trace, self.layout.call_max)
                file.seek(at * SECTOR)
                file.write(b"".join(OPERATION.pack(place | (writes << 31), count, think)
                                    for writes, place, count, think in operations))
                first, calls, at = at, len(operations), at + TRACE_SECTORS
            ms = 0 if calls else self.ms
            records += WORK.pack(work.name.encode(), work.kind, work.sectors(self.layout) or 1, ms, calls, first,
                                 self._region(number))
        assert at <= self.layout.data, "too many traces"
        file.seek(self.layout.plan * SECTOR)
        file.write(head + records)

    # ---- afterwards ----

    def figures(self, text):
        """{name of a work: its figure}: MB/s of sequences, calls a second at random places, seconds of a trace."""
        rate = int(RATE.search(text)[1])
        result = {}
        for work, report in zip(self.plan, REPORT.finditer(text)):
            assert work.name == report[1], text
            calls, sectors, units, _, bad = map(int, report.groups()[1:])
            assert bad == 0, f"{work.name}: {bad} of {calls} calls failed or brought wrong data"
            seconds = units / rate
            if work.kind == TRACE:
                result[work.name] = seconds
            elif work.kind in (READ, WRITE):
                result[work.name] = sectors * SECTOR / seconds / 1e6
            elif work.kind != VERIFY:
                result[work.name] = calls / seconds
        assert len(REPORT.findall(text)) == len(self.plan), "the machine ended before its plan"
        return result

    def _places(self, number, work, calls, chance):
        """The sectors of each call, as works.c chooses them: (first, count)."""
        count = work.sectors(self.layout)
        writes = work.kind in (WRITE, WRITE_RANDOM)
        places = (DATA_SECTORS // 4 if writes else DATA_SECTORS) // count
        for call in range(calls):
            place = (next(chance) if work.kind in (READ_RANDOM, WRITE_RANDOM, VERIFY)
                     else self._first_place(number) // count + call) % places
            yield (self._region(number) if writes else 0) + place * count, count

    def written(self, text):
        """The data's sectors that the machine says it wrote."""
        chance, result = exerciser_image._random(SEED | 1), set()
        for number, (work, report) in enumerate(zip(self.plan, REPORT.finditer(text))):
            if work.kind == TRACE:
                places = [(place, count) for writes, place, count, _ in trace.operations(work.trace, self.layout.call_max)
                          if writes]
            else:
                places = list(self._places(number, work, int(report[2]), chance))
                if work.kind not in (WRITE, WRITE_RANDOM):
                    continue
            for place, count in places:
                result.update(range(place, place + count))
        return result

    def check(self, text):
        """Every sector of the data holds what it should; returns how many were written."""
        written = self.written(text)
        middle = content(self.layout.data, SEED ^ WRITTEN)[4:-4]
        with open(self.base, "rb") as file:
            file.seek(self.layout.data * SECTOR)
            expected = bytearray(file.read(DATA_SECTORS * SECTOR))
        for sector in written:
            first = self.layout.data + sector ^ SEED ^ WRITTEN
            last = first ^ 127 * STEP & 0xFFFFFFFF
            expected[sector * SECTOR:(sector + 1) * SECTOR] = struct.pack("<I", first) + middle + struct.pack("<I", last)
        with open(self.path, "rb") as file:
            file.seek(self.layout.data * SECTOR)
            found = file.read(DATA_SECTORS * SECTOR)
        if found != expected:
            bad = next(sector for sector in range(DATA_SECTORS)
                       if found[sector * SECTOR:(sector + 1) * SECTOR] != expected[sector * SECTOR:(sector + 1) * SECTOR])
            raise AssertionError(f"sector {bad} ({'' if bad in written else 'not '}written) holds "
                                 f"{found[bad * SECTOR:bad * SECTOR + 16].hex()}")
        return len(written)
