# SPDX-License-Identifier: BSD-2-Clause
"""vlan=: DHCP server and target are in an IEEE 802.1Q VLAN, and every frame that the loader sends is, too."""
import struct

import pytest

from tests.exerciser import image
from tests.lab import disks, efi_disk, ovmf
from tests.lab.boots import FAILURE, as_a_bios_would, entered, fails_with, hello_disk
from tests.lab.lab import LKRN, NBP
from tests.lab.network import read_pcap
from tests.lab.qemu import MAC
from tests.lab.target import NAME, Istgt, Tgt

VLAN, PRIORITY = 5, 3
DOT1Q, IPV4, ARP, IPV6 = 0x8100, 0x0800, 0x0806, 0x86DD
TAGGED_HEADER = 18
DEBUG_EXIT = ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]


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
    """Frames of all these types were sent, perhaps others, and all with our tag; returns the longest sent and received one's length."""
    sent, received = captured(lab)
    assert {tci for tci, _, _ in sent} == {priority << 13 | VLAN}
    assert {kind for _, kind, _ in sent} >= set(types)
    return max(length for _, _, length in sent), max(length for _, _, length in received)


def direct(lab, append, **options):
    """Straight into the loader, with a card without a ROM: whatever the card sends is the loader's."""
    return lab.machine(kernel=LKRN, rom="", append=append, **options)


@pytest.mark.parametrize("nic,kind", [("e1000", Tgt), ("e1000e", Istgt)])
def test_grub_hashes_64_mib(lab, nic, kind):
    """By DHCP in the VLAN; full segments come in."""
    disk, expected = disks.hashing_disk(64)
    vlan = lab.network.add_vlan(VLAN)
    target = lab.target(lab.copy_disk(disk), kind, segment=vlan)
    lab.dhcp(root_path=target.root_path, segment=vlan)
    lab.network.capture()
    machine = direct(lab, f"vlan={VLAN},{PRIORITY}", nic=nic)
    machine.expect(rf"MAC {MAC}, VLAN {VLAN}, priority {PRIORITY}$", 40, or_fail=FAILURE)
    machine.expect("GRUB-RUNS", 40, or_fail=FAILURE)
    assert machine.expect(r"([0-9a-f]{64})  /data.bin", 120).group(1) == expected
    assert all_tagged(lab, ARP, IPV4)[1] == 1500 + TAGGED_HEADER


JUMBO_SENT = 20 + 20 + 48 + 8192  # the headers, and what tgt takes in one PDU


@pytest.mark.parametrize("lab,nic,sent", [({"mtu": 1500}, "e1000", 1500), ({"mtu": 9000}, "e1000e", JUMBO_SENT)], indirect=["lab"])
def test_full_frames_both_ways(lab, nic, sent):
    """The exerciser writes, and reads what it wrote: the tag comes on top of the MTU."""
    image.build()
    path = lab.path("disk.img")
    image.make_image(path, size=64 << 20)
    vlan = lab.network.add_vlan(VLAN)
    target = lab.target(path, segment=vlan)
    lab.dhcp(root_path=target.root_path, segment=vlan)
    lab.network.capture()
    machine = direct(lab, f"vlan={VLAN},{PRIORITY} mtu={lab.mtu}", nic=nic, extra=DEBUG_EXIT, timeout=300)
    machine.expect(r"exerciser: \d+ passed, \d+ failed", 240, or_fail=FAILURE)
    machine.wait_end(20)
    assert image.check_transcript(machine.text)[1] == []
    assert image.verify_image(path) > 900
    assert all_tagged(lab, ARP, IPV4) == (sent + TAGGED_HEADER, lab.mtu + TAGGED_HEADER)


def test_ipv6(lab):
    """An address by router advertisement, and no IPv4 at all."""
    vlan = lab.network.add_vlan(VLAN)
    target = lab.target(hello_disk(lab), segment=vlan, ipv6=True)
    lab.dhcp(segment=vlan)
    lab.network.capture()
    machine = direct(lab, f"vlan={VLAN} ip6=auto root={target.root_path}")
    as_a_bios_would(entered(machine))
    assert f"Address   {vlan.prefix6}" in machine.text
    all_tagged(lab, IPV6, priority=0)


def test_uefi(lab):
    disk, expected = efi_disk.hashing_disk()
    vlan = lab.network.add_vlan(VLAN)
    target = lab.target(lab.copy_disk(disk), segment=vlan)
    lab.dhcp(root_path=target.root_path, segment=vlan)
    lab.network.capture()
    machine = ovmf.boot_from_stick(lab, f"vlan={VLAN},{PRIORITY}")
    machine.expect("GRUB-RUNS", 90, or_fail=FAILURE)
    assert machine.expect(r"([0-9a-f]{64})  /data.bin", 120).group(1) == expected
    all_tagged(lab, ARP, IPV4)


def test_the_roms_lease_is_of_another_network(lab):
    """The ROM boots untagged, and its DHCPACK holds a root path: neither its address nor its root path counts in the VLAN."""
    vlan = lab.network.add_vlan(VLAN)
    target = lab.target(hello_disk(lab), segment=vlan)
    untagged = lab.dhcp(boot_file="boot.ipxe")
    untagged.publish(NBP)
    untagged.publish_text("boot.ipxe", f"#!ipxe\nset net0/root-path iscsi:192.0.2.1::::{NAME}\nchain sanstrap.pxe vlan={VLAN}\n")
    tagged = lab.dhcp(root_path=target.root_path, segment=vlan)
    machine = lab.machine()
    as_a_bios_would(entered(machine))
    assert f"Address   {vlan.prefix}." in machine.text
    assert f"DHCPACK({vlan.interface}) {vlan.prefix}." in tagged.read_log()


@pytest.mark.parametrize("append,tci", [("", None), (f"vlan={VLAN + 1}", VLAN + 1)], ids=["untagged", "another VLAN"])
def test_nobody_answers_outside_the_vlan(lab, append, tci):
    lab.dhcp(segment=lab.network.add_vlan(VLAN))
    lab.network.capture()
    fails_with(direct(lab, f"{append} dhcp-timeout=6"), "E_DHCP_TIMEOUT")
    sent, _ = captured(lab)
    assert {tag for tag, _, _ in sent} == {tci}


def test_nobody_answers_untagged(lab):
    """The server is outside, and would answer an untagged machine."""
    server = lab.dhcp()
    fails_with(direct(lab, f"vlan={VLAN} dhcp-timeout=6"), "E_DHCP_TIMEOUT")
    assert "DHCPDISCOVER" not in server.read_log()
