# SPDX-License-Identifier: BSD-2-Clause
"""
iPXE under UEFI had the root path, too, and made a disk of the LUN before it started us. The disk is withdrawn, so that nobody who
comes after asks it, and its session ended while it has the card still.
"""
import pytest

from tests.lab import efi_disk, iscsidxe, ovmf, process
from tests.lab.boots import FAILURE

IPXE = "/usr/lib/ipxe"
LISTS = "ls\necho GRUB-LISTED\n"


def from_the_rom(lab, root_path, **options):
    lab.dhcp(boot_file="sanstrap.efi", root_path=root_path, root_path_for_all=True).publish(ovmf.APPLICATION)
    return ovmf.start(lab, **options)


def over_the_firmwares_driver(lab, root_path):
    """That is the ROM's: both have hooked the LUN."""
    script = "iseq ${net0/chip} SNP || chain snponly.efi ||\nchain sanstrap.efi\n"
    lab.ipxe(script, ovmf.APPLICATION, f"{IPXE}/snponly.efi", root_path=root_path, root_path_for_all=True)
    return ovmf.start(lab)


def from_a_stick(lab, root_path):
    lab.ipxe("chain sanstrap.efi\n", ovmf.APPLICATION, root_path=root_path, root_path_for_all=True)
    return ovmf.boot_from_stick(lab, "", program=f"{IPXE}/ipxe.efi")


@pytest.mark.parametrize("way,disks", [(from_the_rom, 1), (over_the_firmwares_driver, 1), (from_a_stick, 2)])
def test_nobody_asks_its_disk(lab, way, disks):
    """GRUB lists what there is; a dead disk took minutes."""
    target = lab.target(efi_disk.grub_disk(lab.path("disk.img"), LISTS))
    machine = way(lab, target.root_path)
    machine.expect("^Boot ", 120, or_fail=FAILURE)
    listed = machine.expect(r"(?s)\(hd0\).*GRUB-LISTED", 30, or_fail=FAILURE).group(0)
    assert f"(hd{disks - 1})" in listed and f"(hd{disks})" not in listed
    if way is not over_the_firmwares_driver:  # the ROM below does not get a word out
        process.wait_until(lambda: target.sessions() == 1, 20, "the end of iPXE's session")


def test_the_firmwares_own_initiator(lab):
    """OVMF's IScsiDxe has the LUN as well; it lets go with the card."""
    target = lab.target(efi_disk.grub_disk(lab.path("disk.img"), LISTS))
    lab.dhcp(root_path=target.root_path)
    start = iscsidxe.START.replace("EFI\\BOOT\\BOOTX64.EFI", "sanstrap.efi")
    machine = ovmf.boot_from_disk(lab, {"sanstrap.efi": ovmf.APPLICATION}, {"startup.nsh": start}, rom=None,
                                  variables=iscsidxe.configured_firmware())
    machine.expect(r"/iSCSI\(iqn", 120)  # its device path, in the shell's list
    machine.expect("^Boot ", 60, or_fail=FAILURE)
    listed = machine.expect(r"(?s)\(hd0\).*GRUB-LISTED", 30, or_fail=FAILURE).group(0)
    assert "(hd1)" in listed and "(hd2)" not in listed
    process.wait_until(lambda: target.sessions() == 1, 20, "the end of the firmware's session")


def test_giving_up(lab):
    """Nothing returns to iPXE: the machine restarts into its next boot device."""
    target = lab.target(efi_disk.system_disk(lab.path("disk.img"), {}))
    local = ovmf.local_disk(lab)
    machine = from_the_rom(lab, target.root_path, drives=[local], reboots=True)
    ovmf.fails_with(machine, "E_BOOT_FILE")
    machine.type("n")
    machine.expect('restarting into "UEFI Misc Device"', 10)
    machine.expect("LOCAL-GRUB-RUNS", 60, or_fail=ovmf.LEFT_US)
