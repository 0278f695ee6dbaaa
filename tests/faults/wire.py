#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
A cable that does what cables, switches and routers do: wire.py INSIDE OUTSIDE JSON. Frames that the machine sends on the tap
INSIDE go on to the tap OUTSIDE, which hangs on the bridge, and back, unless the wire's settings say otherwise:

    loss, double, reorder, corrupt, fragment   the share of the frames (0 to 1) that are lost, come twice, are overtaken by the
                                               next one, have a bit flipped with the checksums mended, or are cut into IP
                                               fragments
    delay                                      seconds each way
    rate                                       bytes a second towards the machine
    cuts                                       [[from, to], …]: seconds since the start in which nothing passes
    cut_after, cut_for                         so many frames after the start nothing passes for so many seconds, once
    seed                                       of all chances

It prints "ready", and what it did as JSON when it is ended by SIGTERM.
"""
import fcntl
import heapq
import itertools
import json
import os
import random
import select
import signal
import socket
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
ETHERNET, IPV4 = 14, b"\x08\x00"
TCP = 6
LOGIN = 0x03  # the opcodes of requests and responses, 03h and 23h, but for their higher bits: no digest protects them
FRAGMENT = 512  # bytes of payload, a multiple of 8


def internet_sum(data):
    if len(data) % 2:
        data = bytes(data) + b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def tcp_at(frame):
    """Where the TCP header of an IPv4 frame begins; None of others and of fragments."""
    if frame[12:14] != IPV4 or len(frame) < ETHERNET + 20 or frame[ETHERNET + 9] != TCP:
        return None
    if int.from_bytes(frame[ETHERNET + 6:ETHERNET + 8], "big") & 0x3FFF:
        return None
    return ETHERNET + (frame[ETHERNET] & 15) * 4


def flip(frame, chance):
    """Another bit in TCP's payload, and a checksum that agrees; frames without payload, and logins, stay as they are."""
    at = tcp_at(frame)
    if at is None:
        return frame
    end = ETHERNET + int.from_bytes(frame[ETHERNET + 2:ETHERNET + 4], "big")
    data = at + (frame[at + 12] >> 4) * 4
    if data >= end or frame[data] & 0x1F == LOGIN:
        return frame

    changed = bytearray(frame)
    changed[chance.randrange(data, end)] ^= 1 << chance.randrange(8)
    changed[at + 16:at + 18] = b"\0\0"
    pseudo = bytes(changed[ETHERNET + 12:ETHERNET + 20]) + struct.pack(">HH", TCP, end - at)
    changed[at + 16:at + 18] = (0xFFFF - internet_sum(pseudo + bytes(changed[at:end])) or 0xFFFF).to_bytes(2, "big")
    return bytes(changed)


def fragments(frame):
    """The frame's IPv4 packet in pieces, as a router with a smaller MTU sends them on."""
    if frame[12:14] != IPV4 or int.from_bytes(frame[ETHERNET + 6:ETHERNET + 8], "big") & 0x3FFF:
        return [frame]
    header_end = ETHERNET + (frame[ETHERNET] & 15) * 4
    payload = frame[header_end:ETHERNET + int.from_bytes(frame[ETHERNET + 2:ETHERNET + 4], "big")]
    if len(payload) <= FRAGMENT:
        return [frame]

    pieces = []
    for at in range(0, len(payload), FRAGMENT):
        piece = payload[at:at + FRAGMENT]
        header = bytearray(frame[ETHERNET:header_end])
        header[2:4] = (len(header) + len(piece)).to_bytes(2, "big")
        header[6:8] = (at // 8 | (0x2000 if at + FRAGMENT < len(payload) else 0)).to_bytes(2, "big")
        header[10:12] = b"\0\0"
        header[10:12] = (0xFFFF - internet_sum(header)).to_bytes(2, "big")
        pieces.append(frame[:ETHERNET] + bytes(header) + piece)
    return pieces


class Wire:
    def __init__(self, inside, outside, settings):
        self.settings = settings
        self.chance = random.Random(settings.get("seed", 1))
        self.began = time.monotonic()
        self.waiting = []  # (when, order, to, frame)
        self.order = itertools.count()
        self.counts = {name: 0 for name in ("frames", "lost", "doubled", "reordered", "corrupted", "fragmented", "cut")}
        self.free_at = 0.0

        self.inside = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.inside.bind((inside, 0))
        self.outside = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(self.outside, TUNSETIFF, struct.pack("16sH22x", outside.encode(), IFF_TAP | IFF_NO_PI))

    def does(self, name):
        return self.chance.random() < self.settings.get(name, 0)

    def cut(self):
        now = time.monotonic() - self.began
        if self.counts["frames"] == self.settings.get("cut_after"):
            self.settings.setdefault("cuts", []).append([now, now + self.settings["cut_for"]])
        return any(begin <= now < end for begin, end in self.settings.get("cuts", ()))

    def carry(self, frame, to_machine):
        """Decides what becomes of a frame, and when."""
        self.counts["frames"] += 1
        if self.cut():
            self.counts["cut"] += 1
            return
        if self.does("loss"):
            self.counts["lost"] += 1
            return

        if self.does("corrupt"):
            changed = flip(frame, self.chance)
            self.counts["corrupted"] += changed != frame
            frame = changed
        frames = [frame]
        if to_machine and self.does("fragment"):
            frames = fragments(frame)
            self.counts["fragmented"] += len(frames) > 1
        if self.does("double"):
            self.counts["doubled"] += 1
            frames = frames * 2

        when = time.monotonic() + self.settings.get("delay", 0)
        if self.does("reorder"):
            self.counts["reordered"] += 1
            when += 0.003
        for one in frames:
            if to_machine and self.settings.get("rate"):
                self.free_at = max(self.free_at, time.monotonic()) + len(one) / self.settings["rate"]
                when = max(when, self.free_at)
            heapq.heappush(self.waiting, (when, next(self.order), to_machine, one))

    def deliver(self):
        while self.waiting and self.waiting[0][0] <= time.monotonic():
            _, _, to_machine, frame = heapq.heappop(self.waiting)
            try:
                if to_machine:
                    self.inside.send(frame)
                else:
                    os.write(self.outside, frame)
            except OSError:
                self.counts["lost"] += 1  # the machine is gone, or its queue is full

    def run(self):
        while True:
            wait = max(0.0, self.waiting[0][0] - time.monotonic()) if self.waiting else None
            for ready in select.select([self.inside, self.outside], [], [], wait)[0]:
                if ready is self.inside:
                    frame, place = self.inside.recvfrom(65536)
                    if place[2] != socket.PACKET_OUTGOING:
                        self.carry(frame, to_machine=False)
                else:
                    self.carry(os.read(self.outside, 65536), to_machine=True)
            self.deliver()


def main():
    wire = Wire(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))

    def end(*_):
        print(json.dumps(wire.counts), flush=True)
        os._exit(0)

    signal.signal(signal.SIGTERM, end)
    print("ready", flush=True)
    wire.run()


if __name__ == "__main__":
    main()
