# SPDX-License-Identifier: BSD-2-Clause
"""Forged segments of the machine's connection, and fragments that nobody sent."""
import struct

from .attack_base import Attack
from .frames import ACK, FIN, IPV4, IPV6, MORE, PSH, RST, SYN, TCP, UDP, URG, ethernet, ipv4, ipv6, tcp, with_sum

FRAGMENT_HEADER = 44


class OnFlow(Attack):
    """What needs a connection of the machine's."""

    def ready(self):
        return self.lan.flow and self.lan.flow.established

    def frame(self, packet):
        flow = self.lan.flow
        return ethernet(self.lan.mac, flow.peer_mac, IPV4 if len(flow.ours) == 4 else IPV6, packet)

    def segment(self, sequence, acknowledged, flags, **more):
        flow = self.lan.flow
        return self.frame(tcp(flow.peer, flow.ours, flow.from_peer, sequence, acknowledged, flags, **more))


class Reset(OnFlow):
    """
    Resets in the peer's name: "outside" the window, in the "window" but not at the next byte, at the "next" byte. All that is
    sent on such a connection has a multiple of four bytes: what is odd names no byte that comes next.
    """

    def __init__(self, lan, where="window", **options):
        super().__init__(lan, **options)
        self.where = where

    def shot(self):
        flow, chance = self.lan.flow, self.chance
        if self.where == "next":
            ahead = 0
        elif self.where == "window":
            ahead = chance.randrange(1, max(flow.window, 5), 4)
        else:
            ahead = chance.choice([-1, 1]) * chance.randrange(flow.window + 0x100000, 0x7FFFFFFF)
        return [self.segment(flow.expects + ahead, flow.sent, chance.choice([RST, RST | ACK]))]


class Segments(OnFlow):
    """SYNs within the connection, acknowledgements of what was never sent, data far outside the window, flags that contradict."""

    def __init__(self, lan, kinds=range(8), **options):
        super().__init__(lan, **options)
        self.kinds = kinds

    def shot(self):
        flow, chance = self.lan.flow, self.chance
        far = chance.randrange(1 << 27, 1 << 30)  # farther than any window
        sequence, acknowledged, flags, more = [
            (flow.expects + chance.randrange(60000), flow.sent, SYN, {}),
            (flow.expects + chance.randrange(60000), flow.sent, SYN | ACK, {}),
            (flow.expects, flow.sent, SYN | FIN | PSH | URG, {}),
            (flow.expects, flow.sent + far, ACK | PSH, {"data": self.bytes(64)}),
            (flow.expects, flow.sent - far, ACK | PSH, {"data": self.bytes(64)}),
            (flow.expects + flow.window + far, flow.sent, ACK, {"data": self.bytes(600)}),
            (flow.expects - far, flow.sent, ACK, {"data": self.bytes(600)}),
            (flow.expects, flow.sent, ACK, {"options": b"\x02\x04\x00\x01\x05\xff\x00\x00"}),
        ][chance.choice(self.kinds)]
        return [self.segment(sequence, acknowledged, flags, **more)]


class Fragments(Attack):
    """
    Fragments to the machine, in its peer's name and in those of strangers: the beginnings and ends of datagrams whose rest never
    comes, ones that overlap, reach beyond 64 KiB, or are empty.
    """

    per_second = 200

    def ready(self):
        return self.lan.mac and self.lan.address

    def shot(self):
        ours = self.chance.choice(list(self.lan.address.values()))
        peer = self.lan.flow.peer if self.lan.flow and len(self.lan.flow.peer) == len(ours) else None
        source = self.chance.choice([peer, ours[:-1] + self.bytes(1)]) or ours[:-1] + b"\xfe"
        number, protocol = self.chance.randrange(1 << 16), self.chance.choice([TCP, TCP, UDP, 1])
        places = self.chance.choice([
            [(0, 512, True)], [(512, 512, True)], [(1024, 100, False)],                                 # the rest never comes
            [(0, 512, True), (256, 512, True), (512, 256, False)], [(0, 512, True), (504, 16, False)],  # overlapping
            [(0, 512, True), (0, 512, True), (512, 8, False), (512, 16, False)],                        # of two minds
            [(65528, 512, False)], [(0, 0, True)], [(8, 0, False)], [(0, 7, True)],                     # impossible
            [(at, 8, True) for at in range(0, 160, 8)]])                                                # very many
        make = self.piece4 if len(ours) == 4 else self.piece6
        return [ethernet(self.lan.mac, self.some_mac(), IPV4 if len(ours) == 4 else IPV6,
                         make(source, ours, protocol, number, *place)) for place in places]

    def piece4(self, source, ours, protocol, number, at, length, more):
        return ipv4(source, ours, protocol, self.bytes(length), number=number, place=at // 8 & 0x1FFF | (MORE if more else 0))

    def piece6(self, source, ours, protocol, number, at, length, more):
        header = struct.pack(">BBHI", protocol, 0, at & 0xFFF8 | more, number)
        return ipv6(source, ours, FRAGMENT_HEADER, header + self.bytes(length))


class OddFragments(OnFlow):
    """A right segment of the peer's that asks for nothing, in two fragments with another piece laid over their border."""

    def shot(self):
        flow = self.lan.flow
        if len(flow.ours) != 4:
            return []
        header = struct.pack(">HHIIBBHHH", *flow.from_peer, flow.expects, flow.sent, 0x50, ACK, 60000, 0, 0)
        body = with_sum(flow.peer, flow.ours, TCP, header + self.bytes(400), 16)
        number = self.chance.randrange(1 << 16)
        return [self.frame(ipv4(flow.peer, flow.ours, TCP, piece, number=number, place=place)) for piece, place in
                [(body[:200], MORE), (self.bytes(64), MORE | 22), (body[200:], 25)]]


ATTACKS = {"reset": Reset, "segments": Segments, "fragments": Fragments, "odd-fragments": OddFragments}
