# SPDX-License-Identifier: BSD-2-Clause
"""
Every promise of BlockIo and BlockIo2, held by the conformance application from the LUN; what it wrote must stand in the LUN's
file.
"""
import ipaddress
import re
import struct

import pytest

from tests.efi import image
from tests.lab import exercised, ovmf
from tests.lab.network import SERVER, SERVER6
from tests.lab.qemu import MAC
from tests.lab.settings import STATIC, STATIC6, credentials
from tests.lab.target import MUTUAL, NAME, ONE_WAY, Istgt, Tgt

# UEFI 2.10, 10.3.4: device path nodes.
MESSAGING = 3
MAC_ADDRESS, IPV4, IPV6, ISCSI = 11, 12, 13, 19
ETHERNET = 1
CHAP_BOTH_WAYS, NO_CHAP, CHAP_ONE_WAY = 0, 0x0800, 0x1000  # 10.3.4.20; no digests
PORTAL_GROUP, TCP = 1, 6


def node(subtype, payload):
    return struct.pack("<BBH", MESSAGING, subtype, 4 + len(payload)) + payload


def messaging_path(target, address, options):
    """The nodes behind the card's own; the local end is open."""
    peer = ipaddress.ip_address(address).packed
    ends = bytes(len(peer)) + peer + struct.pack("<HHH", 0, target.port, TCP)
    ip, rest = (IPV4, bytes(9)) if len(peer) == 4 else (IPV6, bytes(18))
    iscsi = struct.pack("<HHHH4xH", 0, options, target.lun << 8, 0, PORTAL_GROUP) + NAME.encode() + b"\0"
    return (node(MAC_ADDRESS, bytes.fromhex(MAC.replace(":", "")).ljust(32, b"\0") + bytes([ETHERNET])) + node(ip, ends + rest) +
            node(ISCSI, iscsi))


def conformance(lab, target, settings, nic):
    """How many checks passed, and the serial line's text."""
    machine = ovmf.boot_from_stick(lab, f"{settings} root={target.root_path}", nic=nic, timeout=exercised.PATIENCE)
    return exercised.all_pass(machine), machine.text


CASES = {
    "tgt": (Tgt, 512, "e1000", None, SERVER, NO_CHAP),
    "tgt-4096-ipv6": (Tgt, 4096, "e1000e", ONE_WAY, SERVER6, CHAP_ONE_WAY),
    "istgt-mutual-no-read-ahead": (Istgt, 512, "e1000e", MUTUAL, SERVER, CHAP_BOTH_WAYS),
}


@pytest.mark.parametrize("case", CASES)
def test_every_promise(lab, case):
    kind, block_size, nic, chap, server, options = CASES[case]
    path = image.make_image(lab.path("disk.img"), strict=True, block=block_size)
    target = lab.target(path, kind, block_size=block_size, chap=chap, ipv6=server == SERVER6, parameters=",lbppbe=3,la_lba=7")
    address = f"ip=off {STATIC6}" if server == SERVER6 else STATIC
    read_ahead = "read-ahead=off" if case.endswith("no-read-ahead") else ""
    passed, text = conformance(lab, target, f"{address} {credentials(chap)} {read_ahead}", nic)

    assert passed >= 80
    assert image.verify_image(path, block_size) > 5000
    if kind == Tgt:
        assert "info: 8 blocks in a physical one, aligned at 7\n" in text
    shown = bytes.fromhex("".join(re.findall(r"^path ([0-9a-f]+)$", text, re.MULTILINE)))
    assert shown.endswith(messaging_path(target, server, options)), shown.hex()


def test_read_only(lab):
    """What cannot be written says so, and boots all the same."""
    path = image.make_image(lab.path("disk.img"), mode=image.READ_ONLY, writes=0, mixed=0)
    target = lab.target(path, parameters=",readonly=1")
    passed, _ = conformance(lab, target, STATIC, "e1000")
    assert passed >= 8
    assert image.verify_image(path) == 0
