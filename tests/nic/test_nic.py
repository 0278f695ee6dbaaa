# SPDX-License-Identifier: BSD-2-Clause
"""The e1000 driver on a bare machine (image.c) against QEMU's cards; this process is the other end of the cable."""
import os
import socket
import struct
import subprocess
import time

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
IMAGE = os.path.join(ROOT, "build/tests/nic.elf")
GUEST = bytes.fromhex("525400e10001")
PEER = bytes.fromhex("020000000001")
GROUP = bytes.fromhex("3333ff123456")
OTHER_GROUP = bytes.fromhex("01005e7f0001")
TAG = bytes.fromhex("81006005")  # 802.1Q: VLAN 5, priority 3
SECONDS = 60  # at most, for anything
ECHO, COUNT, REPORT, CHECKSUMS, SEND_OFFLOADED, MULTICAST, PAUSE, CLOSE = range(8)
MODELS = {"e1000": "82540EM", "e1000-82544gc": "82544GC", "e1000-82545em": "82545EM", "e1000e": "82574L"}


def internet_sum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def ipv4(protocol, field, payload, *, filled, tag=b""):
    """
    An Ethernet frame, perhaps with an 802.1Q tag, with TCP (6) or UDP (17); its checksums right when filled, else what the card
    is to start from.
    """
    if protocol == 6:
        l4 = bytearray(struct.pack("!HHIIBBHHH", 4000, 3260, 1, 2, 5 << 4, 0x18, 8192, 0, 0) + payload)
    else:
        l4 = bytearray(struct.pack("!HHHH", 4000, 53, 8 + len(payload), 0) + payload)
    header = bytearray(struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(l4), 7, 0, 64, protocol, 0,
                                   bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2])))
    pseudo = bytes(header[12:20]) + struct.pack("!BBH", 0, protocol, len(l4))
    if filled:
        header[10:12] = struct.pack("!H", internet_sum(bytes(header)) ^ 0xFFFF)
        l4[field:field + 2] = struct.pack("!H", internet_sum(pseudo + bytes(l4)) ^ 0xFFFF)
    else:
        l4[field:field + 2] = struct.pack("!H", internet_sum(pseudo))
    return bytearray(GUEST + PEER + tag + b"\x08\x00" + bytes(header) + bytes(l4))


class Card:
    """A machine with one card, and the cable to it."""

    def __init__(self, folder, device, jumbo):
        self.here, self.there, log = (os.path.join(folder, name) for name in ("peer", "qemu", "serial"))
        self.cable = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.cable.bind(self.here)
        self.cable.settimeout(SECONDS)
        for size in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            self.cable.setsockopt(socket.SOL_SOCKET, size, 1 << 20)
        self.log = log
        self.looks = 0
        mac = ":".join(f"{byte:02x}" for byte in GUEST)
        words = [
            "qemu-system-i386", "-M", "pc", "-accel", "tcg", "-m", "64", "-nodefaults", "-display", "none", "-no-reboot",
            "-kernel", IMAGE, "-append", "J" if jumbo else "-", "-serial", "stdio",
            "-device", "isa-debug-exit,iobase=0x501,iosize=4",
            "-netdev", f"dgram,id=n,local.type=unix,local.path={self.there},remote.type=unix,remote.path={self.here}",
            "-device", f"{device},netdev=n,mac={mac},romfile="]
        with open(log, "wb") as serial:
            self.qemu = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=serial)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.qemu.kill()
        self.qemu.wait()
        self.cable.close()

    def serial(self):
        with open(self.log, encoding="ascii") as file:
            return file.read()

    def wait_line(self, begins, number=1):
        """Waits for the `number`th line on the serial port that begins so; returns its other words."""
        deadline = time.monotonic() + SECONDS
        while True:
            lines = [line.split() for line in self.serial().split("\n")[:-1] if line.startswith(begins)]
            if len(lines) >= number:
                return lines[number - 1][1:]
            assert self.qemu.poll() is None and time.monotonic() < deadline, self.serial()
            time.sleep(0.01)

    def put(self, frame):
        self.cable.sendto(bytes(frame), self.there)

    def order(self, command, body=b"", to=GUEST):
        self.put((to + PEER + b"\x88\xb5" + bytes([command]) + body).ljust(60, b"\0"))

    def take(self, command):
        frame = self.cable.recv(65536)
        assert frame[:14] == PEER + GUEST + b"\x88\xb5" and frame[14] == command, frame[:20].hex()
        return frame[15:]

    def silent(self):
        """Whether the next frame that is answered is another one: frames are obeyed in their order."""
        self.order(REPORT)
        return self.cable.recv(65536)[14] == REPORT

    def send_in_quiet(self, body):
        """Frames while the driver looks whether the card writes to memory: it waits for the byte behind them."""
        self.looks += 1
        self.wait_line("send", self.looks)
        for _ in range(5):
            self.order(COUNT, body)
        self.qemu.stdin.write(b".")
        self.qemu.stdin.flush()

    def report(self):
        self.order(REPORT)
        return dict(zip(("counted", "frames", "missed", "errors", "resets"), struct.unpack("<5I", self.take(REPORT)[:20])))


def echo_lengths(card, lengths):
    lengths = list(lengths)
    for at in range(0, len(lengths), 8):
        bodies = [bytes((length + i * 7) & 0xFF for i in range(length - 15)) for length in lengths[at:at + 8]]
        for body in bodies:
            card.order(ECHO, body)
        for body in bodies:
            assert card.take(ECHO) == body, f"frame of {len(body) + 15} bytes"


def check_receive_checksums(card, verifies, tag):
    ip = 14 + len(tag)
    for protocol, field in ((6, 16), (17, 6)):
        for damage, expected in ((None, 3), (ip + 10, 2), (ip + 20 + field, 1)):
            frame = ipv4(protocol, field, b"payload of odd length", filled=True, tag=tag)
            if damage is not None:
                frame[damage] ^= 0x55
            card.put(frame)
            flags = card.take(CHECKSUMS)[0]
            assert flags == (expected if verifies else 0), (protocol, damage, flags)


def check_transmit_checksums(card, tag):
    ip = 14 + len(tag)
    for protocol, field, size in ((6, 16, 0), (6, 16, 1), (17, 6, 100), (6, 16, 1400), (17, 6, 3), (6, 16, 1401)):
        payload = bytes(range(256)) * 6
        wanted = ipv4(protocol, field, payload[:size], filled=True, tag=tag)
        raw = ipv4(protocol, field, payload[:size], filled=False, tag=tag)
        card.order(SEND_OFFLOADED, bytes([3, ip, ip + 20, ip + 20 + field]) + bytes(raw))
        assert card.cable.recv(65536)[:len(wanted)] == bytes(wanted), (protocol, size)


def check_multicast(card):
    card.order(ECHO, b"x" * 45, to=GROUP)
    assert card.silent(), "a group that nobody joined was received"
    card.order(MULTICAST, bytes([1]) + GROUP)
    assert card.take(MULTICAST)[0] == 0
    card.order(ECHO, b"y" * 45, to=GROUP)
    assert card.take(ECHO) == b"y" * 45
    card.order(ECHO, b"z" * 45, to=OTHER_GROUP)
    assert card.silent(), "another group was received"
    card.order(ECHO, b"b" * 45, to=b"\xff" * 6)
    assert card.take(ECHO) == b"b" * 45, "broadcast"
    card.order(ECHO, b"u" * 45, to=bytes.fromhex("525400e10002"))
    assert card.silent(), "another machine's frame was received"


def check_burst(card):
    before = card.report()
    for _ in range(10000):
        card.order(COUNT, b"f" * 200)
    after = card.report()
    assert after["counted"] - before["counted"] + after["missed"] == 10000, after
    assert after["resets"] == 0 and after["errors"] == 0, after


def check_pause(card, stops):
    """What comes meanwhile is there afterwards, where a card cannot be stopped for so short a time."""
    before = card.report()["counted"]
    card.order(PAUSE)
    card.send_in_quiet(b"p" * 500)
    assert card.take(PAUSE)[0] == stops, "whether the card wrote to memory while paused"
    assert stops or card.report()["counted"] - before == 5
    card.order(ECHO, b"r" * 45)
    assert card.take(ECHO) == b"r" * 45, "after resuming"


@pytest.mark.parametrize("mtu", (1500, 9000))
@pytest.mark.parametrize("device", MODELS)
def test_card(tmp_path, device, mtu):
    assert os.path.exists(IMAGE), "make build/tests/nic.elf"
    with Card(tmp_path, device, mtu == 9000) as card:
        model, mac, megabits, duplex = card.wait_line("ready")
        assert (model, bytes.fromhex(mac.replace(":", "")), megabits, duplex) == (MODELS[device], GUEST, "1000", "full")
        if mtu == 1500:
            echo_lengths(card, range(60, 1519))  # 1518: a full frame with a tag
        else:
            echo_lengths(card, [60, 1514, 1515, 1518, 2044, 2048, 4095, 4096, 4097, 8191, 8192, 8193, 9013, 9014, 9018])
        for tag in (b"", TAG):
            # QEMU's other cards verify nothing and say so with IXSM.
            check_receive_checksums(card, device == "e1000e", tag)
            check_transmit_checksums(card, tag)
        check_multicast(card)
        check_burst(card)
        for _ in range(3):
            check_pause(card, device == "e1000e")
        card.order(CLOSE)
        card.send_in_quiet(b"c" * 500)
        assert card.qemu.wait(SECONDS) == 1, card.serial()
        assert "closed and quiet" in card.serial()
