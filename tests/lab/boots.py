# SPDX-License-Identifier: BSD-2-Clause
"""What hello.asm and the loader print, as values."""
import os
import re
from dataclasses import dataclass

from . import disks
from .lab import ROOT

FAILURE = r"^S\d{3} "
ANSWER = r"^BOOT dl=(..) cs=(....) ip=(....) sssp=(....):(....) if=(.) int12=(....)$"
USABLE, RESERVED = 1, 2
BASE_MEMORY = 639 * 1024  # SeaBIOS leaves this much
PAGE = 4096
RESIDENT_LIMIT = 4096 + PAGE  # of the resident part, and of the page that the tables for the operating system add


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


def hello_disk(lab, size=16 * disks.MIB):
    return disks.sector_disk(lab.path("disk.img"), disks.assemble("hello", lab.folder), size)


def entered(machine, timeout=90, or_fail=FAILURE):
    """Waits until hello.asm has said its piece."""
    match = machine.expect(ANSWER, timeout, or_fail)
    machine.expect(r"^REST\n", 10)
    text = machine.text[match.start():machine.position]
    entries = [(int(base, 16), int(length, 16), int(kind, 16))
               for base, length, kind in re.findall(r"^E820 (\S+) (\S+) (\S+)$", text, re.MULTILINE)]
    number = [int(value, 16) for value in match.groups()]
    return Entered(number[0], number[1], number[2], number[3] * 16 + number[4], number[5] == 1, number[6] * 1024, entries)


def as_a_bios_would(boot):
    """The promises about a boot sector's first moment (0:7C00, DL, interrupts on, a stack below the INT 12h limit)."""
    assert boot.drive == 0x80
    assert boot.cs * 16 + boot.ip == 0x7C00
    assert boot.interrupts, "interrupts were off"
    assert boot.stack <= boot.base_memory, f"the stack is at {boot.stack:#x}, base memory ends at {boot.base_memory:#x}"
    low, = [entry for entry in boot.memory_map if entry[0] == 0]
    assert low[1] <= boot.base_memory and low[2] == USABLE, f"E820 says {low[1]:#x}, INT 12h {boot.base_memory:#x}"


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
    """The ROM's and the loader's own memory are given back; the resident part and its tables keep at most 8 KiB of base memory."""
    memory_map_is_sound(boot, installed)
    assert BASE_MEMORY - boot.base_memory <= RESIDENT_LIMIT, f"{BASE_MEMORY - boot.base_memory} bytes of base memory are kept"


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
