#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Somebody on the machine's network who means it ill, or is merely broken: attack.py INTERFACE JSON. It hears what passes on the
bridge INTERFACE and sends what it likes, in anybody's name:

    attacks   [[name, options], …]: those of ATTACKS, with the options of their classes
    seed      of all chances

It prints "ready", and how often each attack did what it does, as JSON, when it is ended by SIGTERM.
"""
import heapq
import itertools
import json
import os
import random
import select
import signal
import socket
import sys
import time

if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from tests.faults import attack_dhcp, attack_icmp, attack_link, attack_tcp  # noqa: E402  the path above comes first
from tests.faults.frames import ACK, SYN, TCP, Packet  # noqa: E402

ATTACKS = {**attack_link.ATTACKS, **attack_tcp.ATTACKS, **attack_icmp.ATTACKS, **attack_dhcp.ATTACKS}
EVERY = 0.01   # seconds between two looks at the clock
WINDOW_SCALE = 3  # a TCP option


def window_scale(packet):
    options = packet.payload[20:len(packet.payload) - len(packet.data)]
    while options and options[0] != 0:
        length = 1 if options[0] == 1 else options[1]
        if options[0] == WINDOW_SCALE:
            return options[2]
        options = options[length:]
    return 0


class Flow:
    """The machine's newest TCP connection, as its own segments tell it."""

    def __init__(self, packet):
        self.ours, self.peer = packet.source, packet.to
        self.our_port, self.peer_port = packet.from_port, packet.to_port
        self.peer_mac = packet.destination_mac
        self.scale = window_scale(packet)
        self.established = False
        self.last = packet  # the machine's last segment, …
        self.last_data = packet  # … and the last with data
        self.expects = self.window = 0

    def update(self, packet):
        self.last = packet
        if packet.data:
            self.last_data = packet
        if packet.flags & ACK:
            self.established = True
            self.expects = packet.acknowledged
            self.window = packet.window << self.scale

    @property
    def from_peer(self):
        return self.peer_port, self.our_port

    @property
    def sent(self):
        """The number behind the last byte that the machine has sent."""
        return self.last.sequence + len(self.last.data)


class Lan:
    """What the attacks know and have in common."""

    def __init__(self, interface, seed):
        self.chance = random.Random(seed)
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.bind((interface, 0))
        self.own_mac = self.socket.getsockname()[4]  # the bridge's, which is the servers'
        self.mac = None    # the machine's
        self.address = {}  # 4 and 16, the length of an address: the machine's
        self.flow = None
        self.waiting = []  # (when, order, frame)
        self.order = itertools.count()

    def learn(self, frame):
        """A frame of the machine's; returns its packet."""
        packet = Packet(frame)
        self.mac = packet.source_mac
        if not packet.ok:
            return packet
        if any(packet.source) and packet.source[:2] != b"\xfe\x80":
            self.address[len(packet.source)] = packet.source
        if packet.protocol == TCP:
            if packet.flags & SYN:
                self.flow = Flow(packet)
            elif self.flow and packet.from_port == self.flow.our_port:
                self.flow.update(packet)
        return packet

    def send(self, frame):
        try:
            self.socket.send(frame)
        except OSError:
            pass  # a queue is full; it is larger than the network's MTU

    def later(self, seconds, frame):
        heapq.heappush(self.waiting, (time.monotonic() + seconds, next(self.order), frame))

    def run(self, attacks):
        last = time.monotonic()
        while True:
            for _ in select.select([self.socket], [], [], EVERY)[0]:
                frame, place = self.socket.recvfrom(65536)
                ours = place[2] == socket.PACKET_OUTGOING
                packet = Packet(frame) if ours else self.learn(frame)
                for attack in attacks:
                    (attack.passes if ours else attack.hears)(packet)
            now = time.monotonic()
            while self.waiting and self.waiting[0][0] <= now:
                self.send(heapq.heappop(self.waiting)[2])
            if now - last >= EVERY:
                for attack in attacks:
                    attack.turn(now - last)
                last = now


def main():
    settings = json.loads(sys.argv[2])
    lan = Lan(sys.argv[1], settings.get("seed", 1))
    attacks = [ATTACKS[name](lan, **options) for name, options in settings["attacks"]]

    def end(*_):
        print(json.dumps([[name, attack.done] for (name, _), attack in zip(settings["attacks"], attacks)]), flush=True)
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    print("ready", flush=True)
    lan.run(attacks)


if __name__ == "__main__":
    main()
