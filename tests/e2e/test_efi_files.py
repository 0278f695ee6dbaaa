# SPDX-License-Identifier: BSD-2-Clause
"""Which file of the LUN's system partition is started: Windows's, else the one that every disk may have; or those of file=."""
import os

import pytest

from tests.lab import efi_disk, ovmf
from tests.lab.boots import FAILURE
from tests.lab.disks import MIB
from tests.lab.network import PREFIX

USUAL, WINDOWS, OTHER = efi_disk.BOOT_FILE, "EFI/Microsoft/Boot/bootmgfw.efi", "EFI/other/other.efi"
CASES = {
    "windows-first": ([USUAL, WINDOWS], "", WINDOWS),
    "the-usual-one": ([USUAL, OTHER], "", USUAL),
    "file": ([USUAL, WINDOWS, OTHER], r"file=\EFI\other\other.efi", OTHER),
    "first-of-file-that-is-there":
        ([USUAL, WINDOWS, OTHER], r"file=/EFI/gone.efi,/EFI/Microsoft/Boot/bootmgfw.efi,\EFI\other\other.efi", WINDOWS),
}


def test_the_system_partition_goes_first(lab):
    """Another file system before it holds the same file."""
    image, size, part = lab.path("disk.img"), 96 * MIB, 46 * MIB
    with open(image, "wb") as file:
        file.truncate(size)
    places = [(efi_disk.LINUX_DATA, MIB, part), (efi_disk.SYSTEM_PARTITION, MIB + part, part)]
    efi_disk.write_gpt(image, size, places)
    for name, (_, begin, length) in zip(("DATA", "SYSTEM"), places):
        folder = lab.path(name)
        os.makedirs(folder)
        efi_disk.fill_system_partition(image, begin, length, {USUAL: efi_disk.grub(folder, f"echo THIS-IS {name}.\n")})
    target = lab.target(image)
    machine = ovmf.boot_from_stick(lab, f"ip={PREFIX}.50/24 root={target.root_path}")
    assert machine.expect(r"THIS-IS (\w+)\.", 90, or_fail=FAILURE).group(1) == "SYSTEM"


@pytest.mark.parametrize("case", CASES)
def test_which_file(lab, case):
    present, setting, expected = CASES[case]
    files = {}
    for number, name in enumerate(present):
        folder = lab.path(f"grub{number}")
        os.makedirs(folder)
        files[name] = efi_disk.grub(folder, f"echo THIS-IS {name} FROM $root\n")
    target = lab.target(efi_disk.system_disk(lab.path("disk.img"), files))
    machine = ovmf.boot_from_stick(lab, f"ip={PREFIX}.50/24 root={target.root_path} {setting}")
    assert machine.expect(r"THIS-IS (\S+) FROM", 90, or_fail=FAILURE).group(1) == expected
