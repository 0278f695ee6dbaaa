# SPDX-License-Identifier: BSD-2-Clause
"""
Giving up when the program that loaded us has lost its card to us and cannot go on: the machine restarts into its next boot
device.
"""
import time

import pytest

from tests.lab import efi_disk, ovmf
from tests.lab.settings import STATIC

IPXE = "/usr/lib/ipxe"
CHAIN = "chain sanstrap.efi retry=0\n"
SCRIPTS = {"rom": CHAIN, "snponly.efi": "iseq ${net0/chip} SNP || chain snponly.efi ||\n" + CHAIN, "ipxe.efi": CHAIN}
DISK, SECOND_DISK, SHELL = "UEFI Misc Device", "UEFI Misc Device 2", "EFI Internal Shell"


def ipxe_script(lab, script):
    lab.ipxe(script, ovmf.APPLICATION, ovmf.DRIVER, f"{IPXE}/snponly.efi")


def restarts_into(machine, option, after="E_ROOT_PATH_MISSING"):
    """The loader fails, the user gives up, and that boot option is named."""
    ovmf.fails_with(machine, after)
    machine.type("n")
    machine.expect(f'restarting into "{option}"', 10)


@pytest.mark.parametrize("ipxe", SCRIPTS)
def test_next_boot_device_key(lab, ipxe):
    """iPXE's ROM, iPXE over the firmware's driver, iPXE with its own driver; other boot options of the card are passed over."""
    local = ovmf.local_disk(lab)
    ipxe_script(lab, SCRIPTS[ipxe])
    if ipxe == "ipxe.efi":
        machine = ovmf.boot_from_stick(lab, "", program=f"{IPXE}/ipxe.efi", local=local, reboots=True)
    else:
        machine = ovmf.start(lab, drives=[local], reboots=True)
    restarts_into(machine, DISK)
    machine.expect("LOCAL-GRUB-RUNS", 60, or_fail=ovmf.LEFT_US)


def test_next_boot_device_that_fails_too(lab):
    """The firmware then begins its order anew and comes to us again; what is after the one that failed is due."""
    drives = [efi_disk.system_disk(lab.path("empty.img"), {}), ovmf.local_disk(lab)]
    ipxe_script(lab, CHAIN)
    machine = ovmf.start(lab, drives=drives, reboots=True, timeout=240)
    for option in (DISK, SECOND_DISK):
        restarts_into(machine, option)
    machine.expect("LOCAL-GRUB-RUNS", 60, or_fail=ovmf.LEFT_US)

    machine.qmp("system_reset")
    restarts_into(machine, DISK)


def test_published_only(lab):
    """boot=no wants iPXE to go on, which it cannot; without a disk the next boot device is the firmware's shell."""
    target = lab.target(efi_disk.system_disk(lab.path("disk.img"), {}))
    ipxe_script(lab, f"chain sanstrap-driver.efi retry=0 boot=no {STATIC} root={target.root_path}\n")
    machine = ovmf.start(lab, reboots=True)
    restarts_into(machine, SHELL, after="E_BOOT_STARTER")
    machine.expect("UEFI Interactive Shell", 60, or_fail=ovmf.LEFT_US)


def test_no_boot_device_left(lab):
    """The shell, the last in the order, has started iPXE: nothing restarts by itself, or the same would come again and again."""
    ipxe_script(lab, CHAIN)
    machine = ovmf.boot_from_disk(lab, {"ipxe.efi": f"{IPXE}/ipxe.efi"}, {"startup.nsh": "fs0:\nipxe.efi\n"}, reboots=True)
    ovmf.fails_with(machine, "E_ROOT_PATH_MISSING")
    machine.type("n")
    machine.expect("Press a key to restart", 10)
    time.sleep(3)
    assert machine.text.count("UEFI Interactive Shell") == 1

    machine.type("x")
    machine.expect("UEFI Interactive Shell", 60, or_fail="Exception Type")
