# SPDX-License-Identifier: BSD-2-Clause
"""Giving up when the program that loaded us has lost its card to us and cannot go on: the machine restarts into its next boot device."""
import os
import time

import pytest

from tests.lab import efi_disk, ovmf
from tests.lab.network import PREFIX

IPXE = "/usr/lib/ipxe"
CHAIN = "chain sanstrap.efi retry=0\n"
SCRIPTS = {"rom": CHAIN, "snponly.efi": "iseq ${net0/chip} SNP || chain snponly.efi ||\n" + CHAIN, "ipxe.efi": CHAIN}


def ipxe_script(lab, script):
    server = lab.dhcp(boot_file="boot.ipxe")
    server.publish_text("boot.ipxe", "#!ipxe\n" + script)
    for path in (ovmf.APPLICATION, ovmf.DRIVER, f"{IPXE}/snponly.efi"):
        server.publish(path)


@pytest.mark.parametrize("ipxe", SCRIPTS)
def test_next_boot_device_key(lab, ipxe):
    """iPXE's ROM, iPXE over the firmware's driver, iPXE with its own driver; the same card's other boot options are passed over."""
    folder = lab.path("local")
    os.makedirs(folder)
    local = efi_disk.grub_disk(lab.path("local.img"), folder, "echo LOCAL-GRUB-RUNS\n")
    ipxe_script(lab, SCRIPTS[ipxe])
    if ipxe == "ipxe.efi":
        machine = ovmf.boot_from_stick(lab, "", program=f"{IPXE}/ipxe.efi", local=local, reboots=True)
    else:
        machine = ovmf.start(lab, drives=[local], reboots=True)
    ovmf.fails_with(machine, "E_ROOT_PATH_MISSING")
    machine.type("n")
    machine.expect('restarting into "UEFI Misc Device"', 10)
    machine.expect("LOCAL-GRUB-RUNS", 60, or_fail="Exception Type|^S70")


def test_next_boot_device_that_fails_too(lab):
    """The firmware then begins its order anew and comes to us again; what is after the one that failed is due."""
    folder = lab.path("local")
    os.makedirs(folder)
    drives = [efi_disk.system_disk(lab.path("empty.img"), {}),
              efi_disk.grub_disk(lab.path("local.img"), folder, "echo LOCAL-GRUB-RUNS\n")]
    ipxe_script(lab, CHAIN)
    machine = ovmf.start(lab, drives=drives, reboots=True, timeout=240)
    for option in ("UEFI Misc Device", "UEFI Misc Device 2"):
        ovmf.fails_with(machine, "E_ROOT_PATH_MISSING")
        machine.type("n")
        machine.expect(f'restarting into "{option}"', 10)
    machine.expect("LOCAL-GRUB-RUNS", 60, or_fail="Exception Type|^S70")
    machine.qmp("system_reset")
    ovmf.fails_with(machine, "E_ROOT_PATH_MISSING")
    machine.type("n")
    machine.expect('restarting into "UEFI Misc Device"', 10)


def test_published_only(lab):
    """boot=no wants iPXE to go on, which it cannot; without a disk the next boot device is the firmware's shell."""
    target = lab.target(efi_disk.system_disk(lab.path("disk.img"), {}))
    ipxe_script(lab, f"chain sanstrap-driver.efi retry=0 boot=no ip={PREFIX}.50/24 root={target.root_path}\n")
    machine = ovmf.start(lab, reboots=True)
    ovmf.fails_with(machine, "E_BOOT_STARTER")
    machine.type("n")
    machine.expect('restarting into "EFI Internal Shell"', 10)
    machine.expect("UEFI Interactive Shell", 60, or_fail="Exception Type|^S70")


def test_no_boot_device_left(lab):
    """The shell, the last in the order, has started iPXE: nothing restarts by itself, or the same would come again and again."""
    ipxe_script(lab, CHAIN)
    files = {"startup.nsh": efi_disk.text_file(lab.folder, "startup.nsh", "fs0:\nipxe.efi\n"), "ipxe.efi": f"{IPXE}/ipxe.efi"}
    machine = ovmf.start(lab, rom="", boot="c", drives=[efi_disk.system_disk(lab.path("local.img"), files)], reboots=True)
    ovmf.fails_with(machine, "E_ROOT_PATH_MISSING")
    machine.type("n")
    machine.expect("Press a key to restart", 10)
    time.sleep(3)
    assert machine.text.count("UEFI Interactive Shell") == 1
    machine.type("x")
    machine.expect("UEFI Interactive Shell", 60, or_fail="Exception Type")
