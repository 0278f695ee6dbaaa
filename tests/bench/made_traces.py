# SPDX-License-Identifier: BSD-2-Clause
"""
Two traces that are made by rule, as what they stand for cannot be had from Debian: a DOS that copies small files, and the loaders
of Windows on NTFS. The rules are the comments of the files.
"""
import random

DOS = """A DOS without a disk cache copies 80 files of 1 to 12 KiB from one directory of a FAT16 disk to another.
Made by rule (tests/bench/made_traces.py), clusters of 4 KiB, one buffer of a sector for the FAT and one for directories:
  open: the source's directory entry is read (a sector, when another one is in the buffer)
  create: a free entry is looked for, sector by sector from the directory's start; it is written with a length of 0
  each cluster: the source's FAT sector when it is not in the buffer, the data in one call, up to 8 sectors; then the
  destination's FAT sector is read when it is not in the buffer, and the data written in one call
  close: both copies of the FAT sector are written, and the directory entry with its length and time
The caller computes 300 us before a data call, 100 us before others."""

NTFS = """The loaders of Windows 7 and later on NTFS with clusters of 4 KiB, by INT 13h: MBR, boot sector, bootmgr, then winload.
Made by rule (tests/bench/made_traces.py):
  MBR: a sector; the partition's boot sector: one, then the 15 behind it
  $MFT's record (2 sectors), the root's index (8 sectors a block), the file's record, for each component of a path: a
  record is looked at again for each file, as the loaders remember next to nothing between them
  a file's data: runs of 16 to 512 KiB, read in calls of 128 sectors at most, each run's last call as short as it is
  files: bootmgr 400 KiB, BCD 32 KiB (in calls of 8 sectors), winload 600 KiB, the registry's SYSTEM 12 MiB, ntoskrnl
  9 MiB, hal 300 KiB, 60 drivers of 16 to 600 KiB and their directories, in the order in which SYSTEM names them: at random
  each file: its first 4 KiB by itself (the header), then all of it from the start
The caller computes 2 ms a MiB read (sums and relocation), 150 us before each record."""

FAT1, FAT_SECTORS, ROOT, DATA, CLUSTER = 1, 160, 321, 353, 8


class _Dos:
    def __init__(self):
        self.rows, self.fat, self.directory = [], None, None
        self.chance = random.Random(1)

    def call(self, writes, place, count=1, think=100):
        self.rows.append((writes, place, count, think))

    def read_fat(self, cluster):
        """256 entries a sector."""
        if self.fat != cluster // 256:
            self.fat = cluster // 256
            self.call(False, FAT1 + self.fat)

    def read_directory(self, sector):
        if self.directory != sector:
            self.directory = sector
            self.call(False, sector)

    def data(self, writes, cluster, count):
        self.call(writes, DATA + cluster * CLUSTER, count, 300)

    def copy(self, number, source, destination):
        """One file; source and destination are clusters. Returns how many it has."""
        source_entry, sectors = DATA + number // 16, self.chance.randint(2, 24)
        target_directory = DATA + 64
        self.read_directory(source_entry)
        for sector in range(target_directory, target_directory + number // 16 + 1):
            self.read_directory(sector)
        self.call(True, target_directory + number // 16)

        clusters = -(-sectors // CLUSTER)
        for index in range(clusters):
            count = min(CLUSTER, sectors - index * CLUSTER)
            self.read_fat(source + index)
            self.data(False, source + index, count)
            self.read_fat(destination + index)
            self.data(True, destination + index, count)
        for copy in range(2):
            self.call(True, FAT1 + copy * FAT_SECTORS + destination // 256)
        self.read_directory(target_directory + number // 16)
        self.call(True, target_directory + number // 16)
        return clusters


def dos(files=80):
    machine, source, destination = _Dos(), 1000, 6000
    for number in range(files):
        used = machine.copy(number, source, destination)
        source, destination = source + used + machine.chance.randint(0, 3), destination + used
    return machine.rows


PARTITION, MFT, DISK = 2048, 16384, 126000


class _Ntfs:
    def __init__(self):
        self.rows = []
        self.chance = random.Random(2)

    def read(self, place, count, think=0):
        self.rows.append((False, place, count, think))

    def record(self, number):
        self.read(MFT + number * 2, 2, 150)

    def index(self):
        self.read(60000 + self.chance.randrange(200) * 8, 8, 150)

    def open(self, depth):
        """Of a path with so many directories: $MFT, then record and index of each, then the file's record."""
        self.record(0)
        self.record(5)
        for _ in range(depth):
            self.index()
            self.record(self.chance.randrange(24, 20000) // 2)
        self.record(self.chance.randrange(24, 20000) // 2)

    def file(self, kib, depth, step=128):
        self.open(depth)
        runs, left = [], kib * 2
        while left:
            length = min(left, self.chance.randrange(4, 129) * 8)
            runs.append((self.chance.randrange(40000 // 8, (DISK - length) // 8) * 8, length))
            left -= length
        self.read(runs[0][0], min(8, runs[0][1]))
        for place, length in runs:
            for done in range(0, length, step):
                count = min(step, length - done)
                self.read(place + done, count, count)  # 2 ms a MiB: 1 us a sector


def ntfs(drivers=60):
    machine = _Ntfs()
    machine.read(0, 1)
    machine.read(PARTITION, 1, 50)
    machine.read(PARTITION + 1, 15, 50)
    machine.file(400, 0)
    machine.file(32, 1, step=8)
    for kib, depth in ((600, 2), (12288, 3), (9216, 2), (300, 2)):
        machine.file(kib, depth)
    for _ in range(drivers):
        machine.file(machine.chance.randrange(4, 151) * 4, 3)
    return machine.rows
