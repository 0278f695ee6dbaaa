# SPDX-License-Identifier: BSD-2-Clause
"""What BIOSes do that SeaBIOS does not, as far as QEMU can be made to; and where in memory the loader keeps out of their way."""
import pytest

from tests.lab import disks
from tests.lab.boots import RESERVED, enters_boot_sector, fails_with, hello_target
from tests.lab.causes import ROOT_PATH
from tests.lab.lab import NBP
from tests.lab.settings import STATIC

MIB = 1 << 20
REGION = 4 * MIB
BIOS_KEEPS = 0x20000  # SeaBIOS, at the top of RAM


def regions(boot, memory):
    """Where the loader's memory is: what is reserved below the BIOS's own."""
    return [(base, base + length) for base, length, kind in boot.memory_map
            if kind == RESERVED and MIB <= base and base + length <= memory - BIOS_KEEPS]


def test_a_timer_chip_that_does_not_count(lab):
    """Nor is there a port 61h: the time comes from ACPI's timer, and deadlines hold."""
    target = hello_target(lab)
    machine = lab.boot_directly(f"{STATIC} root={target.root_path}", board="pc,pit=off")
    enters_boot_sector(machine)


def test_away_from_the_top_of_much_memory(lab):
    target = hello_target(lab)
    memory = 1024 * MIB
    boot = enters_boot_sector(lab.boot_directly(f"{STATIC} root={target.root_path}", memory=memory // MIB))
    (base, end), = regions(boot, memory)
    assert end - base == REGION and memory - 300 * MIB < end <= memory - 256 * MIB, f"{base:#x} to {end:#x}"


def test_what_the_image_overwrote_comes_back(lab):
    """Little memory: it is at the top, where firmware may be that is returned to. The BIOS finds it as it was."""
    memory = 256 * MIB
    place = memory - BIOS_KEEPS - REGION
    content = disks.pattern(REGION)
    local = disks.sector_disk(lab.path("local.img"), disks.assemble("hello"))
    target = lab.target(lab.file("disk.img", bytes(MIB)))
    loaded = ["-device", f"loader,file={lab.file('content', content)},addr={place:#x},force-raw=on"]
    machine = lab.boot_directly(f"{STATIC} root={target.root_path}", drives=[local], boot="c", extra=loaded)
    fails_with(machine, "E_BOOT_SIGNATURE")
    assert machine.memory(place, REGION) != content

    machine.key("n")
    enters_boot_sector(machine, 60, or_fail=None)
    assert machine.memory(place, REGION) == content


@pytest.mark.parametrize("more", [{}, {"VIDEO_STACK": 2048}], ids=["plain", "console-redirection"])
def test_stacks_for_the_bios(lab, more):
    """
    INT 18h has a boot sector's, as some BIOSes keep SS:SP over it: one of a few hundred bytes would be the next boot sector's.
    Calls before have kilobytes.
    """
    lab.dhcp(boot_file="sanstrap.pxe", root_path=ROOT_PATH).publish(NBP)
    resident = disks.sector_disk(lab.path("local.img"), disks.assemble("resident", **more))
    machine = lab.machine(drives=[resident], boot="cn")
    fails_with(machine, "E_CONNECT_REFUSED")
    machine.key("n")
    assert machine.expect(r"^INT18 sssp=(....:....)", 60).group(1) == "0000:7c00"
