# SPDX-License-Identifier: BSD-2-Clause
"""Boot loaders that do not lie where every disk may have one: vendors' folders, boot options, and what shim's fallback makes."""
import os
import shutil

import pytest

from tests.lab import efi_disk, ovmf, packages, process, tpm
from tests.lab.boots import FAILURE
from tests.lab.disks import CACHE
from tests.lab.lab import BUILD, ROOT
from tests.lab.settings import STATIC

SHIM, FALLBACK = "shimx64.efi", "fbx64.efi"


@pytest.fixture(name="shim")
def debian_shim():
    """Debian's signed shim, and its fallback, which is in the other package."""
    root = packages.unpack(["shim-signed", "shim-helpers-amd64-signed"], os.path.join(CACHE, "debian"))
    return lambda name: f"{root}/usr/lib/shim/{name}.signed"


@pytest.fixture(name="shim_for_snakeoil")
def shim_in_snakeoils_name(lab):
    root = packages.unpack(["shim-unsigned"], os.path.join(CACHE, "debian"))
    return ovmf.sign(f"{root}/usr/lib/shim/shimx64.efi", lab.path("shim.efi"))


def grub(lab, says):
    return efi_disk.grub(lab.path(f"{says}.efi"), f"echo THIS-IS {says}.\n")


def boots(lab, files, says, seconds=90, **options):
    target = lab.target(efi_disk.system_disk(lab.path("disk.img"), files))
    machine = ovmf.boot_from_stick(lab, f"{STATIC} log=info root={target.root_path}", **options)
    assert machine.expect(r"THIS-IS (\w+)\.", seconds, or_fail=FAILURE).group(1) == says
    return machine


@pytest.mark.parametrize("name", ["debian/grubx64.efi", "redhat/shimx64.efi", "Windows/bootmgfw.efi"])
def test_vendors_folder(lab, name):
    boots(lab, {"EFI/tools/memtest.efi": grub(lab, "OTHER"), f"EFI/{name}": grub(lab, "VENDORS")}, "VENDORS")


def test_shim_before_grub(lab, shim):
    """GRUB is there, too, and is what shim starts: with a GRUB that says by whom it was started."""
    program = efi_disk.grub(lab.path("grub.efi"), "echo THIS-IS GRUB.\n")
    machine = boots(lab, {"EFI/debian/shimx64.efi": shim(SHIM), "EFI/debian/grubx64.efi": program}, "GRUB")
    assert r"starting \EFI\debian\shimx64.efi" in machine.text


@pytest.mark.parametrize("name,table", [(SHIM, "BOOTX64.CSV"), ("loader.efi", "BOOT.CSV")])
def test_what_fallback_would_find(lab, shim, name, table):
    """
    What an installer leaves for machines that have no boot option of its system. With a TPM, fallback resets the machine when it
    has made one, and would do so each time: the machine ends at a reset.
    """
    csv = lab.file("boot.csv", f"{name},system,,The system\n".encode("utf-16"))
    system = grub(lab, "SYSTEM")
    files = {efi_disk.BOOT_FILE: shim(SHIM), f"EFI/BOOT/{FALLBACK}": shim(FALLBACK), f"EFI/system/{table}": csv}
    if name == SHIM:
        files |= {f"EFI/system/{SHIM}": shim(SHIM), "EFI/system/grubx64.efi": system}
    else:
        files[f"EFI/system/{name}"] = system
    boots(lab, files, "SYSTEM", 120, extra=tpm.start(lab))


def test_what_fallback_would_tell_the_program(lab):
    csv = lab.file("boot.csv", "loader.efi,system,OPTIONS of the table,The system\n".encode("utf-16"))
    boots(lab, {"EFI/system/BOOTX64.CSV": csv, "EFI/system/loader.efi": f"{ROOT}/build/lab/tells_options.efi"}, "OPTIONS")


GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
TAKE_OUT = f"setvar BootOrder -guid {GLOBAL} -nv -bs -rt =0x0000\n"  # but for the firmware's first


@pytest.mark.parametrize("then", ["", TAKE_OUT], ids=["of-the-order", "beside-the-order"])
def test_boot_option(lab, then):
    """The firmware's option leads to a disk that is not there; its partition is the LUN's. Both disks have the same numbers."""
    program = grub(lab, "SYSTEM")
    files = {"EFI/system/loader.efi": program, "EFI/a/grubx64.efi": grub(lab, "OTHER")}
    target = lab.target(efi_disk.system_disk(lab.path("disk.img"), files))
    texts = {"EFI/system/loader.efi": "no program",
             "startup.nsh": f"fs0:\nbcfg boot add 0 EFI\\system\\loader.efi \"The system\"\n{then}"
                            f"sanstrap.efi {STATIC} log=info root={target.root_path}\n"}
    machine = ovmf.boot_from_disk(lab, {"sanstrap.efi": ovmf.APPLICATION}, texts)
    machine.expect("starting The system", 90, or_fail=FAILURE)
    machine.expect("THIS-IS SYSTEM", 60)


@pytest.mark.parametrize("section", ["with", "without"])
def test_sbat(lab, shim_for_snakeoil, section):
    """Under Secure Boot shim starts what has the section that it asks for."""
    program = lab.path("sanstrap.efi")
    if section == "with":
        shutil.copy(f"{BUILD}/efi/sanstrap.unsigned", program)
    else:
        process.run(["objcopy", "--rename-section", ".sbat=.other", f"{BUILD}/efi/sanstrap.unsigned", program])
    files = {efi_disk.BOOT_FILE: shim_for_snakeoil, "EFI/BOOT/grubx64.efi": ovmf.sign(program, lab.path("signed.efi"))}
    machine = ovmf.boot_from_disk(lab, files, {"EFI/BOOT/sanstrap.conf": "retry=0 ip=off\n"}, secure=True)
    machine.expect({"with": r"^sanstrap  \d", "without": "Security Policy Violation|Security Violation"}[section], 60)
