# SPDX-License-Identifier: BSD-2-Clause
"""Network cards, memory sizes and block sizes; and what is left for the operating system."""
import pytest

from tests.lab import disks, process
from tests.lab.boots import PAGE, as_a_bios_would, entered, hello_disk, memory_map_is_sound, only_ours_is_kept
from tests.lab.lab import LKRN
from tests.lab.qemu import MAC
from tests.lab.target import Istgt, Tgt

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


@pytest.mark.parametrize("memory", [128, 256, 6144])
def test_memory_after_the_rom_is_gone(lab, memory):
    target = lab.target(hello_disk(lab))
    boot = entered(lab.boot_by_rom(target.root_path, memory=memory))
    as_a_bios_would(boot)
    only_ours_is_kept(boot, memory << 20)


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
    before = machine.memory(0, memory)
    flood = lab.network.helper("flood", "br0", MAC, 3000, MARKER)
    assert flood.wait(process.bound(60)) == 0
    machine.take_frames()
    after = machine.memory(0, memory)
    wrong = [page for page in range(0, memory, PAGE) if before[page:page + PAGE] != after[page:page + PAGE] and boot.usable(page)]
    assert not wrong, f"usable pages changed: {[hex(page) for page in wrong[:20]]}"
    landed = after.count(MARKER.encode())
    assert landed == 0, "the card received while nobody called"
