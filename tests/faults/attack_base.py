# SPDX-License-Identifier: BSD-2-Clause
"""What an attack of attack.py is: a class that says what it sends, how often, and what it does when it hears something."""

BURST = 20  # shots at most, after a time without a processor


class Attack:
    """`per_second` bounds its rate; `times` how often it does what it does (0: always), after `wait` seconds."""

    per_second = 100

    def __init__(self, lan, per_second=0, times=0, wait=0):
        self.lan, self.chance = lan, lan.chance
        self.per_second = per_second or self.per_second
        self.times, self.wait = times, wait
        self.done = 0
        self.owed = 0.0

    def ready(self):
        """Whether what is known suffices."""
        return self.lan.mac is not None

    def shot(self):
        """The frames to send next, as often as the rate allows."""
        return []

    def hears(self, packet):
        """The machine has sent this."""

    def passes(self, packet):
        """Others have sent this."""

    def turn(self, seconds):
        if not self.ready():
            return
        self.wait -= seconds
        if self.wait > 0:
            return
        self.owed = min(self.owed + seconds * self.per_second, BURST)
        while self.owed >= 1 and not (self.times and self.done >= self.times):
            self.owed -= 1
            frames = self.shot()
            self.done += bool(frames)
            for frame in frames:
                self.lan.send(frame)

    def bytes(self, length):
        return self.chance.randbytes(length)

    def some_mac(self):
        return b"\x02" + self.bytes(5)
