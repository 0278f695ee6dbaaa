# SPDX-License-Identifier: BSD-2-Clause
"""Frames of Ethernet, IPv4, IPv6, TCP, UDP, ICMP and ARP, from their fields. Addresses are bytes; so is every result."""
import ipaddress
import struct

from .wire import ETHERNET, internet_sum

BROADCAST = b"\xff" * 6
IPV4, ARP, IPV6 = 0x0800, 0x0806, 0x86DD
ICMP, TCP, UDP, ICMP6 = 1, 6, 17, 58
FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
MORE = 0x2000  # of an IPv4 fragment's place
ALL_NODES = ipaddress.ip_address("ff02::1").packed


def packed(text):
    return ipaddress.ip_address(text).packed


def checksum(*parts):
    return 0xFFFF - internet_sum(b"".join(parts))


def ethernet(to, source, kind, payload):
    return to + source + struct.pack(">H", kind) + payload


def multicast_mac(address):
    """RFC 2464 7."""
    return b"\x33\x33" + address[12:]


def ipv4(source, to, protocol, payload, number=0, place=0, hops=64):
    def header(total):
        return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), number, place, hops, protocol, total, source, to)
    return header(checksum(header(0))) + payload


def ipv6(source, to, protocol, payload, hops=64):
    return struct.pack(">IHBB16s16s", 6 << 28, len(payload), protocol, hops, source, to) + payload


def ip(source, to, protocol, payload, **options):
    return (ipv4 if len(source) == 4 else ipv6)(source, to, protocol, payload, **options)


def pseudo(source, to, protocol, length):
    return source + to + (struct.pack(">HH", protocol, length) if len(source) == 4 else struct.pack(">II", length, protocol))


def with_sum(source, to, protocol, segment, at):
    """The segment with its checksum, which lies `at` bytes from its beginning."""
    value = checksum(pseudo(source, to, protocol, len(segment)), segment) or 0xFFFF
    return segment[:at] + struct.pack(">H", value) + segment[at + 2:]


def tcp(source, to, ports, sequence, acknowledged, flags, window=65535, data=b"", options=b""):
    """The IP packet of a segment; `ports`: (from, to)."""
    header = struct.pack(">HHIIBBHHH", *ports, sequence & 0xFFFFFFFF, acknowledged & 0xFFFFFFFF, (20 + len(options)) * 4, flags,
                         window, 0, 0)
    return ip(source, to, TCP, with_sum(source, to, TCP, header + options + data, 16))


def udp(source, to, ports, data):
    return ip(source, to, UDP, with_sum(source, to, UDP, struct.pack(">HHHH", *ports, 8 + len(data), 0) + data, 6))


def icmp(source, to, kind, code, word, data=b""):
    """`word`: what stands between checksum and data."""
    message = struct.pack(">BBH4s", kind, code, 0, word) + data
    return ipv4(source, to, ICMP, message[:2] + struct.pack(">H", checksum(message)) + message[4:])


def icmp6(source, to, kind, code, body, hops=255):
    message = with_sum(source, to, ICMP6, struct.pack(">BBH", kind, code, 0) + body, 2)
    return ipv6(source, to, ICMP6, message, hops=hops)


def arp(operation, sender_mac, sender, target_mac, target):
    """1 asks, 2 answers."""
    return struct.pack(">HHBBH6s4s6s4s", 1, IPV4, 6, 4, operation, sender_mac, sender, target_mac, target)


def lladdr(kind, mac):
    """An option of neighbour discovery: 1 the sender's MAC address, 2 the target's."""
    return bytes([kind, 1]) + mac


def is_group(address):
    return address[0] == 0xFF if len(address) == 16 else address[0] & 0xF0 == 0xE0 or address == b"\xff" * 4


class Packet:
    """An IP packet of a frame, or none: `.ok` is False then. Extension headers and fragments are not looked into."""

    def __init__(self, frame):
        kind = int.from_bytes(frame[12:14], "big")
        self.frame, self.ip = frame, frame[ETHERNET:]
        self.destination_mac, self.source_mac = frame[:6], frame[6:12]
        self.ok = (kind == IPV4 and len(self.ip) >= 20) or (kind == IPV6 and len(self.ip) >= 40)
        if not self.ok:
            return
        if kind == IPV4:
            self.header = (self.ip[0] & 15) * 4
            self.end = int.from_bytes(self.ip[2:4], "big")
            self.protocol, self.source, self.to = self.ip[9], self.ip[12:16], self.ip[16:20]
        else:
            self.header = 40
            self.end = 40 + int.from_bytes(self.ip[4:6], "big")
            self.protocol, self.source, self.to = self.ip[6], self.ip[8:24], self.ip[24:40]
        self.payload = self.ip[self.header:self.end]
        if self.protocol == TCP and len(self.payload) >= 20:
            (self.from_port, self.to_port, self.sequence, self.acknowledged, offset, self.flags,
             self.window) = struct.unpack_from(">HHIIBBH", self.payload)
            self.data = self.payload[(offset >> 4) * 4:]
        elif self.protocol == UDP and len(self.payload) >= 8:
            self.from_port, self.to_port = struct.unpack_from(">HH", self.payload)
            self.data = self.payload[8:]
        elif self.protocol in (TCP, UDP):
            self.ok = False
