# SPDX-License-Identifier: BSD-2-Clause
"""Which file of the LUN's system partition is started: Windows's, else the one that every disk may have; or those of file=."""
import pytest

from tests.lab import efi_disk, ovmf
from tests.lab.boots import FAILURE
from tests.lab.disks import MIB
from tests.lab.settings import STATIC

USUAL, WINDOWS, OTHER = efi_disk.BOOT_FILE, "EFI/Microsoft/Boot/bootmgfw.efi", "EFI/other/other.efi"


def test_the_system_partition_goes_first(lab):
    """Another file system before it holds the same file."""
    image, size, part = lab.path("disk.img"), 96 * MIB, 46 * MIB
    with open(image, "wb") as file:
        file.truncate(size)
    places = [(efi_disk.LINUX_DATA, MIB, part), (efi_disk.SYSTEM_PARTITION, MIB + part, part)]
    efi_disk.write_gpt(image, size, places)
    for name, (_, begin, length) in zip(("DATA", "SYSTEM"), places):
        grub = efi_disk.grub(lab.path(f"{name}.efi"), f"echo THIS-IS {name}.\n")
        efi_disk.fill_system_partition(image, begin, length, {USUAL: grub})

    target = lab.target(image)
    machine = ovmf.boot_from_stick(lab, f"{STATIC} root={target.root_path}")
    assert machine.expect(r"THIS-IS (\w+)\.", 90, or_fail=FAILURE).group(1) == "SYSTEM"


CASES = {
    "windows-first": ([USUAL, WINDOWS], "", WINDOWS),
    "the-usual-one": ([USUAL, OTHER], "", USUAL),
    "file": ([USUAL, WINDOWS, OTHER], r"file=\EFI\other\other.efi", OTHER),
    "first-of-file-that-is-there":
        ([USUAL, WINDOWS, OTHER], r"file=/EFI/gone.efi,/EFI/Microsoft/Boot/bootmgfw.efi,\EFI\other\other.efi", WINDOWS),
}


@pytest.mark.parametrize("present,setting,expected", CASES.values(), ids=CASES.keys())
def test_which_file(lab, present, setting, expected):
    files = {name: efi_disk.grub(lab.path(f"grub{number}.efi"), f"echo THIS-IS {name} FROM $root\n")
             for number, name in enumerate(present)}
    target = lab.target(efi_disk.system_disk(lab.path("disk.img"), files))
    machine = ovmf.boot_from_stick(lab, f"{STATIC} root={target.root_path} {setting}")
    assert machine.expect(r"THIS-IS (\S+) FROM", 90, or_fail=FAILURE).group(1) == expected
