# SPDX-License-Identifier: BSD-2-Clause
"""
dhcp_asker.py TAP MAC [CODE=HEX]...

A DHCP client at the far end of a tap's cable: DISCOVER and REQUEST with these options; what the last answer says is printed as
JSON. It shares nothing with net/.
"""
import fcntl
import json
import os
import select
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5
COOKIE = bytes.fromhex("63825363")
PAD, END = 0, 255
HEADER = 236  # of a DHCP message, up to the cookie
SECONDS, AGAIN = 20, 2
XID = 0x73616E73


def open_tap(name):
    cable = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(cable, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return cable


def internet_sum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def frame(mac, options):
    """A broadcast with the options, as (code, bytes)."""
    message = struct.pack("!BBBBIHH16x16s", 1, 1, 6, 0, XID, 0, 0x8000, mac) + bytes(HEADER - 44) + COOKIE
    message += b"".join(bytes([code, len(value)]) + value for code, value in options) + bytes([END])
    message = message.ljust(300, b"\0")
    udp = struct.pack("!HHHH", 68, 67, 8 + len(message), 0) + message
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0, bytes(4), b"\xff" * 4)
    ip = ip[:10] + struct.pack("!H", internet_sum(ip)) + ip[12:]
    return b"\xff" * 6 + mac + b"\x08\x00" + ip + udp


def options_of(message):
    found, at = {}, HEADER + 4
    while at < len(message) and message[at] != END:
        if message[at] == PAD:
            at += 1
            continue
        code, length = message[at], message[at + 1]
        found[code] = found.get(code, b"") + message[at + 2:at + 2 + length]
        at += 2 + length
    return found


def answer_in(data):
    """The DHCP message to us in a frame, and its options, or None."""
    if data[12:14] != b"\x08\x00" or data[23] != 17:
        return None
    udp = 14 + (data[14] & 15) * 4
    message = data[udp + 8:]
    if data[udp + 2:udp + 4] != b"\x00\x44" or message[4:8] != struct.pack("!I", XID):
        return None
    return message, options_of(message)


def ask(cable, mac, options, kind):
    """Asks until an answer of that kind comes; a bridge's new port may be deaf at first."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            os.write(cable, frame(mac, options))
        except OSError:  # the tap is not up yet
            time.sleep(0.1)
            continue
        again = time.monotonic() + AGAIN
        while (left := again - time.monotonic()) > 0 and select.select([cable], [], [], left)[0]:
            found = answer_in(os.read(cable, 65536))
            if found and found[1].get(53) == bytes([kind]):
                return found
    raise SystemExit(f"no answer of kind {kind}")


def main(tap, mac, *words):
    mac = bytes.fromhex(mac.replace(":", ""))
    said = [(int(code), bytes.fromhex(value)) for code, value in (word.split("=") for word in words)]
    cable = open_tap(tap)

    offer, options = ask(cable, mac, [(53, bytes([DISCOVER])), *said], OFFER)
    chosen = [(50, offer[16:20]), (54, options[54])]
    message, options = ask(cable, mac, [(53, bytes([REQUEST])), *said, *chosen], ACK)
    print(json.dumps({
        "address": ".".join(map(str, message[16:20])),
        "server": ".".join(map(str, message[20:24])),
        "file": (options.get(67) or message[108:236]).split(b"\0")[0].decode(),
        "options": {code: value.hex() for code, value in options.items()}}))


if __name__ == "__main__":
    main(*sys.argv[1:])
