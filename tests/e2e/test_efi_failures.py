# SPDX-License-Identifier: BSD-2-Clause
"""Under UEFI, too, whatever is wrong has its stable number, and the machine goes on when the cause is gone or the user gives up."""
import os

from tests.lab import disks, efi_disk, ovmf, process
from tests.lab.boots import FAILURE
from tests.lab.causes import BAD_ROOT_PATHS, MUTUAL, ONE_WAY, ROOT_PATH, STATIC, UNTIL_KEY, WRONG_SECRET
from tests.lab.ovmf import fails_with
from tests.lab.target import Chap


def swap_target(lab, old, *arguments, **options):
    """Another target in the old one's place."""
    if old:
        old.kill()
    return lab.target(*arguments, **options)


def swap_dhcp(lab, old, root_path):
    """Another DHCP server in the old one's place."""
    if old:
        old.stop()
    return lab.dhcp(root_path=root_path)


def test_way_to_the_target(lab):
    """What is wrong before there is a session: the link, the lease, the root path, the portal, the login. One cause after the other."""
    good = efi_disk.grub_disk(lab.path("good.img"), lab.folder, "echo GRUB-RUNS\n")
    settings = f"{UNTIL_KEY} link-timeout=4 dhcp-timeout=6 timeout=5 chap={ONE_WAY.name}:{ONE_WAY.secret}"
    machine = ovmf.boot_from_stick(lab, settings, timeout=300)
    fails_with(machine, "E_DHCP_TIMEOUT")
    machine.set_link(False)
    machine.type("r")
    fails_with(machine, "E_LINK_DOWN")
    machine.set_link(True)
    server = None
    for path in BAD_ROOT_PATHS:
        server = swap_dhcp(lab, server, path)
        machine.type("r")
        assert "^" in fails_with(machine, "E_ROOT_PATH_SYNTAX")
    server = swap_dhcp(lab, server, ROOT_PATH)
    silent = lab.network.helper("silent", 3260)
    machine.type("r")
    fails_with(machine, "E_CONNECT_TIMEOUT")
    process.stop(silent)
    target = swap_target(lab, None, good, chap=Chap(ONE_WAY.name, WRONG_SECRET))
    machine.type("r")
    fails_with(machine, "E_LOGIN_AUTHENTICATION")
    swap_target(lab, target, good, chap=ONE_WAY)
    server = swap_dhcp(lab, server, ROOT_PATH + "-other")
    machine.type("r")
    fails_with(machine, "E_LOGIN_NOT_FOUND")
    swap_dhcp(lab, server, ROOT_PATH)
    machine.type("r")
    machine.expect("GRUB-RUNS", 60, or_fail=FAILURE)


def test_disk_and_what_is_on_it(lab):
    """Each is told by its own number; the retry key starts anew until the machine boots."""
    good = efi_disk.grub_disk(lab.path("good.img"), lab.folder, "echo GRUB-RUNS\n")
    empty = lab.file("empty.img", bytes(8 * disks.MIB))
    machine = ovmf.boot_from_stick(lab, f"{STATIC} {UNTIL_KEY} root={ROOT_PATH}")
    fails_with(machine, "E_CONNECT_REFUSED")
    target = swap_target(lab, None, None)
    machine.type("r")
    fails_with(machine, "E_LUN_MISSING")
    target = swap_target(lab, target, empty)
    machine.type("r")
    fails_with(machine, "E_BOOT_ESP")
    target = swap_target(lab, target, efi_disk.system_disk(lab.path("text.img"), {"text": lab.file("text", b"no program")}))
    machine.type("r")
    fails_with(machine, "E_BOOT_FILE")
    target = swap_target(lab, target, efi_disk.system_disk(lab.path("none.img"), {efi_disk.BOOT_FILE: lab.path("text")}))
    machine.type("r")
    fails_with(machine, "E_BOOT_LOAD")
    target = swap_target(lab, target, good, chap=ONE_WAY)
    machine.type("r")
    fails_with(machine, "E_CHAP_REQUIRED")
    swap_target(lab, target, good)
    machine.type("r")
    machine.expect("GRUB-RUNS", 60, or_fail=FAILURE)


def test_target_that_cannot_prove_itself(lab):
    target = lab.target(lab.file("disk.img", bytes(8 * disks.MIB)), chap=MUTUAL)
    secrets = f"chap={MUTUAL.name}:{MUTUAL.secret} mutual={MUTUAL.reverse_name}:quite-another-secret"
    fails_with(ovmf.boot_from_stick(lab, f"{STATIC} retry=0 root={target.root_path} {secrets}"), "E_CHAP_TARGET")


def test_published_only_without_the_driver(lab):
    """The disk would outlive the application, and the driver that could have it does not lie beside it."""
    target = lab.target(lab.file("disk.img", bytes(8 * disks.MIB)))
    machine = ovmf.boot_from_stick(lab, f"{STATIC} retry=0 boot=no root={target.root_path}", local=local_disk(lab))
    fails_with(machine, "E_BOOT_RESIDENT")
    machine.type("n")
    machine.expect("LOCAL-GRUB-RUNS", 60)


def local_disk(lab, script="echo LOCAL-GRUB-RUNS\n"):
    folder = lab.path("local")
    os.makedirs(folder)
    return efi_disk.grub_disk(lab.path("local.img"), folder, script)


def test_lease_without_root_path(lab):
    """The firmware's PXE loads us, and has its card back when we give up: its next boot option is the network by IPv6."""
    lab.dhcp(boot_file="tag:!ipxe,sanstrap.efi").publish(ovmf.APPLICATION)
    machine = ovmf.start(lab)
    fails_with(machine, "E_ROOT_PATH_MISSING")
    machine.type("n")
    machine.expect(">>Start PXE over IPv6", 60)


def test_no_card(lab):
    machine = ovmf.boot_from_stick(lab, "", nic="rtl8139", local=local_disk(lab))
    fails_with(machine, "E_NIC_NONE")
    machine.type("n")
    machine.expect("LOCAL-GRUB-RUNS", 60)


def test_boot_program_that_returns(lab):
    """GRUB is left by `exit`: the disk goes, and the failure is told."""
    disk = efi_disk.grub_disk(lab.path("disk.img"), lab.folder, "echo GRUB-RUNS\nexit\n")
    target = lab.target(disk)
    machine = ovmf.boot_from_stick(lab, f"{STATIC} retry=0 root={target.root_path}")
    machine.expect("GRUB-RUNS", 90, or_fail=FAILURE)
    fails_with(machine, "E_BOOT_RETURNED")
