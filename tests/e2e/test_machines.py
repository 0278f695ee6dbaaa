# SPDX-License-Identifier: BSD-2-Clause
"""Network cards, memory sizes and block sizes; and what is left for the operating system."""
import pytest

from tests.lab import disks
from tests.lab.boots import BASE_MEMORY, RESERVED, USABLE, as_a_bios_would, entered, hello_disk, hidden
from tests.lab.lab import LKRN
from tests.lab.qemu import MAC
from tests.lab.target import Istgt, Tgt

PAGE = 4096
RESIDENT_LIMIT = 4096 + PAGE  # of the resident part, and of the page that the tables for the operating system add
MARKER = "sanstrap-flood-marker/"


@pytest.mark.parametrize("nic", ["e1000", "e1000-82544gc", "e1000-82545em", "e1000e"])
def test_card(lab, nic):
    target = lab.target(hello_disk(lab))
    if nic in ("e1000", "e1000e"):
        machine = lab.boot_by_rom(target.root_path, nic=nic, rom=f"/usr/lib/ipxe/qemu/pxe-{nic}.rom")
    else:  # QEMU has no PXE ROM for these
        lab.dhcp(root_path=target.root_path)
        machine = lab.machine(nic=nic, rom="", kernel=LKRN)
    as_a_bios_would(entered(machine))


@pytest.mark.parametrize("memory", [128, 512, 2048, 3072, 4096, 6144])
def test_memory_size(lab, memory):
    target = lab.target(hello_disk(lab))
    lab.dhcp(root_path=target.root_path)
    boot = entered(lab.machine(memory=memory, kernel=LKRN, rom=""))
    as_a_bios_would(boot)
    memory_map_is_sound(boot, memory << 20)


def memory_map_is_sound(boot, installed):
    """Entries do not overlap, what is hidden is hidden as whole pages, and little is hidden."""
    entries = sorted(boot.memory_map)
    for (base, length, _), (following, _, _) in zip(entries, entries[1:]):
        assert base + length <= following, f"{base:#x}+{length:#x} overlaps {following:#x}"
    for base, length, kind in entries:
        if kind == USABLE and base >= 1 << 20:
            assert base % PAGE == 0 and length % PAGE == 0, f"{base:#x}+{length:#x} is not whole pages"
    withheld = hidden(boot, installed)
    assert withheld <= (4 << 20) + (1 << 20), f"{withheld >> 10} KiB of {installed >> 20} MiB are hidden"
    assert BASE_MEMORY - boot.base_memory <= RESIDENT_LIMIT + PAGE, f"base memory ends at {boot.base_memory:#x}"
    assert any(kind == RESERVED for _, _, kind in entries)


@pytest.mark.parametrize("memory", [128, 256, 6144])
def test_memory_after_the_rom_is_gone(lab, memory):
    """The ROM's and the loader's own memory are given back; the resident part and its tables keep at most 8 KiB of base memory."""
    target = lab.target(hello_disk(lab))
    boot = entered(lab.boot_by_rom(target.root_path, memory=memory))
    as_a_bios_would(boot)
    memory_map_is_sound(boot, memory << 20)
    assert BASE_MEMORY - boot.base_memory <= RESIDENT_LIMIT, f"{BASE_MEMORY - boot.base_memory} bytes of base memory are kept"


@pytest.mark.parametrize("kind", [Tgt, Istgt])
@pytest.mark.parametrize("block_size", [512, 4096])
def test_grub_hashes_64_mib(lab, loader, kind, block_size):
    """A real boot loader reads a large file through INT 13h and its sum is right; 4096-byte blocks look like 512-byte ones."""
    image, expected = disks.hashing_disk(64)
    target = lab.target(lab.copy_disk(image), kind, block_size=block_size)
    machine = lab.boot_by_rom(target.root_path, loader)
    machine.expect("GRUB-RUNS", 40)
    assert machine.expect(r"([0-9a-f]{64})  /data.bin", 120).group(1) == expected


@pytest.mark.parametrize("nic", ["e1000", "e1000e"])
def test_nothing_is_written_to_memory_behind_the_systems_back(lab, nic):
    """
    While a boot sector rests with interrupts off, traffic on the wire changes no byte of RAM outside reserved memory; the card is
    quiet between calls, so that no frame lands in reserved memory either.
    """
    memory = 64 << 20
    target = lab.target(hello_disk(lab))
    machine = lab.boot_by_rom(target.root_path, memory=memory >> 20, nic=nic, rom=f"/usr/lib/ipxe/qemu/pxe-{nic}.rom")
    boot = entered(machine)
    machine.qmp("stop")
    before = machine.memory(0, memory)
    machine.qmp("cont")
    flood = lab.network.helper("flood", "br0", MAC, 3000, MARKER)
    assert flood.wait(60) == 0
    machine.qmp("stop")
    after = machine.memory(0, memory)
    wrong = [page for page in range(0, memory, PAGE) if before[page:page + PAGE] != after[page:page + PAGE] and boot.usable(page)]
    assert not wrong, f"usable pages changed: {[hex(page) for page in wrong[:20]]}"
    landed = after.count(MARKER.encode())
    assert landed == 0, "the card received while nobody called"
