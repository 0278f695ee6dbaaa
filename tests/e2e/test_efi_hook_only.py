# SPDX-License-Identifier: BSD-2-Clause
"""boot=no under UEFI: the disk stays with the driver that published it, whatever firmware and shell do, and goes with it."""
import hashlib

import pytest

from tests.lab import disks, efi_disk, ovmf, process
from tests.lab.boots import FAILURE, prints_sum
from tests.lab.lab import ROOT
from tests.lab.network import SERVER
from tests.lab.settings import STATIC


def publish_from_shell(lab, target, script, more=None):
    """A machine whose shell loads the driver from its own disk, which holds the files `more` too, and then runs `script`."""
    texts = {"sanstrap.conf": f"{STATIC} boot=no retry=0 root={target.root_path}\n",
             "startup.nsh": "fs0:\nload sanstrap-driver.efi\n" + script}
    machine = ovmf.boot_from_disk(lab, {"sanstrap-driver.efi": ovmf.DRIVER, **(more or {})}, texts)
    machine.expect("disk published", 60, or_fail=FAILURE)
    return machine


def empty_target(lab):
    return lab.target(efi_disk.system_disk(lab.path("disk.img"), {}))


class DataDisk:
    """A LUN with a large file, and the GRUB of another disk that looks for it and prints its sum."""

    def __init__(self, lab):
        data = disks.pattern(8 * disks.MIB)
        self.sum = hashlib.sha256(data).hexdigest()
        self.target = lab.target(efi_disk.system_disk(lab.path("disk.img"), {"data.bin": lab.file("data", data)}))
        script = "echo GRUB-RUNS\nsearch --file --set=lun /data.bin\nsha256sum ($lun)/data.bin\n"
        self.grub = {"grub.efi": efi_disk.grub(lab.path("grub.efi"), script)}

    def is_read(self, machine):
        machine.expect("GRUB-RUNS", 90)
        prints_sum(machine, self.sum, 60, behind=r"\s")


SCRIPTS = {
    # The driver stays when the shell has loaded it, and a GRUB that the shell then starts finds the LUN beside its disk.
    "loaded": "map -r\ngrub.efi\n",
    # The shell takes all drivers off all devices and brings them back: the card is held, the disk's partitions come again.
    "drivers-connected-anew": "connect -r\nreconnect -r\nmap -r\ngrub.efi\n",
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_published_only(lab, script):
    disk = DataDisk(lab)
    disk.is_read(publish_from_shell(lab, disk.target, script, disk.grub))


def test_started_a_second_time(lab):
    """The card is not to be had, and the first one's disk is none the worse for it."""
    disk = DataDisk(lab)
    machine = publish_from_shell(lab, disk.target, "load sanstrap-driver.efi\nmap -r\ngrub.efi\n", disk.grub)
    ovmf.fails_with(machine, "E_NIC_FIRMWARE")
    machine.type("n")
    disk.is_read(machine)


def types(machine, command):
    """At the shell's prompt, once it is there."""
    machine.expect(r"FS0:\\>", 30)
    machine.type(command + "\r")


def test_unloaded(lab):
    """The disk goes, the session is logged out, and the card is free for the next one."""
    disk = DataDisk(lab)
    machine = publish_from_shell(lab, disk.target, "dh -p LoadedImage\n")
    handle = machine.expect(r"^([0-9A-F]+): .*LoadedImage\(\\sanstrap-driver.efi\)", 30).group(1)
    assert disk.target.sessions() == 1

    types(machine, f"unload -n {handle}")
    machine.expect(r"Unload - Handle \[[0-9A-F]+\] Result Success", 30)
    process.wait_until(lambda: disk.target.sessions() == 0, 10, "the end of the session")

    types(machine, "map -r")
    machine.expect("Mapping table", 20)
    machine.expect(r"(?=FS0:\\>)", 20)
    assert "iSCSI(" not in machine.text

    types(machine, "load fs0:\\sanstrap-driver.efi")
    machine.expect("disk published", 60, or_fail=FAILURE)
    types(machine, "map -r")
    machine.expect(r"iSCSI\(", 20)


@pytest.mark.parametrize("program,on", [("halts", False), ("halts-with-boot-services", True)])
def test_no_dma_after_boot_services_end(lab, program, on):
    """The system that ends them was booted from elsewhere; the card is on until then."""
    machine = publish_from_shell(lab, empty_target(lab), "map -r\nhalts.efi\n", {"halts.efi": f"{ROOT}/build/lab/{program}.efi"})
    machine.expect("^HALTS$", 90, or_fail=FAILURE)
    assert machine.receiver_is_on() == on


# ---- the firmware's menu ----

def boot_menu_has_the_disk(machine):
    machine.expect("^Continue", 60)
    for line in ("Device", "Boot"):
        machine.type("\x1b[B")
        machine.expect(rf"take you to the\s+{line}", 20)
    machine.type("\r")
    machine.expect("Boot Manager Menu", 20)
    machine.expect("UEFI SANSTRAP LAB DISK", 20)


def test_named_in_the_firmwares_menu(lab):
    """The user sees which of the boot options is the LUN."""
    boot_menu_has_the_disk(publish_from_shell(lab, empty_target(lab), "exit\n"))


@pytest.mark.parametrize("boot", ["no", "auto"])
def test_application_goes_back_to_the_menu(lab, boot):
    """
    The application has the driver beside it take its place; the firmware then shows its menu, as after all that ends well. With
    boot=auto a disk without a boot program is kept all the same.
    """
    words = f"{STATIC} boot={boot} root={empty_target(lab).root_path}\n"
    files = {efi_disk.BOOT_FILE: ovmf.APPLICATION, "EFI/BOOT/sanstrap-driver.efi": ovmf.DRIVER}
    machine = ovmf.boot_from_disk(lab, files, {"EFI/BOOT/sanstrap.conf": words})
    if boot == "auto":
        machine.expect(r"the\s+disk\s+is\s+kept", 90, or_fail=FAILURE)
    machine.expect("disk published", 60, or_fail=FAILURE)
    boot_menu_has_the_disk(machine)


def boot_server(lab, boot_file, **options):
    """Of the application and of the driver beside it, for a blank disk."""
    target = lab.target(disks.sector_disk(lab.path("disk.img"), bytes(512)))
    server = lab.dhcp(boot_file=boot_file, root_path=target.root_path, **options)
    server.publish(ovmf.APPLICATION, "efi/sanstrap.efi")
    server.publish(ovmf.DRIVER, "efi/sanstrap-driver.efi")
    return server


def blank_disk_is_kept(machine):
    machine.expect(r"the\s+disk\s+is\s+kept", 200, or_fail=FAILURE)
    boot_menu_has_the_disk(machine)


def test_application_by_pxe(lab):
    """iPXE's keep-san comes with the lease."""
    boot_server(lab, "tag:!ipxe,efi/sanstrap.efi", forced=["tag:!ipxe,encap:175,8,1"])
    blank_disk_is_kept(ovmf.start(lab, extra=ovmf.without_pxe(6), timeout=240))


def test_application_by_http(lab):
    """The firmware does not tell the lease: the driver is there, and so it is started before DHCP has said keep-san."""
    server = boot_server(lab, f"tag:http,http://{SERVER}/efi/sanstrap.efi", forced=["tag:!ipxe,encap:175,8,1"])
    server.serve_http()
    blank_disk_is_kept(ovmf.start(lab, extra=ovmf.without_pxe(4, 6), timeout=240))


def test_application_of_a_stick(lab):
    """Nobody has asked DHCP yet, either."""
    boot_server(lab, None, forced=["encap:175,8,1"])
    files = {efi_disk.BOOT_FILE: ovmf.APPLICATION, "EFI/BOOT/sanstrap-driver.efi": ovmf.DRIVER}
    blank_disk_is_kept(ovmf.boot_from_disk(lab, files, {}))
