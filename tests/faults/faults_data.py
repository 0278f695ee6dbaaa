# SPDX-License-Identifier: BSD-2-Clause
"""Faults in what comes for commands: how long they take, their data and their responses."""
import time

from . import lun
from .fault import Fault, bytes_of
from .pdu import DATASN, ITT, OFFSET, RESIDUAL, SCSI_RESPONSE, collapse, set_residual


class Slow(Fault):
    """
    Commands with these opcodes (all when none is given), for blocks from `first` on, take `seconds`; pings are answered all the
    time.
    """

    def __init__(self, target, seconds=20, opcodes=(), first=0, **common):
        super().__init__(target, **common)
        self.seconds, self.opcodes, self.first = seconds, opcodes, first

    def delay(self, connection, task):
        meets = (not self.opcodes or task.cdb[0] in self.opcodes) and lun.extent(task.cdb)[0] >= self.first
        return self.seconds if meets and self.due() else 0


class Forgotten(Slow):
    """They are never answered."""

    def delay(self, connection, task):
        return None if (not self.opcodes or task.cdb[0] in self.opcodes) and self.due() else 0


class Trickle(Fault):
    """Data-Ins of `size` bytes, one every `seconds`."""

    def __init__(self, target, size=4096, seconds=0.02, **common):
        super().__init__(target, **common)
        self.size, self.seconds = size, seconds

    def answers(self, connection, task, result, responses):
        if not task.is_read or not self.due():
            return responses
        return self._slowly(connection, task, result)

    def _slowly(self, connection, task, result):
        for response in connection.data_ins(task, result.data[:task.expected], self.size):
            time.sleep(self.seconds)
            yield response
        yield lambda: connection.response(task, result)


class ScsiStatus(Fault):
    def __init__(self, target, status=lun.BUSY, sense=None, opcodes=(), lba=None, **common):
        super().__init__(target, **common)
        self.result = lun.check(tuple(sense)) if sense else lun.Result(status)
        self.opcodes, self.lba = opcodes, lba

    def scsi(self, connection, task):
        first, blocks = lun.extent(task.cdb)
        if self.opcodes and task.cdb[0] not in self.opcodes:
            return None
        if self.lba is not None and not first <= self.lba < first + blocks:
            return None
        return self.result if self.due() else None


class ResponseCode(Fault):
    """An iSCSI response other than "completed at target"."""

    def __init__(self, target, code=1, opcodes=(), **common):
        super().__init__(target, **common)
        self.code, self.opcodes = code, opcodes

    def answers(self, connection, task, result, responses):
        if (self.opcodes and task.cdb[0] not in self.opcodes) or not self.due():
            return responses
        return [self._coded(connection, task)]

    def _coded(self, connection, task):
        response = connection.response(task, lun.Result())
        response.header[2], response.header[3] = self.code, 0
        return response


class OddDataIn(Fault):
    """Data-Ins of sizes that are no multiple of anything."""

    def answers(self, connection, task, result, responses):
        if not task.is_read or not self.due():
            return responses
        at, number, odd, data = 0, 0, [], result.data[:task.expected]
        most = min(int(connection.agreed.get("initiator's MaxRecvDataSegmentLength", 8192)), 8191)
        burst = int(connection.agreed["MaxBurstLength"])
        while at < len(data):
            length = min(self.random.randint(1, most), len(data) - at, burst - at % burst)
            final = at + length == len(data) or (at + length) % burst == 0
            odd.append(connection.data_in(task, number, at, data[at:at + length], final))
            at, number = at + length, number + 1
        return [*odd, responses[-1]]


class EmptyDataIns(Fault):
    """Data-Ins without a byte, `count` of them (0: for ever, one every 10 ms)."""

    def __init__(self, target, count=10, **common):
        super().__init__(target, **common)
        self.count = count

    def answers(self, connection, task, result, responses):
        if not task.is_read or not self.due():
            return responses
        return self._emptily(connection, task, result)

    def _emptily(self, connection, task, result):
        number = 0
        while self.count == 0 or number < self.count:
            if self.count == 0:
                time.sleep(0.01)
                if connection.closing:
                    return
            yield connection.data_in(task, number, 0, b"", False)
            number += 1
        for response in connection.data_ins(task, result.data[:task.expected]):
            yield response.put(DATASN, response.get(DATASN) + number)
        yield lambda: connection.response(task, result)


class DataInFields(Fault):
    """One field of one Data-In wrong: offset=+N or datasn=+N, or its flags; `index` is which Data-In of the command."""

    def __init__(self, target, index=0, offset=0, datasn=0, flags=None, **common):
        super().__init__(target, **common)
        self.index, self.offset, self.datasn, self.flags = index, offset, datasn, flags

    def answers(self, connection, task, result, responses):
        if task.is_read and len(responses) > self.index + 1 and self.due():
            wrong = responses[self.index]
            wrong.put(OFFSET, wrong.get(OFFSET) + self.offset, DATASN, wrong.get(DATASN) + self.datasn)
            if self.flags is not None:
                wrong.header[1] = self.flags
        return responses


class DataInOrder(Fault):
    """Two Data-Ins in the other's place."""

    def answers(self, connection, task, result, responses):
        if task.is_read and len(responses) > 2 and self.due():
            responses[0], responses[1] = responses[1], responses[0]
        return responses


class DataInHole(Fault):
    """One Data-In is left out; GOOD is said. `renumber` hides it from the DataSN, `residual` admits it."""

    def __init__(self, target, index=1, renumber=False, residual=False, **common):
        super().__init__(target, **common)
        self.index, self.renumber, self.residual = index, renumber, residual

    def answers(self, connection, task, result, responses):
        if not task.is_read or len(responses) <= self.index + 1 or not self.due():
            return responses
        missing = responses.pop(self.index)
        if self.renumber:
            for number, response in enumerate(responses[:-1]):
                response.put(DATASN, number)
        if self.residual:
            make = responses[-1]
            responses[-1] = lambda: set_residual(make(), task.expected, task.expected - len(missing.data))
        return responses


class Beyond(Fault):
    """More data than was asked for."""

    def answers(self, connection, task, result, responses):
        if task.is_read and len(responses) > 1 and self.due():
            last = responses[-2]
            at = last.get(OFFSET) + len(last.data)
            responses.insert(-1, connection.data_in(task, last.get(DATASN) + 1, at, bytes(512), True))
        return responses


class WrapOffset(Fault):
    """A Data-In whose offset and length together pass 2^32."""

    def answers(self, connection, task, result, responses):
        if task.is_read and len(responses) > 1 and self.due():
            responses[0].put(OFFSET, 0xFFFFFF00)
        return responses


class PhaseCollapse(Fault):
    """Status in the last Data-In."""

    def answers(self, connection, task, result, responses):
        if not task.is_read or len(responses) < 2 or result.status != lun.GOOD or not self.due():
            return responses
        make, last = responses[-1], responses[-2]
        return [*responses[:-2], lambda: collapse(last, make())]


class Residual(Fault):
    """A GOOD response whose residual is not true: flags (4 overflow, 2 underflow) and count."""

    def __init__(self, target, flags=2, count=512, opcodes=(), **common):
        super().__init__(target, **common)
        self.flags, self.count, self.opcodes = flags, count, opcodes

    def answers(self, connection, task, result, responses):
        if (self.opcodes and task.cdb[0] not in self.opcodes) or not (task.is_read or task.is_write) or not self.due():
            return responses
        make = responses[-1]
        return [*responses[:-1], lambda: self._untrue(make())]

    def _untrue(self, response):
        response.header[1] = response.header[1] & ~6 | self.flags
        return response.put(RESIDUAL, self.count)


class ScsiResponseFields(Fault):
    """Bytes of a SCSI Response's header replaced, or its ITT when `itt`."""

    def __init__(self, target, bytes=None, itt=None, data=None, **common):
        super().__init__(target, **common)
        self.bytes, self.itt, self.data = {int(offset): value for offset, value in (bytes or {}).items()}, itt, data

    def outgoing(self, connection, response):
        if response.opcode == SCSI_RESPONSE and self.due():
            for offset, value in self.bytes.items():
                response.header[offset] = value
            if self.itt is not None:
                response.put(ITT, self.itt)
            if self.data is not None:
                response.data = bytes_of(self.data)
        return [response]
