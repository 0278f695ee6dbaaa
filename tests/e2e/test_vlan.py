# SPDX-License-Identifier: BSD-2-Clause
"""vlan=: DHCP server and target are in an IEEE 802.1Q VLAN, and every frame that the loader sends is, too."""
import struct

import pytest

from tests.exerciser import image
from tests.lab import disks, efi_disk, exercised, ovmf
from tests.lab.boots import FAILURE, enters_boot_sector, fails_with, grub_hashes, hashing_target, hello_target
from tests.lab.lab import NBP
from tests.lab.network import read_pcap
from tests.lab.qemu import MAC
from tests.lab.target import NAME, Istgt, Tgt

VLAN, PRIORITY = 5, 3
DOT1Q, IPV4, ARP, IPV6 = 0x8100, 0x0800, 0x0806, 0x86DD
TAGGED_HEADER = 18


@pytest.fixture
def vlan(lab):
    return lab.network.add_vlan(VLAN)


def captured(lab):
    """What was on the wire to and from the machine: two lists of (TCI or None, type behind the tag, length)."""
    lab.network.stop_capture()
    machine = bytes.fromhex(MAC.replace(":", ""))
    sent, received = [], []
    for _, frame in read_pcap(lab.path("wire.pcap")):
        outer, tci, inner = struct.unpack_from("!HHH", frame, 12)
        seen = (tci, inner, len(frame)) if outer == DOT1Q else (None, outer, len(frame))
        if frame[6:12] == machine:
            sent.append(seen)
        elif frame[:6] == machine:
            received.append(seen)
    return sent, received


def all_tagged(lab, *types, priority=PRIORITY):
    """
    Frames of all these types were sent, perhaps others, and all with our tag; returns the longest sent and received one's length.
    """
    sent, received = captured(lab)
    assert {tci for tci, _, _ in sent} == {priority << 13 | VLAN}
    assert {kind for _, kind, _ in sent} >= set(types)
    return max(length for _, _, length in sent), max(length for _, _, length in received)


@pytest.mark.parametrize("nic,kind", [("e1000", Tgt), ("e1000e", Istgt)])
def test_grub_hashes_64_mib(lab, vlan, nic, kind):
    """By DHCP in the VLAN; full segments come in."""
    target, expected = hashing_target(lab, disks.hashing_disk(64), kind, segment=vlan)
    lab.dhcp(root_path=target.root_path, segment=vlan)
    lab.network.capture()

    machine = lab.boot_directly(f"vlan={VLAN},{PRIORITY}", nic=nic)
    machine.expect(rf"MAC {MAC}, VLAN {VLAN}, priority {PRIORITY}$", 40, or_fail=FAILURE)
    grub_hashes(machine, expected, 40)
    assert all_tagged(lab, ARP, IPV4)[1] == 1500 + TAGGED_HEADER


JUMBO_SENT = 20 + 20 + 48 + 8192  # the headers, and what tgt takes in one PDU


FULL_FRAMES = [({"mtu": 1500}, "e1000", 1500), ({"mtu": 9000}, "e1000e", JUMBO_SENT)]


@pytest.mark.parametrize("lab,nic,sent", FULL_FRAMES, indirect=["lab"])
def test_full_frames_both_ways(lab, vlan, nic, sent):
    """The exerciser writes, and reads what it wrote: the tag comes on top of the MTU."""
    disk = exercised.disk(lab)
    target = lab.target(disk, segment=vlan)
    lab.dhcp(root_path=target.root_path, segment=vlan)
    lab.network.capture()

    words = f"vlan={VLAN},{PRIORITY} mtu={lab.mtu}"
    exercised.all_pass(lab.boot_directly(words, nic=nic, extra=exercised.DEBUG_EXIT, timeout=300))
    assert image.verify_image(disk) > 900
    assert all_tagged(lab, ARP, IPV4) == (sent + TAGGED_HEADER, lab.mtu + TAGGED_HEADER)


def test_ipv6(lab, vlan):
    """An address by router advertisement, and no IPv4 at all."""
    target = hello_target(lab, segment=vlan, ipv6=True)
    lab.dhcp(segment=vlan)
    lab.network.capture()

    machine = lab.boot_directly(f"vlan={VLAN} ip6=auto root={target.root_path}")
    enters_boot_sector(machine)
    assert f"Address   {vlan.prefix6}" in machine.text
    all_tagged(lab, IPV6, priority=0)


def test_uefi(lab, vlan):
    target, expected = hashing_target(lab, efi_disk.hashing_disk(), segment=vlan)
    lab.dhcp(root_path=target.root_path, segment=vlan)
    lab.network.capture()

    grub_hashes(ovmf.boot_from_stick(lab, f"vlan={VLAN},{PRIORITY}"), expected)
    all_tagged(lab, ARP, IPV4)


def test_the_roms_lease_is_of_another_network(lab, vlan):
    """The ROM boots untagged, and its DHCPACK holds a root path: neither its address nor its root path counts in the VLAN."""
    target = hello_target(lab, segment=vlan)
    lab.ipxe(f"set net0/root-path iscsi:192.0.2.1::::{NAME}\nchain sanstrap.pxe vlan={VLAN}\n", NBP)
    tagged = lab.dhcp(root_path=target.root_path, segment=vlan)

    machine = lab.machine()
    enters_boot_sector(machine)
    assert f"Address   {vlan.prefix}." in machine.text
    assert f"DHCPACK({vlan.interface}) {vlan.prefix}." in tagged.read_log()


@pytest.mark.parametrize("append,tci", [("", None), (f"vlan={VLAN + 1}", VLAN + 1)], ids=["untagged", "another VLAN"])
def test_nobody_answers_outside_the_vlan(lab, vlan, append, tci):
    lab.dhcp(segment=vlan)
    lab.network.capture()
    fails_with(lab.boot_directly(f"{append} dhcp-timeout=6"), "E_DHCP_TIMEOUT")
    sent, _ = captured(lab)
    assert {tag for tag, _, _ in sent} == {tci}


def test_nobody_answers_untagged(lab):
    """The server is outside, and would answer an untagged machine."""
    server = lab.dhcp()
    fails_with(lab.boot_directly(f"vlan={VLAN} dhcp-timeout=6"), "E_DHCP_TIMEOUT")
    assert "DHCPDISCOVER" not in server.read_log()
