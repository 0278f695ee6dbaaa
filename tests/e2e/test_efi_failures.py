# SPDX-License-Identifier: BSD-2-Clause
"""
Under UEFI, too, whatever is wrong has its stable number, and the machine goes on when the cause is gone or the user gives up.
"""
import pytest

from tests.lab import disks, efi_disk, ovmf, process
from tests.lab.boots import FAILURE
from tests.lab.causes import BAD_ROOT_PATHS, ROOT_PATH, WRONG_SECRET
from tests.lab.ovmf import fails_with
from tests.lab.settings import STATIC, UNTIL_KEY, credentials
from tests.lab.target import MUTUAL, ONE_WAY, PORT, Chap


class Servers:
    """A target and a DHCP server, each of which can be changed for another one in its place."""

    def __init__(self, lab):
        self.lab = lab
        self.target = None
        self.dhcp = None

    def serve(self, *arguments, **options):
        if self.target:
            self.target.kill()
        self.target = self.lab.target(*arguments, **options)

    def lease(self, root_path):
        if self.dhcp:
            self.dhcp.stop()
        self.dhcp = self.lab.dhcp(root_path=root_path)


@pytest.fixture
def servers(lab):
    return Servers(lab)


@pytest.fixture
def good(lab):
    """A disk that boots, into a GRUB that says so."""
    return efi_disk.grub_disk(lab.path("good.img"), "echo GRUB-RUNS\n")


def fails_again(machine, name):
    """The retry key starts anew, and now this is wrong."""
    machine.type("r")
    return fails_with(machine, name)


def boots_at_last(machine):
    machine.type("r")
    machine.expect("GRUB-RUNS", 60, or_fail=FAILURE)


def gives_up(machine, sign):
    """The next boot device has its turn, and shows it."""
    machine.type("n")
    machine.expect(sign, 60)


def test_way_to_the_target(lab, servers, good):
    """What is wrong before there is a session, one cause after the other: link, lease, root path, portal, login."""
    words = f"{UNTIL_KEY} link-timeout=4 dhcp-timeout=6 timeout=5 {credentials(ONE_WAY)}"
    machine = ovmf.boot_from_stick(lab, words, timeout=300)
    fails_with(machine, "E_DHCP_TIMEOUT")

    machine.set_link(False)
    fails_again(machine, "E_LINK_DOWN")
    machine.set_link(True)

    for path in BAD_ROOT_PATHS:
        servers.lease(path)
        assert "^" in fails_again(machine, "E_ROOT_PATH_SYNTAX")

    servers.lease(ROOT_PATH)
    silent = lab.network.helper("silent", PORT)
    fails_again(machine, "E_CONNECT_TIMEOUT")
    process.stop(silent)

    servers.serve(good, chap=Chap(ONE_WAY.name, WRONG_SECRET))
    fails_again(machine, "E_LOGIN_AUTHENTICATION")

    servers.serve(good, chap=ONE_WAY)
    servers.lease(ROOT_PATH + "-other")
    fails_again(machine, "E_LOGIN_NOT_FOUND")

    servers.lease(ROOT_PATH)
    boots_at_last(machine)


def test_disk_and_what_is_on_it(lab, servers, good):
    """Each is told by its own number; the retry key starts anew until the machine boots."""
    text = lab.file("text", b"no program")
    causes = [
        ("E_LUN_MISSING", None, {}),
        ("E_BOOT_ESP", lab.file("empty.img", bytes(8 * disks.MIB)), {}),
        ("E_BOOT_FILE", efi_disk.system_disk(lab.path("text.img"), {"text": text}), {}),
        ("E_BOOT_LOAD", efi_disk.system_disk(lab.path("none.img"), {efi_disk.BOOT_FILE: text}), {}),
        ("E_CHAP_REQUIRED", good, {"chap": ONE_WAY}),
    ]
    machine = ovmf.boot_from_stick(lab, f"{STATIC} {UNTIL_KEY} root={ROOT_PATH}")
    fails_with(machine, "E_CONNECT_REFUSED")

    for name, disk, options in causes:
        servers.serve(disk, **options)
        fails_again(machine, name)

    servers.serve(good)
    boots_at_last(machine)


def test_target_that_cannot_prove_itself(lab):
    target = lab.target(lab.file("disk.img", bytes(8 * disks.MIB)), chap=MUTUAL)
    words = credentials(MUTUAL, reverse_secret="quite-another-secret")
    fails_with(ovmf.boot_from_stick(lab, f"{STATIC} retry=0 root={target.root_path} {words}"), "E_CHAP_TARGET")


def test_published_only_without_the_driver(lab):
    """The disk would outlive the application, and the driver that could have it does not lie beside it."""
    target = lab.target(lab.file("disk.img", bytes(8 * disks.MIB)))
    words = f"{STATIC} retry=0 boot=no root={target.root_path}"
    machine = ovmf.boot_from_stick(lab, words, local=ovmf.local_disk(lab))
    fails_with(machine, "E_BOOT_RESIDENT")
    gives_up(machine, "LOCAL-GRUB-RUNS")


def test_lease_without_root_path(lab):
    """The firmware's PXE loads us, and has its card back when we give up: its next boot option is the network by IPv6."""
    lab.dhcp(boot_file="tag:!ipxe,sanstrap.efi").publish(ovmf.APPLICATION)
    machine = ovmf.start(lab)
    fails_with(machine, "E_ROOT_PATH_MISSING")
    gives_up(machine, ">>Start PXE over IPv6")


def test_no_card(lab):
    machine = ovmf.boot_from_stick(lab, "", nic="rtl8139", local=ovmf.local_disk(lab))
    assert "without a driver: 10ec:8139 at 00:0" in fails_with(machine, "E_NIC_NONE")
    gives_up(machine, "LOCAL-GRUB-RUNS")


def test_boot_program_that_returns(lab):
    """GRUB is left by `exit`: the disk goes, and the failure is told."""
    target = lab.target(efi_disk.grub_disk(lab.path("disk.img"), "echo GRUB-RUNS\nexit\n"))
    machine = ovmf.boot_from_stick(lab, f"{STATIC} retry=0 root={target.root_path}")
    machine.expect("GRUB-RUNS", 90, or_fail=FAILURE)
    fails_with(machine, "E_BOOT_RETURNED")
