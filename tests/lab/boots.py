# SPDX-License-Identifier: BSD-2-Clause
"""What is booted in most tests, hello.asm and GRUB; and what it and the loader print, as values."""
import os
import re
from dataclasses import dataclass

from . import disks, process
from .lab import ROOT
from .network import BRIDGE
from .qemu import MAC
from .target import Tgt

FAILURE = r"^S\d{3} "
ANSWER = r"^BOOT dl=(..) cs=(....) ip=(....) sssp=(....):(....) if=(.) int12=(....)$"
USABLE, RESERVED = 1, 2
BASE_MEMORY = 639 * 1024  # SeaBIOS leaves this much
PAGE = 4096
RESIDENT_LIMIT = 4096 + PAGE  # of the resident part, and of the page that the tables for the operating system add
FLOOD_FRAMES, FLOOD_MARKER = 3000, "sanstrap-flood-marker/"


@dataclass
class Entered:
    """How a boot sector was entered, and the memory map that it then saw: (base, length, type)."""
    drive: int
    cs: int
    ip: int
    stack: int  # linear
    interrupts: bool
    base_memory: int  # bytes, by INT 12h
    memory_map: list

    def usable(self, address):
        return any(base <= address < base + length and kind == USABLE for base, length, kind in self.memory_map)


def hidden(boot, installed):
    """How much of the installed memory the map withholds."""
    return installed - sum(length for _, length, kind in boot.memory_map if kind == USABLE)


# ---- hello.asm ----

def hello_disk(lab, size=16 * disks.MIB):
    return disks.sector_disk(lab.path("disk.img"), disks.assemble("hello"), size)


def hello_target(lab, kind=Tgt, **options):
    return lab.target(hello_disk(lab), kind, **options)


def entered(machine, timeout=90, or_fail=FAILURE):
    """Waits until hello.asm has told how it was entered."""
    match = machine.expect(ANSWER, timeout, or_fail)
    machine.expect(r"^REST\n", 10)
    text = machine.text[match.start():machine.position]
    entries = [(int(base, 16), int(length, 16), int(kind, 16))
               for base, length, kind in re.findall(r"^E820 (\S+) (\S+) (\S+)$", text, re.MULTILINE)]
    drive, cs, ip, ss, sp, interrupts, base_kib = [int(value, 16) for value in match.groups()]
    return Entered(drive, cs, ip, ss * 16 + sp, interrupts == 1, base_kib * 1024, entries)


def as_a_bios_would(boot):
    """The promises about a boot sector's first moment (0:7C00, DL, interrupts on, a stack below the INT 12h limit)."""
    assert boot.drive == 0x80
    assert boot.cs * 16 + boot.ip == 0x7C00
    assert boot.interrupts, "interrupts were off"
    assert boot.stack <= boot.base_memory, f"the stack is at {boot.stack:#x}, base memory ends at {boot.base_memory:#x}"
    low, = [entry for entry in boot.memory_map if entry[0] == 0]
    assert low[1] <= boot.base_memory and low[2] == USABLE, f"E820 says {low[1]:#x}, INT 12h {boot.base_memory:#x}"


def enters_boot_sector(machine, timeout=90, or_fail=FAILURE):
    """As a BIOS would."""
    boot = entered(machine, timeout, or_fail)
    as_a_bios_would(boot)
    return boot


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


def only_ours_is_kept(boot, installed):
    """The ROM's and the loader's own memory is given back; the resident part and its tables keep 8 KiB of base memory at most."""
    memory_map_is_sound(boot, installed)
    kept = BASE_MEMORY - boot.base_memory
    assert kept <= RESIDENT_LIMIT, f"{kept} bytes of base memory are kept"


# ---- GRUB ----

def hashing_target(lab, hashing_disk, kind=Tgt, **options):
    """A target of a copy of the disk, which is disks' or efi_disk's hashing_disk(); returns it and the sum."""
    image, expected = hashing_disk
    return lab.target(lab.copy_disk(image), kind, **options), expected


def prints_sum(machine, expected, timeout=120, behind="  /data.bin"):
    """GRUB has read all of a file, and its sum is right. `behind` is what stands behind the sum."""
    assert machine.expect(rf"([0-9a-f]{{64}}){behind}", timeout).group(1) == expected


def grub_hashes(machine, expected, timeout=90):
    """GRUB, loaded from the LUN, reads a large file from it, and its sum is right."""
    machine.expect("GRUB-RUNS", timeout, or_fail=FAILURE)
    prints_sum(machine, expected)


# ---- traffic ----

def flood(lab, machine):
    """Frames full of FLOOD_MARKER come in on the wire; returns when the machine's card was offered them all."""
    child = lab.network.helper("flood", BRIDGE, MAC, FLOOD_FRAMES, FLOOD_MARKER)
    assert child.wait(process.bound(60)) == 0
    machine.take_frames()


# ---- failures ----

def code(name):
    """The S-number of a status, from the table that is the contract."""
    with open(os.path.join(ROOT, "platform", "status.def"), encoding="utf-8") as file:
        return int(re.search(rf"^STATUS\({name}, (\d+),", file.read(), re.MULTILINE).group(1))


def tells(machine, name, timeout):
    """The failure is on serial, with what, why and what to do, and it is this one."""
    match = machine.expect(r"^S(\d{3}) .+$", timeout)
    assert int(match.group(1)) == code(name), f"expected {name} (S{code(name)}):\n{machine.text[match.start():]}"
    machine.expect(r"^Why: .+", 10)
    machine.expect(r"^Do:  .+", 10)
    return machine.text[match.start():]


def fails_with(machine, name, timeout=60):
    """It is on the screen, too."""
    shown = tells(machine, name, timeout)
    machine.expect_screen(rf"^S{code(name)} .+", 10)
    return shown
