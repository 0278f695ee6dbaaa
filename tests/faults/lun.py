# SPDX-License-Identifier: BSD-2-Clause
"""A SCSI disk over a file (SPC-4, SBC-3, as much as an initiator that boots asks for), which can be told to answer otherwise."""
import os
import struct
import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field

GOOD, CHECK_CONDITION, BUSY, RESERVATION_CONFLICT, TASK_SET_FULL, TASK_ABORTED = 0x00, 0x02, 0x08, 0x18, 0x28, 0x40

TEST_UNIT_READY, REQUEST_SENSE, INQUIRY, MODE_SENSE_6, READ_CAPACITY_10 = 0x00, 0x03, 0x12, 0x1A, 0x25
READ_10, WRITE_10, SYNCHRONIZE_CACHE_10, MODE_SENSE_10 = 0x28, 0x2A, 0x35, 0x5A
READ_16, WRITE_16, SYNCHRONIZE_CACHE_16, SERVICE_ACTION_IN_16, REPORT_LUNS = 0x88, 0x8A, 0x91, 0x9E, 0xA0
READS, WRITES = (READ_10, READ_16), (WRITE_10, WRITE_16)

# (sense key, ASC, ASCQ)
NOT_READY_BECOMING = (0x2, 0x04, 0x01)
MEDIUM_READ_ERROR = (0x3, 0x11, 0x00)
INVALID_OPCODE = (0x5, 0x20, 0x00)
LBA_OUT_OF_RANGE = (0x5, 0x21, 0x00)
INVALID_FIELD = (0x5, 0x24, 0x00)
LUN_NOT_SUPPORTED = (0x5, 0x25, 0x00)
POWER_ON = (0x6, 0x29, 0x00)
MEDIUM_MAY_HAVE_CHANGED = (0x6, 0x28, 0x00)
CAPACITY_CHANGED = (0x6, 0x2A, 0x09)
LUNS_CHANGED = (0x6, 0x3F, 0x0E)
WRITE_PROTECTED = (0x7, 0x27, 0x00)
SPACE_ALLOCATION_FAILED = (0x7, 0x27, 0x07)


@dataclass
class Result:
    status: int = GOOD
    data: bytes = b""
    sense: bytes = b""


def fixed_sense(key, asc, ascq):
    return bytes([0x70, 0, key, 0, 0, 0, 0, 10, 0, 0, 0, 0, asc, ascq, 0, 0, 0, 0])


def check(sense):
    return Result(CHECK_CONDITION, sense=fixed_sense(*sense))


@dataclass
class Planned:
    """An answer in place of the true one: for commands of these opcodes (all when empty) that touch `lba` (any when None)."""
    result: Result
    times: int
    opcodes: tuple = ()
    lba: int = None

    def meets(self, cdb, first, blocks):
        return (not self.opcodes or cdb[0] in self.opcodes) and (self.lba is None or first <= self.lba < first + blocks)


@dataclass
class Identity:
    vendor: str = "SANSTRAP"
    product: str = "FAULTY DISK"
    revision: str = "1"
    serial: str = "FAULT0001"
    naa: bytes = bytes.fromhex("6001405000000001fa17000000000001")


OTHER = Identity(serial="OTHER0002", naa=bytes.fromhex("6001405000000002fa17000000000002"))


@dataclass
class Lun:
    path: str
    number: int = 0
    block_size: int = 512
    identity: Identity = field(default_factory=Identity)
    read_only: bool = False
    ready: bool = True

    def __post_init__(self):
        self.lock = threading.Lock()
        self.planned = []
        self.attentions = defaultdict(deque)  # of an I_T nexus
        self.file = os.open(self.path, os.O_RDWR)
        self.block_count = os.fstat(self.file).st_size // self.block_size

    def plan(self, result, times=1, opcodes=(), lba=None):
        with self.lock:
            self.planned.append(Planned(result, times, tuple(opcodes), lba))

    def become(self, other):
        """Another disk from now on, as when somebody maps another LUN to the same number."""
        with self.lock:
            self.file, self.path, self.block_count, self.block_size = other.file, other.path, other.block_count, other.block_size
            self.identity = other.identity

    def _planned(self, cdb, first, blocks):
        for plan in self.planned:
            if plan.meets(cdb, first, blocks):
                plan.times -= 1
                if plan.times <= 0:
                    self.planned.remove(plan)
                return plan.result
        return None

    def serve(self, cdb, written, nexus):
        """The answer to a command with all of its data."""
        first, blocks = extent(cdb)
        with self.lock:
            if cdb[0] not in (INQUIRY, REPORT_LUNS, REQUEST_SENSE) and self.attentions[nexus]:
                return check(self.attentions[nexus].popleft())
            planned = self._planned(cdb, first, blocks)
            if planned:
                return planned
            if not self.ready and cdb[0] not in (INQUIRY, REPORT_LUNS):
                return check(NOT_READY_BECOMING)
            function = FUNCTIONS.get(cdb[0])
            return function(self, cdb, written) if function else check(INVALID_OPCODE)

    # ---- commands ----

    def _test_unit_ready(self, _cdb, _written):
        return Result()

    def _inquiry(self, cdb, _written):
        allocation = struct.unpack_from(">H", cdb, 3)[0]
        if not cdb[1] & 1:
            text = f"{self.identity.vendor:8.8}{self.identity.product:16.16}{self.identity.revision:4.4}".encode()
            return Result(data=(bytes([0, 0, 5, 2, 31 + 0, 0, 0, 2]) + text)[:allocation])
        pages = {0x00: bytes([0x00, 0x80, 0x83]), 0x80: self.identity.serial.encode(),
                 0x83: bytes([1, 3, 0, len(self.identity.naa)]) + self.identity.naa}
        if cdb[2] not in pages:
            return check(INVALID_FIELD)
        page = pages[cdb[2]]
        return Result(data=(bytes([0, cdb[2]]) + struct.pack(">H", len(page)) + page)[:allocation])

    def _report_luns(self, cdb, _written):
        lun = struct.pack(">H6x", self.number)
        return Result(data=(struct.pack(">I4x", len(lun)) + lun)[:struct.unpack_from(">I", cdb, 6)[0]])

    def _read_capacity_10(self, _cdb, _written):
        return Result(data=struct.pack(">II", min(self.block_count - 1, 0xFFFFFFFF), self.block_size))

    def _read_capacity_16(self, cdb, _written):
        if cdb[1] & 0x1F != 0x10:
            return check(INVALID_FIELD)
        allocation = struct.unpack_from(">I", cdb, 10)[0]
        return Result(data=(struct.pack(">QI", self.block_count - 1, self.block_size) + bytes(20))[:allocation])

    def _mode_sense_6(self, cdb, _written):
        return Result(data=bytes([3, 0, 0x80 if self.read_only else 0, 0])[:cdb[4]])

    def _mode_sense_10(self, cdb, _written):
        return Result(data=bytes([0, 6, 0, 0x80 if self.read_only else 0, 0, 0, 0, 0])[:struct.unpack_from(">H", cdb, 7)[0]])

    def _read(self, cdb, _written):
        first, blocks = extent(cdb)
        if first + blocks > self.block_count:
            return check(LBA_OUT_OF_RANGE)
        return Result(data=os.pread(self.file, blocks * self.block_size, first * self.block_size))

    def _write(self, cdb, written):
        first, blocks = extent(cdb)
        if self.read_only:
            return check(WRITE_PROTECTED)
        if first + blocks > self.block_count:
            return check(LBA_OUT_OF_RANGE)
        os.pwrite(self.file, written[:blocks * self.block_size], first * self.block_size)
        return Result()

    def _synchronize(self, _cdb, _written):
        """The host's page cache is this disk: fsync() would take as long as the host's own disk has others to serve."""
        return Result()


FUNCTIONS = {
    TEST_UNIT_READY: Lun._test_unit_ready,
    INQUIRY: Lun._inquiry,
    MODE_SENSE_6: Lun._mode_sense_6,
    MODE_SENSE_10: Lun._mode_sense_10,
    READ_CAPACITY_10: Lun._read_capacity_10,
    SERVICE_ACTION_IN_16: Lun._read_capacity_16,
    REPORT_LUNS: Lun._report_luns,
    READ_10: Lun._read,
    READ_16: Lun._read,
    WRITE_10: Lun._write,
    WRITE_16: Lun._write,
    SYNCHRONIZE_CACHE_10: Lun._synchronize,
    SYNCHRONIZE_CACHE_16: Lun._synchronize,
}


def extent(cdb):
    """(first block, blocks) of a read or write; (0, 0) of anything else."""
    if cdb[0] in (READ_10, WRITE_10):
        return struct.unpack_from(">I", cdb, 2)[0], struct.unpack_from(">H", cdb, 7)[0]
    if cdb[0] in (READ_16, WRITE_16):
        return struct.unpack_from(">QI", cdb, 2)
    return 0, 0
