# SPDX-License-Identifier: BSD-2-Clause
"""Under Secure Boot, with the images that `make SIGN_KEY=` signs, and what they boot signed by an enrolled key, or not."""
import os
import shutil

import pytest

from tests.lab import efi_disk, ovmf, process
from tests.lab.boots import FAILURE
from tests.lab.lab import BUILD, ROOT
from tests.lab.settings import STATIC

OBJECTS = ["efi", "lwip", "bearssl", "lwip.ready", "bearssl.ready"]  # what `make` need not do again for these images


@pytest.fixture(name="signed")
def signed_images(lab):
    """What make yields with a key, in a tree of its own."""
    tree = lab.path("tree")
    changing = shutil.ignore_patterns("build", ".git", "__pycache__", ".pytest_cache")  # the last ones by other tests
    shutil.copytree(ROOT, tree, ignore=changing, symlinks=True)
    os.makedirs(f"{tree}/build")
    process.run(["cp", "-a", *(f"{BUILD}/{name}" for name in OBJECTS), f"{tree}/build"])
    signer = [f"SIGN_KEY={ovmf.signing_key(lab.path('db.key'))}", f"SIGN_CERT={ovmf.SNAKEOIL_CERTIFICATE}"]
    process.run(["make", "-C", tree, *signer, "build/sanstrap.efi", "build/sanstrap-driver.efi"], timeout=300)
    return f"{tree}/build"


@pytest.mark.parametrize("program", ["signed", "unsigned"])
def test_boot_program(lab, signed, program):
    grub = efi_disk.grub(lab.path("grub.efi"), "echo GRUB-RUNS\n")
    if program == "signed":
        grub = ovmf.sign(grub, lab.path("signed-grub.efi"))
    target = lab.target(efi_disk.system_disk(lab.path("disk.img"), {efi_disk.BOOT_FILE: grub}))
    machine = ovmf.boot_by_network(lab, target.root_path, application=f"{signed}/sanstrap.efi", secure=True)

    if program == "signed":
        machine.expect("GRUB-RUNS", 90, or_fail=FAILURE)
    else:
        ovmf.fails_with(machine, "E_BOOT_SECURE")
        assert "GRUB-RUNS" not in machine.text


@pytest.mark.parametrize("driver", ["signed", "unsigned"])
def test_driver_in_the_applications_place(lab, signed, driver):
    """boot=no: the application starts no driver that the firmware would not."""
    program = {"signed": f"{signed}/sanstrap-driver.efi", "unsigned": ovmf.DRIVER}[driver]
    target = lab.target(efi_disk.system_disk(lab.path("disk.img"), {}))
    files = {efi_disk.BOOT_FILE: f"{signed}/sanstrap.efi", "EFI/BOOT/sanstrap-driver.efi": program}
    words = f"{STATIC} boot=no retry=0 root={target.root_path}\n"
    machine = ovmf.boot_from_disk(lab, files, {"EFI/BOOT/sanstrap.conf": words}, secure=True)

    if driver == "signed":
        machine.expect("disk published", 60, or_fail=FAILURE)
        machine.expect("^Continue", 60)
    else:
        ovmf.fails_with(machine, "E_BOOT_RESIDENT")
