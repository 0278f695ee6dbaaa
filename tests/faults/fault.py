# SPDX-License-Identifier: BSD-2-Clause
"""
What a fault of the target of target.py is: a class that overrides the hooks it needs. `times` says how often it does what it does
(0: always), `after` how many occasions pass before.
"""
import random
import threading


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


class Drop(Exception):
    """Ends a connection: with a reset, or in order."""

    def __init__(self, why, reset=True):
        super().__init__(why)
        self.reset = reset


def drop(why, reset=True):
    raise Drop(why, reset)


def bytes_of(text):
    return bytes.fromhex(text) if isinstance(text, str) else bytes(text)
