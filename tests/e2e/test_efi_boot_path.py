# SPDX-License-Identifier: BSD-2-Clause
"""A VLAN that stands in nothing but the device path by which the firmware's network client loaded us."""
import shutil

from tests.lab import efi_disk, ovmf
from tests.lab.boots import FAILURE
from tests.lab.qemu import MAC

VLAN = 5
VLAN_CONFIG = "9e23d768-d2f3-4366-9fc3-3a7aba864374"  # whose variable of the card's name holds its VLANs (EDK2, MnpDxe)


def vlan_in_firmware(lab):
    """The firmware's settings with the VLAN."""
    script = f"setvar {MAC.replace(':', '')} -guid {VLAN_CONFIG} -nv -bs =0x{VLAN:04x}\necho SET-%lasterror%.\n"
    machine = ovmf.boot_from_disk(lab, {}, {"startup.nsh": script})
    machine.expect(r"SET-0x0\.", 60)
    machine.stop()
    return shutil.copy(lab.path("vars.fd"), lab.path("kept.fd"))


def test_vlan_of_the_firmware(lab):
    """DHCP server and target are in the VLAN."""
    vlan = lab.network.add_vlan(VLAN)
    target = lab.target(efi_disk.grub_disk(lab.path("disk.img"), "echo GRUB-RUNS\n"), segment=vlan)
    lab.dhcp(boot_file="sanstrap.efi", root_path=target.root_path, segment=vlan).publish(ovmf.APPLICATION, "sanstrap.efi")

    machine = ovmf.start(lab, variables=vlan_in_firmware(lab), timeout=240)
    machine.expect(rf"MAC {MAC}, VLAN {VLAN}, priority 0$", 240, or_fail=FAILURE)
    machine.expect("GRUB-RUNS", 60, or_fail=FAILURE)
