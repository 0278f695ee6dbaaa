# SPDX-License-Identifier: BSD-2-Clause
"""What routers say, forged: that a packet was too big, that something cannot be reached, that another way is better."""
import struct

from .attack_base import Attack
from .frames import IPV4, IPV6, ethernet, icmp, icmp6, lladdr, packed
from .attack_link import DEAD_MAC, ROUTER_ADVERTISEMENT
from .attack_tcp import OnFlow

UNREACHABLE, REDIRECT, TIME_EXCEEDED, PARAMETER_PROBLEM, SOURCE_QUENCH = 3, 5, 11, 12, 4
NEEDS_FRAGMENTATION = 4
UNREACHABLE6, TOO_BIG6, TIME_EXCEEDED6, PARAMETER_PROBLEM6, REDIRECT6 = 1, 2, 3, 4, 137


class Message(OnFlow):
    """An ICMP message in the name of `of`: the peer, or a stranger. It quotes the machine's last segment, or its last data."""

    def quoted(self):
        flow = self.lan.flow
        packet = self.chance.choice([flow.last, flow.last_data])
        return packet.ip[:packet.header + 20]

    def message(self, kind4, kind6, code, word, data=None):
        flow = self.lan.flow
        data = self.quoted() if data is None else data
        if len(flow.ours) == 4:
            source = self.chance.choice([flow.peer, packed("192.168.77.254"), self.bytes(4)])
            return [self.frame(icmp(source, flow.ours, kind4, code, word, data))]
        source = self.chance.choice([flow.peer, flow.peer[:8] + self.bytes(8)])
        return [self.frame(icmp6(source, flow.ours, kind6, code, word + data, hops=64))]


class TooBig(Message):
    """Fragmentation Needed, Packet Too Big: `mtus` are what the path is said to carry."""

    def __init__(self, lan, mtus=(0, 20, 60, 68, 296, 575, 1279), **options):
        super().__init__(lan, **options)
        self.mtus = mtus

    def shot(self):
        return self.message(UNREACHABLE, TOO_BIG6, NEEDS_FRAGMENTATION if len(self.lan.flow.ours) == 4 else 0,
                            struct.pack(">I", self.chance.choice(self.mtus)))


class Unreachables(Message):
    """Every kind of error there is, for a connection that is well (RFC 5927)."""

    def shot(self):
        kind4 = self.chance.choice([UNREACHABLE, UNREACHABLE, SOURCE_QUENCH, TIME_EXCEEDED, PARAMETER_PROBLEM])
        kind6 = self.chance.choice([UNREACHABLE6, TIME_EXCEEDED6, PARAMETER_PROBLEM6])
        data = self.quoted()
        return self.message(kind4, kind6, self.chance.randrange(16), bytes(4), data[:self.chance.randrange(len(data) + 1)])


class Redirects(Message):
    """Another router is better, which does not exist. For IPv6: in the name of the peer, of a true router, and of nobody."""

    def __init__(self, lan, **options):
        super().__init__(lan, **options)
        self.router = None

    def passes(self, packet):
        if packet.ok and packet.protocol == 58 and packet.payload[:1] == bytes([ROUTER_ADVERTISEMENT]):
            self.router = packet.source

    def shot(self):
        flow = self.lan.flow
        if len(flow.ours) == 4:
            return self.message(REDIRECT, 0, self.chance.randrange(4), packed("192.168.77.253"))

        nobody = packed("fe80::bad")
        source = self.chance.choice([self.router or nobody, nobody, packed("fe80::")[:8] + self.bytes(8)])
        target = self.chance.choice([nobody, flow.peer, packed("fe80::")[:8] + self.bytes(8)])
        body = bytes(4) + target + flow.peer + self.chance.choice([lladdr(2, DEAD_MAC), b""])
        return [self.frame(icmp6(source, flow.ours, REDIRECT6, 0, body))]


class NoWay(Attack):
    """Before there is a connection: the machine's first SYNs are answered with errors."""

    def hears(self, packet):
        if not packet.ok or packet.protocol != 6 or not packet.flags & 2:
            return
        if self.times and self.done >= self.times:
            return
        self.done += 1
        quoted = packet.ip[:packet.header + 8]
        said = icmp(packet.to, packet.source, UNREACHABLE, 1, bytes(4), quoted) if len(packet.to) == 4 else \
            icmp6(packet.to, packet.source, UNREACHABLE6, 0, bytes(4) + quoted, hops=64)
        self.lan.send(ethernet(packet.source_mac, packet.destination_mac, IPV4 if len(packet.to) == 4 else IPV6, said))


ATTACKS = {"too-big": TooBig, "unreachables": Unreachables, "redirects": Redirects, "no-way": NoWay}
