# SPDX-License-Identifier: BSD-2-Clause
"""
What the target of target.py can do wrong, one class a fault. A class overrides the hooks of Fault that it needs; `times` says how
often it does it (0: always), `after` how many occasions pass before. FAULTS is the table by name.
"""
import random
import struct
import threading
import time

from . import lun, pdu
from .pdu import (CMDSN, CONTINUE, DATA_IN, DATASN, ITT, NOP_IN, OFFSET, R2T, RESERVED, RESIDUAL, SCSI_RESPONSE, STATSN, TTT, Pdu)


class Fault:
    """A target without it. Hooks get the connection first; see target.py for when they are called."""

    name = ""  # in the table

    def __init__(self, target, times=0, after=0, seed=1):
        self.target = target
        self.times, self.after = times, after
        self.random = random.Random(seed)
        self.lock = threading.Lock()

    def due(self):
        """True when this occasion is one to misbehave on; counts it, and the journal says so."""
        with self.lock:
            if self.after:
                self.after -= 1
                return False
            if self.times < 0:
                return False
            if self.times:
                self.times = self.times - 1 or -1
        self.target.note("fault", name=self.name)
        return True

    def on_connect(self, connection):
        """A connection was accepted."""

    def on_login(self, connection, login, said):
        """A whole login request is here."""

    def login_keys(self, connection, login, answers):
        return answers

    def login_responses(self, connection, request, response):
        """The PDUs to send in place of this one."""
        return [response]

    def on_full(self, connection):
        """Full feature phase has begun."""

    def on_pdu(self, connection, request):
        """A PDU was received."""

    def max_cmdsn(self, connection, wanted):
        return wanted

    def outgoing(self, connection, response):
        return [response]

    def raw(self, connection, response, data):
        return data

    def complete(self, connection, task):
        """Whether a write has all of its data; None: as it is."""
        return None

    def r2ts(self, connection, task, bursts):
        return bursts

    def delay(self, connection, task):
        """Seconds to wait before the command is executed; None: for ever."""
        return 0

    def scsi(self, connection, task):
        """A result in place of the LUN's."""
        return None

    def answers(self, connection, task, result, responses):
        """Data-Ins, then a function that makes the response."""
        return responses

    def answers_ping(self, connection):
        return True

    def task_management(self, connection, function):
        """The response code; None: no answer."""
        return 0


class Faults:
    """All faults that are in force, each with its say in turn."""

    def __init__(self, target):
        self.target = target
        self.active = []

    def add(self, name, options):
        fault = FAULTS[name](self.target, **options)
        fault.name = name
        self.active = [*self.active, fault]

    def clear(self):
        self.active = []

    def _tell(self, hook, *arguments):
        for fault in self.active:
            getattr(fault, hook)(*arguments)

    def _fold(self, hook, connection, *arguments):
        """The last argument goes through all of them."""
        *before, value = arguments
        for fault in self.active:
            value = getattr(fault, hook)(connection, *before, value)
        return value

    def _first(self, hook, usual, *arguments):
        """The first answer that is not the usual one."""
        for fault in self.active:
            answer = getattr(fault, hook)(*arguments)
            if answer != usual:
                return answer
        return usual

    def on_connect(self, connection):
        self._tell("on_connect", connection)

    def on_login(self, connection, login, said):
        self._tell("on_login", connection, login, said)

    def login_keys(self, connection, login, answers):
        return self._fold("login_keys", connection, login, answers)

    def login_responses(self, connection, request, response):
        return self._flat("login_responses", connection, request, response)

    def on_full(self, connection):
        self._tell("on_full", connection)

    def on_pdu(self, connection, request):
        self._tell("on_pdu", connection, request)

    def max_cmdsn(self, connection, wanted):
        return self._fold("max_cmdsn", connection, wanted)

    def outgoing(self, connection, response):
        return self._flat("outgoing", connection, response)

    def _flat(self, hook, connection, *arguments):
        *before, first = arguments
        all_of_them = [first]
        for fault in self.active:
            all_of_them = [out for one in all_of_them for out in getattr(fault, hook)(connection, *before, one)]
        return all_of_them

    def raw(self, connection, response, data):
        return self._fold("raw", connection, response, data)

    def complete(self, connection, task):
        said = self._first("complete", None, connection, task)
        return task.got >= task.expected if said is None else said

    def r2ts(self, connection, task, bursts):
        return self._fold("r2ts", connection, task, bursts)

    def delay(self, connection, task):
        return self._first("delay", 0, connection, task)

    def scsi(self, connection, task):
        return self._first("scsi", None, connection, task)

    def answers(self, connection, task, result, responses):
        return self._fold("answers", connection, task, result, responses)

    def answers_ping(self, connection):
        return all(fault.answers_ping(connection) for fault in self.active)

    def task_management(self, connection, function):
        return self._first("task_management", 0, connection, function)


def drop(why, reset=True):
    from .target import Drop
    raise Drop(why, reset)


# ---- connections ----

class ResetOnConnect(Fault):
    def on_connect(self, connection):
        if self.due():
            drop("at once")


class CloseOnConnect(Fault):
    def on_connect(self, connection):
        if self.due():
            drop("at once", reset=False)


class DropEvery(Fault):
    """After so many bytes of Data-In or received data."""

    def __init__(self, target, kilobytes=1024, reset=True, **common):
        super().__init__(target, **common)
        self.limit, self.reset, self.moved = kilobytes << 10, reset, 0

    def _count(self, length):
        self.moved += length
        if self.moved >= self.limit and self.due():
            self.moved = 0
            drop(f"after {self.limit} bytes", self.reset)

    def outgoing(self, connection, response):
        if connection.full:
            self._count(len(response.data))
        return [response]

    def on_pdu(self, connection, request):
        if connection.full:
            self._count(len(request.data))


class DropAtWrite(Fault):
    """When a write's command has come, before it is executed."""

    def delay(self, connection, task):
        if task.is_write and self.due():
            drop("in a write")
        return 0


class Silent(Fault):
    """Reads what comes and says nothing for a while, in login, too when `login`."""

    def __init__(self, target, seconds=20, login=False, **common):
        super().__init__(target, **common)
        self.seconds, self.login = seconds, login

    def on_pdu(self, connection, request):
        if (connection.full or self.login) and self.due():
            time.sleep(self.seconds)


class Dead(Silent):
    """Never again on this connection: half open."""

    def on_pdu(self, connection, request):
        if (connection.full or self.login) and self.due():
            while not connection.closing:
                time.sleep(0.1)
            drop("dead")


# ---- login ----

class LoginStatus(Fault):
    def __init__(self, target, code=0x0301, **common):
        super().__init__(target, **common)
        self.code = code

    def on_login(self, connection, login, said):
        if self.due():
            from .login import LoginRefused
            raise LoginRefused(self.code)


class Redirect(Fault):
    """To `addresses`, in turn."""

    def __init__(self, target, addresses, permanent=False, keys=(), **common):
        super().__init__(target, **common)
        self.addresses, self.code, self.keys, self.turn = addresses, 0x0102 if permanent else 0x0101, keys, 0

    def on_login(self, connection, login, said):
        if self.due():
            from .login import LoginRefused
            address = self.addresses[self.turn % len(self.addresses)]
            self.turn += 1
            raise LoginRefused(self.code, [*([("TargetAddress", address)] if address else []), *self.keys])


class LoginPieces(Fault):
    """The answer's text in pieces of `size` bytes, with the C bit, one for each empty request."""

    def __init__(self, target, size=7, **common):
        super().__init__(target, **common)
        self.size = size

    def login_responses(self, connection, request, response):
        while len(response.data) > self.size and self.due():
            piece = Pdu(header=response.header, data=response.data[:self.size])
            piece.header[1] = response.header[1] & 0x0C | CONTINUE
            response.data = response.data[self.size:]
            connection.send(piece)
            following = connection.receive()
            response.put(STATSN, connection.next_statsn(), ITT, following.get(ITT))
        return [response]


class LoginEndless(Fault):
    """An answer that never ends: one more piece for each request."""

    def login_responses(self, connection, request, response):
        if not self.due():
            return [response]
        while True:
            piece = Pdu(header=response.header, data=b"X-org.example.more=0\0")
            piece.header[1] = response.header[1] & 0x0C | CONTINUE
            connection.send(piece)
            following = connection.receive()
            response.put(STATSN, connection.next_statsn(), ITT, following.get(ITT))


class LoginNoProgress(Fault):
    """Every request is answered, and no stage ever ends."""

    def login_responses(self, connection, request, response):
        if self.due():
            response.header[1] &= 0x0C
            response.data = b""
        return [response]


class LoginKeys(Fault):
    """More keys in the answers of a stage, or others' values; a value of null takes a key out."""

    def __init__(self, target, add=(), change=None, stage=None, **common):
        super().__init__(target, **common)
        self.add, self.change, self.stage = [tuple(pair) for pair in add], change or {}, stage

    def login_keys(self, connection, login, answers):
        if self.stage not in (None, login.stage) or not self.due():
            return answers
        changed = [(key, self.change.get(key, value)) for key, value in answers]
        return [(key, value) for key, value in changed if value is not None] + self.add


class LoginBytes(Fault):
    """Bytes (hexadecimal, or random ones when empty) in place of a login response's data or of the whole PDU."""

    def __init__(self, target, bytes="", length=512, whole=False, **common):
        super().__init__(target, **common)
        self.bytes, self.length, self.whole = bytes_of(bytes), length, whole

    def login_responses(self, connection, request, response):
        if self.due() and not self.whole:
            response.data = self.bytes or self.random.randbytes(self.length)
        return [response]

    def raw(self, connection, response, data):
        if self.whole and response.opcode == pdu.LOGIN_RESPONSE and self.due():
            return self.bytes or self.random.randbytes(self.length)
        return data


class LoginHeader(Fault):
    """Bytes of the login response's header replaced: {"1": 131}."""

    def __init__(self, target, bytes, **common):
        super().__init__(target, **common)
        self.bytes = {int(offset): value for offset, value in bytes.items()}

    def login_responses(self, connection, request, response):
        if self.due():
            for offset, value in self.bytes.items():
                response.header[offset] = value
        return [response]


class OnlyOneChapAlgorithm(Fault):
    """As LIO before Linux 3.15: the list must begin with CHAP_A=5; else `how`: status, reject, close, reset or silence."""

    def __init__(self, target, how="status", **common):
        super().__init__(target, **common)
        self.how = how

    def on_login(self, connection, login, said):
        if "CHAP_A" not in said or said["CHAP_A"].startswith("5") or not self.due():
            return
        if self.how == "status":
            from .login import LoginRefused
            raise LoginRefused(0x0201)
        if self.how == "reject":
            connection.send(Pdu(pdu.REJECT).put(ITT, RESERVED))
        if self.how == "silence":
            time.sleep(60)
        drop("CHAP_A is a list", reset=self.how == "reset")


# ---- commands and their data ----

class Slow(Fault):
    """Commands with these opcodes (all when none is given) take `seconds`; pings are answered all the time."""

    def __init__(self, target, seconds=20, opcodes=(), **common):
        super().__init__(target, **common)
        self.seconds, self.opcodes = seconds, opcodes

    def delay(self, connection, task):
        return self.seconds if (not self.opcodes or task.cdb[0] in self.opcodes) and self.due() else 0


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
            from .target import set_residual
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
        from .target import collapse
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
    """`kind`: twice (two for the same), beyond, zero, wrap, nothing (for a tag that is not), after (the whole was sent)."""

    def __init__(self, target, kind="twice", **common):
        super().__init__(target, **common)
        self.kind = kind

    def r2ts(self, connection, task, bursts):
        if not bursts or not self.due():
            return bursts
        offset, length = bursts[0]
        odd = {"twice": [(offset, length), (offset, length)], "beyond": [(offset, length + 512)], "zero": [(offset, 0)],
               "wrap": [(0xFFFFFF00, 0x200)], "again": [(0, length)]}
        if self.kind == "nothing":
            stray = Pdu(R2T).put(ITT, 0x12345678, TTT, 1, OFFSET, 0, RESIDUAL, 512)
            connection.send(connection.numbered(stray, status=False))
            return bursts
        return odd[self.kind]


# ---- control ----

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


class StatSnGap(Fault):
    def outgoing(self, connection, response):
        if connection.full and response.opcode == SCSI_RESPONSE and self.due():
            connection.statsn += 5
            response.put(STATSN, response.get(STATSN) + 5)
        return [response]


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


class OtherDisk(Fault):
    """At the next drop of a connection another disk comes behind the same name."""

    def __init__(self, target, disk, block_size=512, same_identity=False, **common):
        super().__init__(target, **common)
        self.disk, self.block_size, self.same = disk, block_size, same_identity

    def delay(self, connection, task):
        if task.is_write and self.due():
            identity = self.target.lun.identity if self.same else lun.Identity(
                serial="OTHER0002", naa=bytes.fromhex("6001405000000002fa17000000000002"))
            self.target.lun.become(lun.Lun(self.disk, self.target.lun.number, self.block_size, identity))
            drop("and another disk comes")
        return 0


def bytes_of(text):
    return bytes.fromhex(text) if isinstance(text, str) else bytes(text)


FAULTS = {
    "reset-on-connect": ResetOnConnect,
    "close-on-connect": CloseOnConnect,
    "drop-every": DropEvery,
    "drop-at-write": DropAtWrite,
    "silent": Silent,
    "dead": Dead,
    "login-status": LoginStatus,
    "redirect": Redirect,
    "login-pieces": LoginPieces,
    "login-endless": LoginEndless,
    "login-no-progress": LoginNoProgress,
    "login-keys": LoginKeys,
    "login-bytes": LoginBytes,
    "login-header": LoginHeader,
    "one-chap-algorithm": OnlyOneChapAlgorithm,
    "slow": Slow,
    "forgotten": Forgotten,
    "trickle": Trickle,
    "scsi-status": ScsiStatus,
    "response-code": ResponseCode,
    "odd-data-in": OddDataIn,
    "empty-data-ins": EmptyDataIns,
    "data-in-fields": DataInFields,
    "data-in-order": DataInOrder,
    "data-in-hole": DataInHole,
    "beyond": Beyond,
    "wrap-offset": WrapOffset,
    "phase-collapse": PhaseCollapse,
    "residual": Residual,
    "response-fields": ScsiResponseFields,
    "r2t-sizes": R2tSizes,
    "r2t-while-unsolicited": R2tWhileUnsolicited,
    "r2t-gap": R2tGap,
    "r2t-odd": R2tOdd,
    "window-closed": WindowClosed,
    "no-pong": NoPong,
    "ping-every": PingEvery,
    "statsn-gap": StatSnGap,
    "reject": RejectCommand,
    "async": Asynchronous,
    "stray": Stray,
    "garbage": Garbage,
    "flip-bit": FlipBit,
    "attention": Attention,
    "other-disk": OtherDisk,
}
