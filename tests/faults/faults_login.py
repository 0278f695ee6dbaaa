# SPDX-License-Identifier: BSD-2-Clause
"""Faults of connections and logins."""
import time

from .fault import Fault, bytes_of, drop
from .login import LoginRefused
from .pdu import CONTINUE, ITT, LOGIN_RESPONSE, REJECT, RESERVED, STATSN, Pdu


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


class LoginStatus(Fault):
    def __init__(self, target, code=0x0301, **common):
        super().__init__(target, **common)
        self.code = code

    def on_login(self, connection, login, said):
        if self.due():
            raise LoginRefused(self.code)


class Redirect(Fault):
    """To `addresses`, in turn."""

    def __init__(self, target, addresses, permanent=False, keys=(), **common):
        super().__init__(target, **common)
        self.addresses, self.code, self.keys, self.turn = addresses, 0x0102 if permanent else 0x0101, keys, 0

    def on_login(self, connection, login, said):
        if self.due():
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
        if self.stage not in (None, login.stage) or not (self.add or any(key in self.change for key, _ in answers)) or \
                not self.due():
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
        if self.whole and response.opcode == LOGIN_RESPONSE and self.due():
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
            raise LoginRefused(0x0201)
        if self.how == "reject":
            connection.send(Pdu(REJECT).put(ITT, RESERVED))
        if self.how == "silence":
            time.sleep(60)
        drop("CHAP_A is a list", reset=self.how == "reset")
