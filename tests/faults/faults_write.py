# SPDX-License-Identifier: BSD-2-Clause
"""Faults in how the data of writes is asked for."""
from . import pdu
from .fault import Fault
from .pdu import DATASN, ITT, OFFSET, R2T, RESIDUAL, TTT, Pdu


class R2tSizes(Fault):
    """Bursts of at most `size` bytes."""

    def __init__(self, target, size=512, **common):
        super().__init__(target, **common)
        self.size = size

    def r2ts(self, connection, task, bursts):
        return [(offset, min(length, self.size)) for offset, length in bursts] if bursts and self.due() else bursts


class R2tWhileUnsolicited(Fault):
    """With InitialR2T=No: the R2T for the rest comes at once, while unsolicited data is still under way (section 13.17)."""

    def on_pdu(self, connection, request):
        if request.opcode != pdu.SCSI_COMMAND or request.flags & pdu.FINAL or not request.flags & pdu.WRITE or not self.due():
            return
        expected, first = request.get(pdu.EDTL), int(connection.agreed["FirstBurstLength"])
        if expected <= first:
            return
        length = min(expected - first, int(connection.agreed["MaxBurstLength"]))
        early = Pdu(R2T).put(ITT, request.get(ITT), TTT, next(connection.ttts), DATASN, 0, OFFSET, first, RESIDUAL, length)
        early.header[8:16] = request.lun
        connection.send(connection.numbered(early, status=False))
        self.promised = (request.get(ITT), first + length)

    def r2ts(self, connection, task, bursts):
        promised = getattr(self, "promised", None)
        if promised and promised[0] == task.itt:
            self.promised = None
            task.r2tsn = 1
            task.burst_end = promised[1]
            return []
        return bursts


class R2tGap(Fault):
    """An R2T that leaves `gap` bytes out, then GOOD."""

    def __init__(self, target, gap=2048, **common):
        super().__init__(target, **common)
        self.gap, self.skipped = gap, set()

    def r2ts(self, connection, task, bursts):
        if bursts and task.itt not in self.skipped and bursts[0][1] > self.gap and self.due():
            self.skipped.add(task.itt)
            offset, length = bursts[0]
            return [(offset + self.gap, length - self.gap)]
        return bursts


class R2tOdd(Fault):
    """
    `kind`: twice (two for the same), beyond, zero, wrap, nothing (for a tag that is not), again (from the beginning), several
    (two halves at once), order (the second half first).
    """

    def __init__(self, target, kind="twice", **common):
        super().__init__(target, **common)
        self.kind = kind

    def r2ts(self, connection, task, bursts):
        if not bursts or (self.kind == "again" and bursts[0][0] == 0) or not self.due():
            return bursts
        offset, length = bursts[0]
        half = length // 2
        halves = [(offset, half), (offset + half, length - half)]
        odd = {"twice": [(offset, length), (offset, length)], "zero": [(offset, 0)],
               "beyond": [(offset, task.expected - offset + 512)],
               "wrap": [(0xFFFFFF00, 0x200)], "again": [(0, length)], "several": halves, "order": halves[::-1]}
        if self.kind == "nothing":
            stray = Pdu(R2T).put(ITT, 0x12345678, TTT, 1, OFFSET, 0, RESIDUAL, 512)
            connection.send(connection.numbered(stray, status=False))
            return bursts
        return odd[self.kind]
