# SPDX-License-Identifier: BSD-2-Clause
"""
The boot sector gives up, as that of every disk without an active partition does: that is told with a code, all that was ours is
taken back, and the BIOS's next device boots as if there had been no network boot.
"""
import re
import struct
import time
from unittest import mock

import pytest

from tests.lab import disks, process
from tests.lab.boots import BASE_MEMORY, code, entered, enters_boot_sector, fails_with, hidden, tells
from tests.lab.lab import NBP
from tests.lab.settings import STATIC

BIOS_HIDES = 1 << 20  # the BIOS's own tables at the top of RAM, and the hole below 1 MiB
MEMORY = 256 << 20
DISK_COUNT = 0x475


def local_disk(lab):
    return disks.sector_disk(lab.path("local.img"), disks.assemble("hello"))


def start(lab, disk, words="", **options):
    """From the target's disk, with one of the BIOS's behind it."""
    target = lab.target(disk)
    return lab.boot_directly(f"{STATIC} root={target.root_path} {words}", drives=[local_disk(lab)], boot="c", **options)


def nothing_of_ours_is_left(machine, boot):
    assert boot.base_memory == BASE_MEMORY
    assert hidden(boot, MEMORY) <= BIOS_HIDES
    assert machine.memory(DISK_COUNT, 1) == b"\1"
    low = machine.memory(0x80000, 0x20000)
    for signature in (b"iBFT", b"ISDH"):
        assert not any(low.startswith(signature, at) for at in range(0, len(low), 16))


def next_device_boots(machine, key="n"):
    """With the number that the BIOS gives it."""
    if key:
        machine.key(key)
    boot = enters_boot_sector(machine, 60, or_fail=None)
    nothing_of_ours_is_left(machine, boot)


def sector(lab, **defines):
    return disks.sector_disk(lab.path("disk.img"), disks.assemble("gives_up", **defines))


def without_active_partition(lab):
    """Syslinux's MBR with a partition table that has no active entry."""
    with open(f"{disks.SYSLINUX}/mbr/mbr.bin", "rb") as file:
        mbr = file.read()
    table = bytearray(disks.partition_table((2048, 4096, disks.LINUX)))
    table[0] = 0
    return disks.sector_disk(lab.path("disk.img"), mbr.ljust(446, b"\0") + table + b"\x55\xaa")


def grub_without_core(lab):
    """GRUB's first sector, with the second beyond the end of the disk."""
    with open("/usr/lib/grub/i386-pc/boot.img", "rb") as file:
        boot = bytearray(file.read())
    struct.pack_into("<Q", boot, 0x5C, 1 << 30)
    return disks.sector_disk(lab.path("disk.img"), bytes(boot))


def grub_exits(lab):
    """By its command; the menu's key is the same."""
    with mock.patch.object(disks, "GRUB_MODULES", disks.GRUB_MODULES + ["minicmd"]):
        return disks.grub_disk(lab.path("disk.img"), "echo GIVES-UP\nexit\n")


GIVE_UP = {
    "int18": (lambda lab: sector(lab, NUMBER=0x18), "INT 18h"),
    "int19": (lambda lab: sector(lab, NUMBER=0x19), "INT 19h"),
    "returns": (lambda lab: sector(lab, NUMBER=0), "it returned"),
    "hooks-vectors-before": (lambda lab: sector(lab, NUMBER=0x18, HOOKS=1), "INT 18h"),
    "syslinux": (without_active_partition, "INT 18h"),
    "grub-boot-sector": (grub_without_core, "INT 18h"),
    "grub-exit": (grub_exits, "INT 18h"),
}


@pytest.mark.parametrize("disk,how", GIVE_UP.values(), ids=GIVE_UP.keys())
def test_next_device_boots(lab, disk, how):
    machine = start(lab, disk(lab))
    shown = fails_with(machine, "E_BOOT_GAVE_UP")
    assert how in shown
    next_device_boots(machine)


def test_by_the_roms_way(lab):
    """The ROM loaded us; its memory is the next device's, too."""
    target = lab.target(sector(lab, NUMBER=0x18))
    lab.dhcp(boot_file="sanstrap.pxe", root_path=target.root_path).publish(NBP)
    machine = lab.machine(drives=[local_disk(lab)], boot="nc")
    fails_with(machine, "E_BOOT_GAVE_UP")
    next_device_boots(machine)


def test_not_tried_again_by_itself(lab):
    machine = start(lab, sector(lab, NUMBER=0x18), "retry=5,1")
    fails_with(machine, "E_BOOT_GAVE_UP")
    next_device_boots(machine, key=None)
    assert machine.text.count("GIVES-UP") == 1


def test_tried_again_by_a_key(lab):
    """All is set up anew, and taken back anew."""
    machine = start(lab, sector(lab, NUMBER=0x18, HOOKS=1))
    for _ in range(2):
        fails_with(machine, "E_BOOT_GAVE_UP")
        machine.key("r")
    tells(machine, "E_BOOT_GAVE_UP", 60)
    next_device_boots(machine)
    assert machine.text.count("GIVES-UP") == 3


def test_who_keeps_memory_and_int13_keeps_no_disk_of_ours(lab):
    """What he has hooked leads to us still, so our memory stays reserved; but the BIOS's disks are all that are counted."""
    machine = start(lab, sector(lab, NUMBER=0x18, KEEPS=1))
    fails_with(machine, "E_BOOT_GAVE_UP")
    machine.key("n")
    boot = entered(machine, 60, or_fail=None)
    assert boot.base_memory < BASE_MEMORY
    assert boot.drive == 0x80
    assert machine.memory(DISK_COUNT, 1) == b"\1"


def test_who_has_taken_the_machine_over_goes_on_to_the_bios(lab):
    """A system with a handler of its own, which calls the one before it, is not a boot sector that gives up."""
    machine = start(lab, sector(lab, NUMBER=0x18, TAKEN_OVER=1))
    for _ in range(2):  # the BIOS's next device has the number that is the LUN's
        machine.expect("GIVES-UP", 60)
    assert f"S{code('E_BOOT_GAVE_UP')}" not in machine.text


# ---- the block ----

SIGNATURE, IMAGE = b"SNSTBLK1", 116  # of struct realmode_block (bios/block.h)


def image_address(machine):
    low = machine.memory(0x90000, 0x10000)
    at = low.rindex(SIGNATURE) + IMAGE
    return int.from_bytes(low[at:at + 4], "little")


def test_an_image_that_was_overwritten_is_not_gone_on_with(lab):
    """The BIOS has its own disks then, and INT 18h."""
    machine = start(lab, sector(lab, NUMBER=0x18, WAITS=1))
    machine.expect("GIVES-UP", 60)
    machine.poke(image_address(machine) + 0x4321, b"overwritten")
    machine.type("x")
    boot = enters_boot_sector(machine, 60)
    assert boot.base_memory < BASE_MEMORY
    assert f"S{code('E_BOOT_GAVE_UP')}" not in machine.text


@pytest.mark.parametrize("used,enough", [(400, True), (800, False)])
def test_a_handler_that_wants_too_much_stack(lab, used, enough):
    """It comes while a call of INT 13h waits, on the resident stack: no silence when that is too small."""
    disk = disks.sector_disk(lab.path("disk.img"), disks.assemble("deep_stack", USED=used))
    machine = start(lab, disk, "read-ahead=off")  # what is in memory is not waited for
    machine.expect("^B", 60)
    wanted = rf"^sanstrap: S{code('E_BOOT_STACK')} "
    if enough:
        time.sleep(5)
        assert not re.search(wanted, machine.text, re.MULTILINE)
    else:
        machine.expect(wanted, 60)


def test_published_and_read_for_long(lab):
    """boot=no: the BIOS went on for good, and calls of INT 13h still let interrupts in and come back."""
    disk = disks.sector_disk(lab.path("disk.img"), disks.reader(call_sectors=8, total_calls=4000))
    machine = start(lab, disk, "boot=no")
    machine.expect("^B", 60)
    machine.expect("^[DE]", 120)
    assert machine.text[machine.position - 1] == "D"


# ---- a second start without a reset ----

def test_second_start_retires_the_first(lab):
    """
    boot=no, and the next device asks for the boot order from its beginning. The first start's disk is withdrawn, with all that it
    had hidden, before the second one takes the card.
    """
    target = lab.target(sector(lab, NUMBER=0x19, WAITS=1))
    script = f"chain sanstrap.pxe {STATIC} root={target.root_path}"
    server = lab.ipxe(f"{script} boot=no\n", NBP)
    machine = lab.machine(drives=[local_disk(lab)], boot="nc")
    machine.expect("GIVES-UP", 90)  # the BIOS's next device has the number that is the LUN's
    assert machine.memory(DISK_COUNT, 1) == b"\2"

    server.publish_text("boot.ipxe", f"#!ipxe\n{script}\n")
    machine.type("x")
    machine.expect("an earlier start's disk is withdrawn", 60)
    machine.expect("GIVES-UP", 60)
    process.wait_until(lambda: target.sessions() == 1, 10, "the end of the first one's session")
    machine.type("x")
    fails_with(machine, "E_BOOT_GAVE_UP")
    next_device_boots(machine)


def test_starts_without_end(lab):
    """
    Each finds the one before in memory. None goes lower and lower, into what the card's ROM keeps for its next start, which then
    does not come to its end.
    """
    target = lab.target(sector(lab, NUMBER=0x19))
    lab.ipxe(f"chain sanstrap.pxe {STATIC} root={target.root_path} boot=no\n", NBP)
    machine = lab.machine(drives=[local_disk(lab)], boot="nc", timeout=600)
    for _ in range(6):
        machine.expect("GIVES-UP", 90)
    assert machine.text.count("an earlier start's disk is withdrawn") >= 5
