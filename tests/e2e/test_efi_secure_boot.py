# SPDX-License-Identifier: BSD-2-Clause
"""Under Secure Boot, with the application and what it boots signed by an enrolled key, or not."""
import pytest

from tests.lab import efi_disk, ovmf
from tests.lab.boots import FAILURE


def signed_application(lab):
    return ovmf.sign(ovmf.APPLICATION, lab.path("signed.efi"))


@pytest.mark.parametrize("program", ["signed", "unsigned"])
def test_boot_program(lab, program):
    grub = efi_disk.grub(lab.folder, "echo GRUB-RUNS\n")
    if program == "signed":
        grub = ovmf.sign(grub, lab.path("signed-grub.efi"))
    target = lab.target(efi_disk.system_disk(lab.path("disk.img"), {efi_disk.BOOT_FILE: grub}))
    machine = ovmf.boot_by_network(lab, target.root_path, application=signed_application(lab), secure=True)
    if program == "signed":
        machine.expect("GRUB-RUNS", 90, or_fail=FAILURE)
    else:
        ovmf.fails_with(machine, "E_BOOT_SECURE")
        assert "GRUB-RUNS" not in machine.text
