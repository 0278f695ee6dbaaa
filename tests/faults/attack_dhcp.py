# SPDX-License-Identifier: BSD-2-Clause
"""DHCP servers: one that is right, and others that are not. What an answer has wrong is an edit of EDITS."""
import dataclasses
import socket
import struct

from .attack_base import Attack
from .frames import BROADCAST, IPV4, UDP, ethernet, packed, udp

DISCOVER, OFFER, REQUEST, ACK, NAK = 1, 2, 3, 5, 6
COOKIE = b"\x63\x82\x53\x63"
MASK, ROUTER, DNS, MTU, ROOT_PATH, LEASE, TYPE, SERVER, RENEWAL, REBINDING = 1, 3, 6, 26, 17, 51, 53, 54, 58, 59
REQUESTED, IPXE = 50, 175


def read_options(message):
    options, at = {}, 240
    while at + 1 < len(message) and message[at] != 255:
        if message[at] == 0:
            at += 1
            continue
        options[message[at]] = message[at + 2:at + 2 + message[at + 1]]
        at += 2 + message[at + 1]
    return options


@dataclasses.dataclass
class Answer:
    """A message of a server's, field by field."""
    xid: bytes
    mac: bytes
    address: bytes
    options: dict
    op: int = 2
    hardware: int = 1
    hardware_length: int = 6
    cookie: bytes = COOKIE
    tail: bytes = b"\xff"
    cut: int = 0  # to so many bytes

    def encode(self):
        fixed = struct.pack(">BBBB4sHH4s4s4s4s16s192s", self.op, self.hardware, self.hardware_length, 0, self.xid, 0, 0, bytes(4),
                            self.address, bytes(4), bytes(4), self.mac, b"")
        options = b"".join(bytes([code, len(value)]) + value for code, value in self.options.items())
        message = fixed + self.cookie + options + self.tail
        return message[:self.cut] if self.cut else message.ljust(300, b"\0")


def option(code, value):
    return lambda answer: {"options": {**answer.options, code: value}}


def without(code):
    return lambda answer: {"options": {key: value for key, value in answer.options.items() if key != code}}


def fields(**values):
    return lambda _: values


ODD = {  # only the option is to be left out
    "DNS of 3 bytes": option(DNS, b"\xc0\xa8\x4d"),
    "MTU of 1 byte": option(MTU, b"\x05"),
    "MTU of 60": option(MTU, b"\0\x3c"),
    "a mask with holes": option(MASK, b"\xff\0\xff\0"),
    "a mask of 3 bytes": option(MASK, b"\xff\xff\xff"),
    "a router elsewhere": option(ROUTER, packed("10.1.2.3")),
    "a router that is us": lambda answer: {"options": {**answer.options, ROUTER: answer.address}},
    "a route with 77 bits": option(121, bytes([77]) + bytes(13)),
    "a search list that loops": option(119, b"\x03abc\xc0\x00"),
    "an encapsulated option that runs over": option(IPXE, b"\xbd\x40\x80"),
    "a lease of nothing": option(LEASE, bytes(4)),
    "times in the wrong order": lambda answer: {"options": {**answer.options, RENEWAL: b"\xff\xff\xff\xfe",
                                                            REBINDING: struct.pack(">I", 5)}},
    "a field that is overloaded by nothing": option(52, b"\x03"),
    "control characters": option(12, b"\x1b[2J\0\xff"),
    "an option that runs over the end": fields(tail=b"\x2b\xff\x01"),
    "no end": fields(tail=b""),
}
UNREADABLE = {  # the answer cannot be used
    "short": fields(cut=100),
    "a byte": fields(cut=1),
    "no cookie": fields(cookie=bytes(4)),
    "a request": fields(op=1),
    "another transaction": lambda answer: {"xid": bytes(255 - byte for byte in answer.xid)},
    "another machine": fields(mac=b"\x02\0\0\0\0\x01" + bytes(10)),
    "token ring": fields(hardware=6),
    "an address of 255 bytes": fields(hardware_length=255),
    "no type": without(TYPE),
    "a type of 2 bytes": option(TYPE, b"\x02\x02"),
    "an unknown type": option(TYPE, b"\x63"),
    "all options run over": lambda answer: {"options": {}, "tail": b"\x35\xff\x02"},
}
NONSENSE = {  # offers of what is no address of a host
    "0.0.0.0": fields(address=bytes(4)),
    "127.0.0.1": fields(address=b"\x7f\0\0\1"),
    "224.0.0.1": fields(address=b"\xe0\0\0\1"),
    "255.255.255.255": fields(address=b"\xff" * 4),
    "the network": lambda answer: {"address": answer.address[:3] + b"\0"},
    "the broadcast": lambda answer: {"address": answer.address[:3] + b"\xff"},
    "nobody's": without(SERVER),
}
EDITS = {**ODD, **UNREADABLE, **NONSENSE}


class Server(Attack):
    """
    Leases `address`. `root`: the root path; `edits`: what its answers have wrong, one answer for each, or `each` of them in one,
    and with `both` the right one behind; `refuses`: NAK for every request ("own": to whomever, in its own name; "all": in the
    name of whoever was asked; "renewals"); `wait`: seconds before it offers; `lease`: in seconds; `mac`: not the bridge's.
    """

    def __init__(self, lan, server="192.168.77.1", address="192.168.77.100", root="", edits=(), each=False, both=False,
                 refuses="", lease=3600, mac="", wait=0, **options):
        super().__init__(lan, **options)
        self.server, self.address, self.root, self.lease = packed(server), packed(address), root, lease
        self.edits = [EDITS[name] for name in edits]
        self.each, self.refuses, self.offer_wait, self.both = each, refuses, wait, both
        self.mac = bytes.fromhex(mac.replace(":", "")) or lan.own_mac
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        if not mac:
            self.socket.bind(("0.0.0.0", 67))  # else the kernel tells the machine that nobody is there

    def hears(self, packet):
        if not packet.ok or packet.protocol != UDP or packet.to_port != 67 or len(packet.data) < 240:
            return
        asked = read_options(packet.data)
        kind = asked.get(TYPE, b"\0")[0]
        if kind == DISCOVER and self.refuses != "own":
            self.answer(packet, OFFER, self.offer_wait)
        elif kind == REQUEST:
            self.requested(packet, asked)

    def requested(self, packet, asked):
        renewal = SERVER not in asked
        of_us = renewal or asked[SERVER] == self.server
        if self.refuses == "all" or (self.refuses == "own" and not renewal) or (self.refuses == "renewals" and renewal):
            self.answer(packet, NAK, 0, asked.get(SERVER) if self.refuses == "all" else None)
        elif of_us and self.refuses != "own":
            self.answer(packet, ACK, 0)

    def answer(self, packet, kind, wait, server=None):
        options = {TYPE: bytes([kind]), SERVER: server or self.server}
        if kind != NAK:
            options |= {LEASE: struct.pack(">I", self.lease), MASK: b"\xff\xff\xff\0"}
            if self.root:
                options[ROOT_PATH] = self.root.encode()
        right = Answer(packet.data[4:8], packet.data[28:44], bytes(4) if kind == NAK else self.address, options)
        for answer in self.changed(right, kind):
            frame = ethernet(BROADCAST, self.mac, IPV4, udp(self.server, b"\xff" * 4, (67, 68), answer.encode()))
            if wait:
                self.lan.later(wait, frame)
            else:
                self.lan.send(frame)
        self.done += 1

    def changed(self, right, kind):
        if kind == NAK or not self.edits:
            return [right]
        if self.each:
            answer = right
            for edit in self.edits:
                answer = dataclasses.replace(answer, **edit(answer))
            return [answer]
        wrong = [dataclasses.replace(right, **edit(right)) for edit in self.edits]
        return [*wrong, right] if self.both else wrong


class Flood(Attack):
    """Offers, acknowledgements and refusals that nobody asked for, by the hundred."""

    per_second = 200

    def shot(self):
        server = b"\xc0\xa8\x4d" + bytes([self.chance.randrange(2, 255)])
        options = {TYPE: bytes([self.chance.choice([OFFER, ACK, NAK])]), SERVER: server, LEASE: self.bytes(4),
                   MASK: b"\xff\xff\0\0"}
        mac = self.chance.choice([self.lan.mac, self.some_mac()])
        message = Answer(self.bytes(4), mac, self.bytes(4), options).encode()
        return [ethernet(BROADCAST, self.some_mac(), IPV4, udp(server, b"\xff" * 4, (67, 68), message))]


ATTACKS = {"dhcp": Server, "dhcp-flood": Flood}
