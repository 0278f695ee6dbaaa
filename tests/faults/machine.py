# SPDX-License-Identifier: BSD-2-Clause
"""The machines of the table, BIOS and UEFI: what they boot, and by which way."""
from tests.lab import disks, efi_disk, ovmf

PATIENCE = 400  # seconds, of a machine's whole life


class Bios:
    name = "BIOS"
    hashing_disk = staticmethod(disks.hashing_disk)

    @staticmethod
    def by_network(lab, root_path):
        return lab.boot_by_rom(root_path, timeout=PATIENCE)

    @staticmethod
    def directly(lab, words, **options):
        return lab.boot_directly(words, timeout=PATIENCE, **options)


class Uefi:
    name = "UEFI"
    hashing_disk = staticmethod(efi_disk.hashing_disk)

    @staticmethod
    def by_network(lab, root_path):
        return ovmf.boot_by_network(lab, root_path, timeout=PATIENCE)

    @staticmethod
    def directly(lab, words, **options):
        return ovmf.boot_from_stick(lab, words, timeout=PATIENCE, **options)


def connections(target):
    return sum(entry["what"] == "connected" for entry in target.control.journal())


def assert_fired(case, target):
    """Every fault of the case had an occasion."""
    fired = [entry["name"] for entry in target.control.journal() if entry["what"] == "fault"]
    wanted = [name for name, _ in case.faults]
    missing = {name for name in wanted if fired.count(name) < wanted.count(name)}
    assert not missing, f"the case shows nothing: {', '.join(sorted(missing))} had no occasion"
