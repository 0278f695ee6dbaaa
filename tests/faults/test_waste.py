# SPDX-License-Identifier: BSD-2-Clause
"""
What is read in vain: the target's journal of a boot of Linux with read-ahead beside that of one without, which is what boot
loader and kernel ask for.
"""
import collections
import secrets

import pytest

from tests.lab import efi_disk, linux_disk
from tests.lab.boots import FAILURE
from tests.lab.network import SERVER
from tests.lab.settings import STATIC
from tests.lab.target import NAME

from . import lun
from .lab import FaultyTarget
from .machine import Bios, Uefi

MEMORY = 512  # MiB: with less GRUB has no room for the kernel under UEFI
SHARE = 0.05
DISKS = {Bios.name: (linux_disk.base_disk, linux_disk.configure), Uefi.name: (efi_disk.linux_base, efi_disk.linux_configure)}


def commands(target):
    return [entry for entry in target.control.journal() if entry["what"] == "command"]


def blocks_read(lab, firmware, target, words):
    """How often each block was read by the loader, whose connection is the first new one, up to where Linux is there."""
    before = len(commands(target))
    machine = firmware.directly(lab, f"{STATIC} root={target.root_path} {words}", memory=MEMORY)
    machine.expect("^LINUX", 300, or_fail=FAILURE)
    machine.stop()
    counted, new = collections.Counter(), commands(target)[before:]
    for entry in new:
        if entry["connection"] == new[0]["connection"] and entry["opcode"] in lun.READS:
            first, count = entry["extent"]
            counted.update(range(first, first + count))
    return counted


@pytest.mark.long_fault
@pytest.mark.parametrize("firmware", [Bios, Uefi])
def test_waste_of_a_linux_boot(lab, firmware):
    base, configure = DISKS[firmware.name]
    disk = lab.copy_disk(base())
    target = lab.target(disk, FaultyTarget)
    configure(disk, lab.folder, (SERVER, target.port, NAME, target.lun), secrets.token_hex(8))
    asked = blocks_read(lab, firmware, target, "read-ahead=off")
    read = blocks_read(lab, firmware, target, "")
    in_vain = sum(read.values()) - len(read.keys() & asked.keys())
    print(f"{firmware.name}: {sum(asked.values()) // 2} KiB asked for, {len(asked) // 2} of them different, "
          f"{sum(read.values()) // 2} read, {in_vain // 2} in vain")
    assert sum(asked.values()) > 20000
    assert in_vain <= SHARE * sum(asked.values())
