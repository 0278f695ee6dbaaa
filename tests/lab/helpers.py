# SPDX-License-Identifier: BSD-2-Clause
"""Small programs that run inside the lab's namespace: helpers.py NAME ARGUMENT..."""
import ctypes
import fcntl
import os
import select
import socket
import struct
import sys
import time

SO_ATTACH_FILTER = 26
BPF_RET_K = 0x06
TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
DOT1Q = b"\x81\x00"


def silent(port):
    """A TCP port whose SYNs vanish: a classic BPF program on the listening socket accepts nothing."""
    program = ctypes.create_string_buffer(struct.pack("HBBI", BPF_RET_K, 0, 0, 0))
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("0.0.0.0", int(port)))
    listener.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HL", 1, ctypes.addressof(program)))
    listener.listen(1)
    print("ready", flush=True)
    while True:
        time.sleep(3600)


def flood(interface, mac, frames, marker):
    """Ethernet frames full of `marker`: unicast to `mac`, broadcast and multicast in turn, at all legal sizes."""
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    wire.bind((interface, 0))
    targets = [bytes.fromhex(mac.replace(":", "")), b"\xff" * 6, bytes.fromhex("01005e000001"), bytes.fromhex("333300000001")]
    text = marker.encode()
    print("ready", flush=True)
    for number in range(int(frames)):
        size = 60 + number * 37 % 1455
        body = (text * (size // len(text) + 1))[:size - 14]
        wire.send(targets[number % len(targets)] + b"\x02\x00\x00\x00\x00\x01" + b"\x88\xb5" + body)
        if number % 64 == 63:
            time.sleep(0.002)


def open_tap(name):
    """The other end of a tap's cable, as a file descriptor."""
    cable = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(cable, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return cable


def vlan(interface, port, number):
    """
    What is sent on the tap `interface` goes to the tap `port` with a tag; what comes there in that VLAN goes back without one.
    """
    inside, outside = open_tap(interface), open_tap(port)
    tag = DOT1Q + struct.pack("!H", int(number))
    print("ready", flush=True)
    while True:
        for ready in select.select([inside, outside], [], [])[0]:
            frame = os.read(ready, 65536)
            if ready == inside:
                os.write(outside, frame[:12] + tag + frame[12:])
            elif frame[12:14] == DOT1Q and int.from_bytes(frame[14:16], "big") & 0xFFF == int(number):
                os.write(inside, frame[:12] + frame[16:])


def cable(one, other):
    """Two taps become two ends of one cable."""
    ends = [open_tap(one), open_tap(other)]
    print("ready", flush=True)
    while True:
        for ready in select.select(ends, [], [])[0]:
            os.write(ends[1 - ends.index(ready)], os.read(ready, 65536))


if __name__ == "__main__":
    {"silent": silent, "flood": flood, "vlan": vlan, "cable": cable}[sys.argv[1]](*sys.argv[2:])
