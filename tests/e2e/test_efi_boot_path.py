# SPDX-License-Identifier: BSD-2-Clause
"""A VLAN, or an address, that stands in nothing but the device path by which the firmware's network client loaded us."""
import shutil

from tests.lab import efi_disk, ovmf
from tests.lab.boots import FAILURE
from tests.lab.lab import ROOT
from tests.lab.network import BRIDGE, SERVER, Segment
from tests.lab.qemu import MAC
from tests.lab.settings import ADDRESS

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


def test_address_of_the_firmware(lab):
    """
    OVMF boots by DHCP alone: a program of the lab's makes the path that other firmware has. The target is behind the gateway, and
    nobody answers DHCP.
    """
    beyond = Segment(BRIDGE, "192.168.79", "fd00:79::")
    lab.network.ip("address", "add", f"{beyond.server}/24", "dev", BRIDGE)
    target = lab.target(efi_disk.grub_disk(lab.path("disk.img"), "echo GRUB-RUNS\n"), segment=beyond)
    files = {"sanstrap.efi": ovmf.APPLICATION, "static_path.efi": f"{ROOT}/build/lab/static_path.efi"}
    script = f"connect -r\nfs0:\nstatic_path.efi retry=0 root={target.root_path}\n"
    machine = ovmf.boot_from_disk(lab, files, {"startup.nsh": script}, rom=None)
    machine.expect(rf"^Address +{ADDRESS}/24, gateway {SERVER} \(firmware's boot path\)$", 90, or_fail="NOT STARTED|" + FAILURE)
    machine.expect("GRUB-RUNS", 60, or_fail=FAILURE)
