# SPDX-License-Identifier: BSD-2-Clause
"""Small programs that run inside the lab's namespace: helpers.py NAME ARGUMENT..."""
import ctypes
import socket
import struct
import sys
import time

SO_ATTACH_FILTER = 26
BPF_RET_K = 0x06


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


if __name__ == "__main__":
    {"silent": silent, "flood": flood}[sys.argv[1]](*sys.argv[2:])
