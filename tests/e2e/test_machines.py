# SPDX-License-Identifier: BSD-2-Clause
"""Network cards, memory sizes and block sizes; and what is left for the operating system."""
import pytest

from tests.lab import disks
from tests.lab.boots import (FLOOD_MARKER, PAGE, entered, enters_boot_sector, fails_with, flood, grub_hashes, hashing_target,
                             hello_target, memory_map_is_sound, only_ours_is_kept)
from tests.lab.qemu import MAC
from tests.lab.settings import UNTIL_KEY
from tests.lab.target import Istgt, Tgt


def rom_of(nic):
    return f"/usr/lib/ipxe/qemu/pxe-{nic}.rom"


@pytest.mark.parametrize("nic", ["e1000", "e1000-82544gc", "e1000-82545em", "e1000e"])
def test_card(lab, nic):
    target = hello_target(lab)
    if nic in ("e1000", "e1000e"):
        machine = lab.boot_by_rom(target.root_path, nic=nic, rom=rom_of(nic))
    else:  # QEMU has no PXE ROM for these
        lab.dhcp(root_path=target.root_path)
        machine = lab.boot_directly(nic=nic)
    enters_boot_sector(machine)


def test_ninth_card(lab):
    """Every card is opened in its turn, as its MAC address is only known then, and closed again."""
    target = hello_target(lab)
    lab.dhcp(root_path=target.root_path)
    others = [word for slot in range(0x10, 0x18) for word in ("-device", f"e1000,addr={slot:#x},romfile=")]
    enters_boot_sector(lab.boot_directly(f"nic={MAC}", nic="e1000,addr=0x18", extra=others))


def test_bridges_that_nobody_opened(lab):
    """SeaBIOS opens them: it is undone while the loader waits for a key after a failure. Nothing reaches the card then."""
    target = hello_target(lab)
    lab.dhcp(root_path=target.root_path)
    bridges = ["-device", "pci-bridge,id=first,addr=0x10,chassis_nr=1",
               "-device", "pci-bridge,id=second,bus=first,addr=2,chassis_nr=2"]
    words = f"link-timeout=4 {UNTIL_KEY}"
    machine = lab.boot_directly(words, nic="e1000,bus=second,addr=3", bridges=bridges, extra=["-S"])
    machine.set_link(False)
    machine.qmp("cont")
    fails_with(machine, "E_LINK_DOWN")

    places = [(0, 0x10), (1, 2)]
    for place in places:
        assert machine.pci_command(*place, 0) == 0
    machine.set_link(True)
    machine.key("r")
    enters_boot_sector(machine)
    for place in places:
        assert machine.pci_command(*place) & 7 == 7


@pytest.mark.parametrize("memory", [128, 512, 2048, 3072, 4096, 6144])
def test_memory_size(lab, memory):
    target = hello_target(lab)
    lab.dhcp(root_path=target.root_path)
    boot = enters_boot_sector(lab.boot_directly(memory=memory))
    memory_map_is_sound(boot, memory << 20)


@pytest.mark.parametrize("memory", [128, 256, 6144])
def test_memory_after_the_rom_is_gone(lab, memory):
    target = hello_target(lab)
    boot = enters_boot_sector(lab.boot_by_rom(target.root_path, memory=memory))
    only_ours_is_kept(boot, memory << 20)


@pytest.mark.parametrize("kind", [Tgt, Istgt])
@pytest.mark.parametrize("block_size", [512, 4096])
def test_grub_hashes_64_mib(lab, loader, kind, block_size):
    """A real boot loader reads a large file through INT 13h and its sum is right; 4096-byte blocks look like 512-byte ones."""
    target, expected = hashing_target(lab, disks.hashing_disk(64), kind, block_size=block_size)
    grub_hashes(lab.boot_by_rom(target.root_path, loader), expected, 40)


@pytest.mark.parametrize("nic,settings", [("e1000", "read-ahead=off"), ("e1000e", "read-ahead=off"), ("e1000e", "")])
def test_nothing_is_written_to_memory_behind_the_systems_back(lab, nic, settings):
    """
    While a boot sector rests with interrupts off, traffic on the wire changes no byte of RAM outside reserved memory; an e1000e
    is quiet when nothing is read ahead, so that no frame lands in reserved memory either.
    """
    memory = 64 << 20
    target = hello_target(lab)
    lab.dhcp(root_path=target.root_path)
    machine = lab.boot_directly(settings, memory=memory >> 20, nic=nic)
    boot = entered(machine)

    before = machine.memory(0, memory)
    flood(lab, machine)
    after = machine.memory(0, memory)

    wrong = [page for page in range(0, memory, PAGE) if before[page:page + PAGE] != after[page:page + PAGE] and boot.usable(page)]
    assert not wrong, f"usable pages changed: {[hex(page) for page in wrong[:20]]}"
    assert nic == "e1000" or after.count(FLOOD_MARKER.encode()) == 0, "the card received while nobody called"
