# SPDX-License-Identifier: BSD-2-Clause
"""
The card's ROM is iPXE and had the root path, too: it hooks the LUN itself before it starts us. Its disk is withdrawn, its session
ended, and nothing of the ROM is left for others to find.
"""
import re

import pytest

from tests.lab import boots, disks, exercised, process
from tests.lab.boots import FAILURE
from tests.lab.lab import LKRN, NBP

IPXE = "/usr/lib/ipxe"
INTERRUPTS, CARRY = 0x200, 1
WITHDRAWN, STEPPED_OVER = "has withdrawn its own disk", "INT 13h goes round it"


def remains_target(lab):
    return lab.target(disks.sector_disk(lab.path("disk.img"), disks.assemble("remains")))


def remains(machine, or_fail=FAILURE):
    """What remains.asm tells: lists of numbers, by name."""
    start = machine.expect(r"^INT1A", 90, or_fail).start()
    machine.expect(r"^REST\n", 20)  # a dead disk takes minutes
    text = machine.text[:machine.position]
    found = {}
    for name, values in re.findall(r"^(PXE|PXENV|IBFT|INT1A|DISKS|80H|81H) ([0-9a-f ]+)$", text, re.MULTILINE):
        found.setdefault(name, []).append([int(value, 16) for value in values.split()])
    assert start
    return found


def nothing_remains(found, tables=1):
    """No structure of the ROM's, no table but ours, nobody at INT 1Ah, one disk, and interrupts as the caller had them."""
    assert "PXE" not in found and "PXENV" not in found, found
    assert len(found.get("IBFT", [])) == tables
    assert found["INT1A"] != [[0x564E]]
    assert found["DISKS"] == [[1]]
    assert [bool(flags & INTERRUPTS) for _, flags in found["80H"]] == [True, False]
    assert [bool(flags & INTERRUPTS) for _, flags in found["81H"][:2]] == [True, False]
    assert all(flags & CARRY for _, flags in found["81H"]), found


# ---- the ways to us ----

def by_the_boot_file(lab, target):
    lab.dhcp(boot_file="sanstrap.pxe", root_path=target.root_path, root_path_for_all=True).publish(NBP)


def by_undionly(lab, target):
    """Both have hooked it: iPXE from the server, and the ROM below."""
    script = "iseq ${net0/chip} 82540em && chain undionly.kpxe ||\nchain sanstrap.pxe\n"
    lab.ipxe(script, NBP, f"{IPXE}/undionly.kpxe", root_path=target.root_path, root_path_for_all=True)


def by_a_script_with_another_disk(lab, target):
    """There are two disks to withdraw, numbers between them that have none, and two sessions to end."""
    script = f"sanhook --drive 0x83 {target.root_path}\nchain sanstrap.pxe\n"
    lab.ipxe(script, NBP, root_path=target.root_path, root_path_for_all=True)


def by_pxelinux(lab, target):
    """It unloads the ROM before a kernel, as far as that lets itself be unloaded."""
    lab.pxelinux("LINUX sanstrap.lkrn\n", root_path=target.root_path, root_path_for_all=True)


def by_pxelinux_with_keeppxe(lab, target):
    lab.pxelinux("LINUX sanstrap.lkrn\nAPPEND keeppxe\n", root_path=target.root_path, root_path_for_all=True)


def by_grub(lab, target):
    """It stops the card, and leaves the ROM in memory."""
    server = lab.dhcp(boot_file="grub.0", root_path=target.root_path, root_path_for_all=True)
    server.publish(disks.grub_nbp(lab.path("grub.0"), "linux16 (pxe)/sanstrap.lkrn\nboot\n"))
    server.publish(LKRN)


def by_ipxe_as_a_kernel(lab, target):
    """It has ended by then, its hooks in place."""
    lab.ipxe("chain sanstrap.lkrn\n", LKRN, root_path=target.root_path, root_path_for_all=True)


WAYS = {by_the_boot_file: WITHDRAWN, by_undionly: WITHDRAWN,
        by_a_script_with_another_disk: WITHDRAWN, by_pxelinux: STEPPED_OVER, by_pxelinux_with_keeppxe: WITHDRAWN,
        by_grub: WITHDRAWN, by_ipxe_as_a_kernel: STEPPED_OVER}


@pytest.mark.parametrize("way,words", WAYS.items(), ids=[way.__name__ for way in WAYS])
def test_nothing_remains(lab, way, words):
    target = remains_target(lab)
    way(lab, target)
    machine = lab.machine()
    nothing_remains(remains(machine))
    assert words in machine.text and (words == STEPPED_OVER or STEPPED_OVER not in machine.text)
    if way not in (by_undionly, by_pxelinux, by_grub):  # which have closed the ROM's card, so that it cannot say goodbye
        process.wait_until(lambda: target.sessions() == 1, 20, "the end of the ROM's session")


# ---- other ROMs, made of the card's ----

def another_rom(lab, program, *defines, name="shim.0"):
    """An NBP that is a ROM of its own on the one that loads it, and `program` behind it."""
    shim = lab.path(name)
    process.run(["nasm", "-f", "bin", "-I", disks.ASM + "/", f'-DNEXT="{program}"', *defines, "-o", shim,
                 f"{disks.ASM}/rom_shim.asm"])
    return shim


def by_another_rom(lab, target, *defines):
    """The ROM of the card hooks the LUN, too."""
    shim = another_rom(lab, NBP, *defines)
    lab.dhcp(boot_file="shim.0", root_path=target.root_path, root_path_for_all=True).publish(shim)
    machine = lab.machine()
    return machine, remains(machine)


def calls_at_the_end(machine):
    """The last three calls that the ROM gets: its end, and nothing after."""
    return [int(opcode, 16) for opcode in re.findall(r"^ROM (..)$", machine.text, re.MULTILINE)][-3:]


def test_a_rom_that_withdraws_nothing(lab):
    """INT 13h goes round it, and its memory stays reserved, as it says that it cannot be unloaded."""
    machine, found = by_another_rom(lab, remains_target(lab))
    nothing_remains(found)
    assert STEPPED_OVER in machine.text and "its memory stays reserved" in machine.text
    assert calls_at_the_end(machine) == [0x05, 0x70, 0x15]


@pytest.mark.parametrize("defines,last", [((), 0x15), (("-DOLD",), 0x02)], ids=["2.0", "1.0"])
def test_a_rom_without_the_newer_structure(lab, defines, last):
    """PXENV+ alone: the card is quiet and the stack unloaded all the same."""
    machine, found = by_another_rom(lab, remains_target(lab), "-DPXENV_ONLY", *defines)
    assert "PXE" not in found and "PXENV" not in found
    assert calls_at_the_end(machine) == [0x05, 0x70, last]


def test_a_rom_that_does_not_let_go(lab):
    """
    Its disk is dead and does not go away; nor does INT 1Ah. Both are said, and nobody asks for the disk, though INT 13h went
    round another ROM above it, after which the BIOS's disks are counted.
    """
    target = boots.hello_target(lab)
    above = another_rom(lab, NBP, "-DABOVE", name="above.0")
    lab.dhcp(boot_file="shim.0", root_path=target.root_path).publish(another_rom(lab, above, "-DSTAYS"))
    machine = lab.machine()
    boots.enters_boot_sector(machine)
    assert STEPPED_OVER in machine.text
    assert "has a disk of its own that does not go away" in machine.text
    assert "the boot ROM does not leave INT 1Ah" in machine.text
    assert "ROM ASKED" not in machine.text


# ---- who comes after ----

def test_grub_lists_the_disks(lab):
    """GRUB reads from each number that answers, which took minutes for a dead disk."""
    target = lab.target(disks.grub_disk(lab.path("grub.img"), "ls\necho GRUB-LISTED\n", size=32 * disks.MIB))
    by_the_boot_file(lab, target)
    machine = lab.machine()
    machine.expect("^Boot ", 60, or_fail=FAILURE)
    listed = machine.expect(r"(?s)\(hd0\).*^GRUB-LISTED", 30, or_fail=FAILURE).group(0)
    assert "(hd1" not in listed


def test_the_roms_memory_is_given_back(lab):
    target = boots.hello_target(lab)
    by_the_boot_file(lab, target)
    boots.only_ours_is_kept(boots.enters_boot_sector(lab.machine()), 256 << 20)


def test_the_next_boot_device(lab):
    """Nor does the BIOS's own disk find any of it, when we have no disk to publish."""
    target = lab.target(lab.file("blank.img", bytes(16 * disks.MIB)))
    script = f"chain sanstrap.pxe retry=0 root={target.root_path}.none\n"
    lab.ipxe(script, NBP, root_path=target.root_path, root_path_for_all=True)
    local = disks.sector_disk(lab.path("local.img"), disks.assemble("remains"))
    machine = lab.machine(drives=[local], boot="nc")
    machine.expect(FAILURE, 90)
    machine.type("n")
    nothing_remains(remains(machine, None), tables=0)


def test_every_promise_of_int_13h(lab):
    target = lab.target(exercised.disk(lab))
    by_the_boot_file(lab, target)
    machine = lab.machine(extra=exercised.DEBUG_EXIT, timeout=300)
    assert exercised.all_pass(machine) >= 100
