# SPDX-License-Identifier: BSD-2-Clause
"""Faults of the command window, pings, numbers and messages; bits that flip; another disk."""
import os
import select
import time

from . import lun, pdu
from .fault import Fault, drop
from .pdu import DATA_IN, ITT, NOP_IN, RESERVED, SCSI_RESPONSE, STATSN, TTT, Pdu


class WindowClosed(Fault):
    """The CmdSN window closes for `seconds` (0: for ever) once `commands` were taken; pings are answered when `pings`."""

    def __init__(self, target, commands=20, seconds=20, pings=True, **common):
        super().__init__(target, **common)
        self.commands, self.seconds, self.pings, self.closed = commands, seconds, pings, {}

    def max_cmdsn(self, connection, wanted):
        if connection.number not in self.closed:
            if connection.expcmdsn < self.commands or not self.due():
                return wanted
            self.closed[connection.number] = (time.monotonic(), connection.expcmdsn - 1)
            if self.seconds:
                connection.later(self.seconds, lambda: connection.send(connection.numbered(
                    Pdu(NOP_IN).put(ITT, RESERVED, TTT, RESERVED), status=False)))
        began, edge = self.closed[connection.number]
        return edge if not self.seconds or time.monotonic() - began < self.seconds else wanted

    def answers_ping(self, connection):
        return self.pings or connection.number not in self.closed


class NoPong(Fault):
    def answers_ping(self, connection):
        return not self.due()


class PingEvery(Fault):
    """A NOP-In before every `every`th PDU, in the midst of Data-Ins, too."""

    def __init__(self, target, every=3, **common):
        super().__init__(target, **common)
        self.every, self.count = every, 0

    def outgoing(self, connection, response):
        if not connection.full or response.opcode in (NOP_IN, pdu.LOGIN_RESPONSE):
            return [response]
        self.count += 1
        if self.count % self.every or not self.due():
            return [response]
        ping = Pdu(NOP_IN).put(ITT, RESERVED, TTT, next(connection.ttts), STATSN, connection.statsn,
                               pdu.EXPCMDSN, connection.expcmdsn, pdu.MAXCMDSN, connection.window())
        return [ping, response]


class PingStorm(Fault):
    """`count` pings at once, none of whose answers is read before all of them are out; `wants` an answer, or none."""

    def __init__(self, target, count=1000, wants=True, **common):
        super().__init__(target, **common)
        self.count, self.wants = count, wants

    def delay(self, connection, task):
        if self.due():
            for _ in range(self.count):
                if self.wants:
                    connection.ping()
                else:
                    connection.send(connection.numbered(Pdu(NOP_IN).put(ITT, RESERVED, TTT, RESERVED), status=False))
        return 0


class NotReading(Fault):
    """Reads nothing for `seconds` (0: never again on this connection) from a burst on, and pings all the while when `pings`."""

    def __init__(self, target, seconds=5, pings=True, **common):
        super().__init__(target, **common)
        self.seconds, self.pings = seconds, pings

    def outgoing(self, connection, response):
        if response.opcode == pdu.R2T and self.due():
            connection.later(0, lambda: self._stop(connection))
        return [response]

    def _stop(self, connection):
        until = time.monotonic() + self.seconds if self.seconds else float("inf")
        end = select.poll()
        end.register(connection.peer, select.POLLRDHUP)
        while time.monotonic() < until:
            if connection.closing or end.poll(200):
                drop("it read nothing any more")
            if self.pings:
                connection.send(connection.numbered(Pdu(NOP_IN).put(ITT, RESERVED, TTT, RESERVED), status=False))


class StatSnGap(Fault):
    """In responses; with `opcodes` in those to commands of these."""

    def __init__(self, target, opcodes=(), **common):
        super().__init__(target, **common)
        self.opcodes = opcodes

    def outgoing(self, connection, response):
        if not self.opcodes and connection.full and response.opcode == SCSI_RESPONSE and self.due():
            return [self._jump(connection, response)]
        return [response]

    def answers(self, connection, task, result, responses):
        if task.cdb[0] not in self.opcodes or not self.due():
            return responses
        make = responses[-1]
        return [*responses[:-1], lambda: self._jump(connection, make())]

    @staticmethod
    def _jump(connection, response):
        connection.statsn += 5
        return response.put(STATSN, response.get(STATSN) + 5)


class RejectCommand(Fault):
    def __init__(self, target, reason=0x09, opcodes=(), **common):
        super().__init__(target, **common)
        self.reason, self.opcodes = reason, opcodes

    def answers(self, connection, task, result, responses):
        if (self.opcodes and task.cdb[0] not in self.opcodes) or not self.due():
            return responses
        connection.reject(task.request, self.reason)
        return []


class Asynchronous(Fault):
    """An asynchronous message once `after` commands have come: event 1 logout, 2 and 3 drop, 4 negotiate."""

    def __init__(self, target, event=1, parameters=(0, 0, 3), close=True, **common):
        super().__init__(target, **common)
        self.event, self.parameters, self.close = event, parameters, close

    def delay(self, connection, task):
        if self.due():
            connection.asynchronous(self.event, self.parameters)
            if self.event in (2, 3) and self.close:
                drop("as announced", reset=False)
        return 0


class LogoutAtR2t(Fault):
    """Asks for a logout together with a burst. It counts if nothing follows the logout (RFC 7143 section 11.14)."""

    def __init__(self, target, watch=0.3, **common):
        super().__init__(target, **common)
        self.watch, self.asked = watch, None

    def outgoing(self, connection, response):
        if response.opcode == pdu.R2T and not self.asked:
            self.asked = connection.number
            connection.asynchronous(1, (0, 0, 3))
        return [response]

    def on_pdu(self, connection, request):
        if request.opcode == pdu.LOGOUT and self.asked == connection.number:
            more, _, _ = select.select([connection.peer], [], [], self.watch)
            if not more:
                self.due()


class Stray(Fault):
    """A PDU that nobody asked for, in full feature phase: `opcode`, with an ITT."""

    def __init__(self, target, opcode=DATA_IN, itt=0x12345678, length=0, **common):
        super().__init__(target, **common)
        self.opcode, self.itt, self.length = opcode, itt, length

    def delay(self, connection, task):
        if self.due():
            connection.send(connection.numbered(Pdu(self.opcode, data=bytes(self.length)).put(ITT, self.itt, TTT, RESERVED),
                                                status=False))
        return 0


class Garbage(Fault):
    """Random bytes in the midst of full feature phase."""

    def __init__(self, target, length=4096, **common):
        super().__init__(target, **common)
        self.length = length

    def delay(self, connection, task):
        if self.due():
            connection.send_bytes(self.random.randbytes(self.length))
        return 0


class FlipBit(Fault):
    """A bit of a PDU's data (or header) is another, behind TCP's checksum: only digests tell."""

    def __init__(self, target, header=False, opcode=DATA_IN, **common):
        super().__init__(target, **common)
        self.header, self.opcode = header, opcode

    def raw(self, connection, response, data):
        if not connection.full or response.opcode != self.opcode or (not self.header and not response.data) or not self.due():
            return data
        changed = bytearray(data)
        digest = 4 if connection.agreed["HeaderDigest"] == "CRC32C" else 0
        at = self.random.randrange(20, 24) if self.header else pdu.BHS_LENGTH + digest + self.random.randrange(len(response.data))
        changed[at] ^= 1 << self.random.randrange(8)
        return bytes(changed)


class Attention(Fault):
    """A UNIT ATTENTION for the next command after each login."""

    def __init__(self, target, sense=lun.POWER_ON, **common):
        super().__init__(target, **common)
        self.sense = tuple(sense)

    def on_full(self, connection):
        if self.due():
            self.target.lun.attentions[connection.nexus].append(self.sense)


class SwapLive(Fault):
    """Another disk on the living connection, told of by `sense`; the first comes back after `back` commands, told of, too."""

    def __init__(self, target, disk, back=3, sense=lun.LUNS_CHANGED, **common):
        super().__init__(target, **common)
        self.disk, self.back, self.sense = disk, back, tuple(sense)
        self.first = None
        self.count = 0

    def _become(self, connection, other):
        self.target.lun.become(other)
        self.target.lun.attentions[connection.nexus].append(self.sense)

    def scsi(self, connection, task):
        own = self.target.lun
        if not self.first and self.due():
            self.first = lun.Lun(own.path, own.number, own.block_size, own.identity)
            self._become(connection, lun.Lun(self.disk, own.number, own.block_size, lun.OTHER))
        elif self.first and self.count < self.back:
            self.count += 1
            if self.count == self.back:
                self._become(connection, self.first)


class Resize(Fault):
    """The LUN has `blocks` more, or fewer, from a command of these opcodes on, and says so."""

    def __init__(self, target, blocks=2048, opcodes=(), **common):
        super().__init__(target, **common)
        self.blocks, self.opcodes = blocks, opcodes

    def delay(self, connection, task):
        if (not self.opcodes or task.cdb[0] in self.opcodes) and self.due():
            self.target.lun.block_count += self.blocks
            self.target.lun.attentions[connection.nexus].append(lun.CAPACITY_CHANGED)
        return 0


class SomebodyWrites(Fault):
    """
    Another writes to the LUN whenever a connection is lost and there before the next one, and, told of by `sense`, after each
    `commands` of a connection's.
    """

    PLACES, LENGTH = 60, 4096

    def __init__(self, target, commands=400, sense=lun.MEDIUM_MAY_HAVE_CHANGED, **common):
        super().__init__(target, **common)
        self.commands, self.sense, self.count = commands, tuple(sense), 0

    def _write(self):
        disk = self.target.lun
        for _ in range(self.PLACES):
            place = self.random.randrange(disk.block_count * disk.block_size // self.LENGTH) * self.LENGTH
            os.pwrite(disk.file, self.random.randbytes(self.LENGTH), place)

    def on_connect(self, connection):
        self.count = 0
        if connection.number > 1 and self.due():
            self._write()

    def scsi(self, connection, task):
        self.count += 1
        if self.count == self.commands and self.due():
            self.count = 0
            self._write()
            self.target.lun.attentions[connection.nexus].append(self.sense)


class OtherDisk(Fault):
    """At the next drop of a connection another disk comes behind the same name."""

    def __init__(self, target, disk, block_size=512, same_identity=False, **common):
        super().__init__(target, **common)
        self.disk, self.block_size, self.same = disk, block_size, same_identity

    def delay(self, connection, task):
        if task.is_write and self.due():
            identity = self.target.lun.identity if self.same else lun.OTHER
            self.target.lun.become(lun.Lun(self.disk, self.target.lun.number, self.block_size, identity))
            drop("and another disk comes")
        return 0
